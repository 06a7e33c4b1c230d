from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from ajar.config.load import parse
from ajar.config.problem import dotted
from ajar.config.validate import validate

USUAL: dict[str, Any] = {
    "base_url": None,
    "base_url_at": {},
    "api_key_env": None,
    "auth": "bearer",
    "key": "optional",
    "paths": {"openai-chat": "/chat/completions", "embeddings": "/embeddings"},
}


def row(**facts: Any) -> Any:
    made = {**USUAL, **facts}
    return SimpleNamespace(**made, paths_of=lambda model: made["paths"])


PROVIDERS = {
    "openai": row(base_url="https://api.openai.com/v1", api_key_env="OPENAI_API_KEY", key="required"),
    "azure": row(
        api_key_env="AZURE_KEY",
        auth="header:api-key",
        key="required",
        paths={"openai-chat": "/{model}?api-version={api_version}", "openai-responses": "/v1/responses"},
    ),
    "anthropic": row(base_url="https://a.example", paths={"anthropic": "/messages", "anthropic-count": "/count"}),
    "bedrock": row(base_url="https://b.{region}.example", auth="sigv4:bedrock", paths={"bedrock": "/{model}"}),
    "vertex": row(
        base_url="https://{location}-v.googleapis.com", auth="google", key="required", paths={"gemini": "/{project}"}
    ),
    "nameless": row(base_url="https://api.example/v1", key="required"),
    "ollama": row(base_url="http://127.0.0.1:11434/v1", auth="none"),
    "vllm": row(api_key_env="VLLM_API_KEY"),
}
RUNTIMES: Any = {
    "llama.cpp": SimpleNamespace(program="some.module"),
    "vllm": SimpleNamespace(program=None),
}
ROUTE = '[routes.r]\nprimary = "d"\n'


def found(text: str, **options: Any) -> dict[str, str]:
    problems = validate(parse(text, "ajar.toml"), PROVIDERS, RUNTIMES, **options)
    return {dotted(problem.path): problem.text for problem in problems}


def of(lines: str, **options: Any) -> dict[str, str]:
    return found(f'[deployments.d]\nmodel = "m"\n{lines}\n{ROUTE}', **options)


@pytest.mark.parametrize(
    "lines",
    [
        'provider = "openai"',
        'provider = "openai"\napi_key = "env:MY_KEY"\nbase_url = "http://[::1]:8080/v1"',
        'provider = "azure"\napi_key = "env:MY_KEY"\nbase_url = "https://x.example"\napi_version = "2026-01-01"',
        'provider = "nameless"\napi_key = "env:K"',
        'provider = "ollama"',
        'provider = "vllm"\nbase_url = "http://gpu:8000/v1"',
        'runtime = "vllm"\nbase_url = "http://gpu:8000/v1"\napi_key = "env:K"',
        'runtime = "llama.cpp"\ncontext = 512\nslots = 8\nthreads = 2',
        'runtime = "llama.cpp"\nbase_url = "http://127.0.0.1:8080/v1"',
        'provider = "anthropic"\nmax_tokens = 4096\nformat = "anthropic"',
        'provider = "azure"\napi_key = "env:K"\nbase_url = "https://x.example"\nformat = "openai-responses"',
        'provider = "bedrock"\nregion = "eu-west-1"',
        'provider = "bedrock"\nregion = "eu-west-1"\napi_key = "env:K"\nbase_url = "https://vpce.example"',
        'provider = "vertex"\nproject = "example.com:p-1"\nlocation = "global"',
        'provider = "vertex"\nproject = "p"\nbase_url = "https://p.googleapis.com"',
        'provider = "vertex"\nproject = "p"\nbase_url = "https://proxy.example"\napi_key = "env:K"',
    ],
)
def test_what_can_be_served_is_taken(lines: str) -> None:
    assert of(lines) == {}


@pytest.mark.parametrize(
    ("lines", "key", "said"),
    [
        ("", "deployments.d", "needs `provider`"),
        ('provider = "openai"\nruntime = "vllm"', "deployments.d", "both `provider` and `runtime`"),
        ('provider = "opnai"', "deployments.d.provider", "did you mean `openai`?"),
        (
            'provider = "x"',
            "deployments.d.provider",
            "known providers are `anthropic`, `azure`, `bedrock`",
        ),
        ('provider = "vllm"', "deployments.d", "`base_url` is missing"),
        (
            'provider = "azure"\nbase_url = "https://x"\napi_key = "env:MY_KEY"',
            "deployments.d",
            "`api_version` is missing",
        ),
        ('provider = "openai"\nbase_url = "https://x"', "deployments.d", "`api_key` is missing"),
        ('provider = "openai"\napi_version = "1"', "deployments.d.api_version", "does not hold it; remove the line"),
        ('provider = "openai"\nregion = "us"', "deployments.d.region", "does not hold it; remove the line"),
        ('provider = "ollama"\nproject = "p"', "deployments.d.project", "does not hold it; remove the line"),
        (
            'provider = "bedrock"',
            "deployments.d",
            "`region` is missing; bedrock wants the AWS region to ask in: add reg",
        ),
        (
            'provider = "bedrock"\nregion = "a/b"',
            "deployments.d.region",
            "must be the AWS region to ask in, such as",
        ),
        (
            'provider = "vertex"\nlocation = "eu"',
            "deployments.d",
            "`project` is missing; vertex wants the Google",
        ),
        (
            'provider = "vertex"\nproject = "p"\nbase_url = "https://proxy.example"',
            "deployments.d",
            "`api_key` is missing; this address is none of Google's",
        ),
        ('provider = "anthropic"\nformat = "gemini"', "deployments.d.format", "it speaks `anthropic`"),
        ('provider = "openai"\nmax_tokens = 9', "deployments.d.max_tokens", "wants a limit; remove the line"),
        ('provider = "nameless"', "deployments.d", "`api_key` is missing"),
        ('provider = "ollama"\napi_key = "env:K"', "deployments.d.api_key", "asked without a key"),
        ('provider = "openai"\nslots = 8', "deployments.d.slots", "only a runtime that Ajar starts heeds this"),
        ('runtime = "lama.cpp"', "deployments.d.runtime", "did you mean `llama.cpp`?"),
        ('runtime = "vllm"', "deployments.d", "Ajar does not start vllm: start it yourself and give its address"),
        ('runtime = "llama.cpp"\napi_key = "env:K"', "deployments.d.api_key", "asked without a key"),
    ],
)
def test_what_does_not_fit_is_named_with_what_helps(lines: str, key: str, said: str) -> None:
    problems = of(lines)
    assert list(problems) == [key]
    assert said in problems[key]


@pytest.mark.parametrize("value", ["sk-hidden", "env:", "env:1A", "env:A B", "env:sk-hidden", "ENV:KEY", "env:A\\n"])
def test_a_literal_secret_is_refused_and_not_repeated(value: str) -> None:
    text = of(f'provider = "openai"\napi_key = "{value}"', environ={})["deployments.d.api_key"]
    assert text.startswith('must be "env:NAME"')
    assert "hidden" not in text


@pytest.mark.parametrize(
    "url",
    [
        "host:8000",
        "ftp://host",
        "http://",
        "http:///v1",
        "http://host:99999",
        "http://host:0",
        "http://host:x",
        "http://[::1",
        "//host",
        "http://a b/v1",
        "http://höst/v1",
    ],
)
def test_an_address_must_be_one(url: str) -> None:
    problems = of(f'provider = "openai"\napi_key = "env:MY_KEY"\nbase_url = "{url}"')
    assert problems == {"deployments.d.base_url": 'must be an address such as "https://host:8000/v1"'}


@pytest.mark.parametrize("url", ["https://user:hidden@host/v1", "https://host/v1?key=hidden", "https://host/v1#hidden"])
def test_an_address_with_a_secret_is_refused_and_not_repeated(url: str) -> None:
    text = of(f'provider = "openai"\napi_key = "env:MY_KEY"\nbase_url = "{url}"')["deployments.d.base_url"]
    assert "use `api_key`" in text
    assert "hidden" not in text


def test_a_route_names_deployments_that_are_there_and_each_once() -> None:
    text = """
[deployments.gpt]
provider = "openai"
model = "m"
[deployments.spare]
provider = "openai"
model = "m"
[routes.gpt]
primary = "gtp"
fallback = ["spare", "gpt", "spare", "nothing"]
"""
    assert found(text) == {
        "routes.gpt.primary": 'no deployment is called "gtp"; did you mean `gpt`?',
        "routes.gpt.fallback[2]": '"spare" stands twice in this route; remove one: to fail over needs another',
        "routes.gpt.fallback[3]": 'no deployment is called "nothing"; the deployments are `gpt`, `spare`',
    }


def test_a_config_without_anything_to_serve_is_refused() -> None:
    assert list(found("[deployments]\n[routes]\n")) == ["deployments", "routes"]


def test_the_server_table_is_sensible() -> None:
    text = (
        'server.host = "http://x/"\nserver.state_dir = "~/.ajar"\n[deployments.d]\nmodel = "m"\nprovider = "openai"\n'
    )
    assert list(found(text + ROUTE)) == ["server.host", "server.state_dir"]


@pytest.mark.parametrize(
    ("lines", "environ", "key", "said"),
    [
        ('api_key = "env:MINE"', {}, "deployments.d.api_key", "the environment variable MINE is not set; set it for"),
        ('api_key = "env:MINE"', {"MINE": ""}, "deployments.d.api_key", "MINE is not set"),
        ("", {}, "deployments.d", "OPENAI_API_KEY is not set; set it for the process that runs `ajar serve`, or name"),
        ("", {"OPENAI_API_KEY": "sk-hidden\n"}, "deployments.d", "holds a space, a line break"),
    ],
)
def test_a_key_that_is_not_set_is_this_machines_fault(lines: str, environ: Any, key: str, said: str) -> None:
    text = f'[deployments.d]\nmodel = "m"\nprovider = "openai"\n{lines}\n{ROUTE}'
    (problem,) = validate(parse(text, "x"), PROVIDERS, RUNTIMES, environ=environ)
    assert (dotted(problem.path), problem.of) == (key, "machine")
    assert said in problem.text
    assert "hidden" not in problem.text


def test_a_key_that_is_set_or_not_required_is_no_fault() -> None:
    assert of('provider = "openai"', environ={"OPENAI_API_KEY": "sk-x"}) == {}
    assert of('runtime = "vllm"\nbase_url = "http://g:1/v1"', environ={}) == {}
    assert of('provider = "ollama"', environ={}) == {}
    google = 'provider = "vertex"\nproject = "p"\nlocation = "eu"\napi_key = "env:FILE"'
    assert of(google, environ={"FILE": "/a path/key.json"}) == {}
    assert of('provider = "bedrock"\nregion = "us-east-1"', environ={}) == {}


def test_a_model_that_a_started_runtime_cannot_have_is_named() -> None:
    def fault(model: str) -> str | None:
        return None if model == "shipped" else f"no {model}"

    text = f'[deployments.d]\nruntime = "llama.cpp"\nmodel = "MODEL"\n{ROUTE}'
    for model, of_ in (("typo", "file"), ("own/weights.gguf", "machine")):
        config = parse(text.replace("MODEL", model), "x")
        (problem,) = validate(config, PROVIDERS, RUNTIMES, model_fault=fault)
        assert (dotted(problem.path), problem.text, problem.of) == ("deployments.d.model", f"no {model}", of_)
    assert found(text.replace("MODEL", "shipped"), model_fault=fault) == {}
    assert of('runtime = "vllm"\nbase_url = "http://g:1/v1"', model_fault=fault) == {}
    assert list(of('runtime = "vllm"', model_fault=fault)) == ["deployments.d"]


def test_what_a_route_says_of_its_rollouts_is_looked_at_too() -> None:
    text = f'[deployments.d]\nmodel = "m"\nprovider = "openai"\n{ROUTE}[routes.r.swap]\nsteps = [5, 1]\n'
    assert list(found(text)) == ["routes.r.swap.steps"]
