from __future__ import annotations

from types import SimpleNamespace
from typing import Any, get_args

from ajar.config import explain
from ajar.config.load import load, parse
from ajar.domain.dialog.parts import Format


def row(**facts: Any) -> Any:
    """A provider's row that speaks Chat Completions, if not said otherwise."""
    usual = {"base_url": None, "base_url_at": {}, "api_key_env": None, "auth": "bearer", "key": "optional"}
    made = {**usual, "paths": {"openai-chat": "/chat/completions"}, **facts}
    return SimpleNamespace(**made, paths_of=lambda model: made["paths"])


PROVIDERS: Any = {
    "openai": row(base_url="https://api.openai.com/v1", api_key_env="OPENAI_API_KEY", key="required"),
    "ollama": row(base_url="http://127.0.0.1:11434/v1", auth="none"),
    "vllm": row(api_key_env="VLLM_API_KEY"),
    "bedrock": row(
        base_url="https://b.{region}.example", api_key_env="BEARER", auth="sigv4:b", paths={"bedrock": "/converse"}
    ),
    "vertex": row(
        base_url="https://{location}.example",
        base_url_at={"global": "https://v.example"},
        auth="google",
        paths={"gemini": "/", "gemini-stream": "/"},
    ),
}
CONFIG = parse(
    """
[deployments.gpt]
provider = "openai"
model = "gpt-6.1-sol"
placement = "public-api"
[deployments.mine]
provider = "openai"
model = "m"
api_key = "env:MINE"
[deployments.qwen]
runtime = "vllm"
model = "qwen"
base_url = "http://gpu:8000/v1"
[deployments.local]
provider = "ollama"
model = "o"
[deployments.own]
runtime = "llama.cpp"
model = "own.gguf"
[routes.a]
primary = "qwen"
fallback = ["gpt", "own"]
[routes.b]
primary = "mine"
bodies = "all"
meter_streams = false
""",
    "ajar.toml",
)


def test_the_built_in_route_in_plain_words() -> None:
    (words,) = explain.routes(load(None).config, {})
    assert words.plan == (
        "support-triage → triage-v2 (ajar-triage-v2, llama.cpp started by Ajar on this machine, own-hardware); "
        "if it fails → triage-v1 (ajar-triage-v1, llama.cpp started by Ajar on this machine, own-hardware)."
    )
    assert "not kept" in words.bodies
    assert explain.keys(load(None).config, {}, {}) == ()


def test_each_kind_of_deployment_says_where_it_is() -> None:
    first, second = explain.routes(CONFIG, PROVIDERS)
    assert first.plan == (
        "a → qwen (qwen, vllm started by others, at http://gpu:8000/v1); "
        "if it fails → gpt (gpt-6.1-sol at openai, https://api.openai.com/v1, public-api); "
        "if it fails → own (own.gguf, llama.cpp started by Ajar on this machine)."
    )
    assert second.plan == "b → mine (m at openai, https://api.openai.com/v1); if it fails, the caller gets its error."
    assert "kept in the journal" in second.bodies
    assert "untouched" in second.streams
    assert explain.unrouted(CONFIG) == ("local",)


def clouds() -> Any:
    return parse(
        """
[deployments.aws]
provider = "bedrock"
model = "m"
region = "eu-west-1"
[deployments.google]
provider = "vertex"
model = "m"
project = "p"
location = "global"
[deployments.named]
provider = "vertex"
model = "m"
project = "p"
location = "eu"
api_key = "env:FILE"
[deployments.chat]
provider = "openai"
model = "m"
[routes.first]
primary = "chat"
fallback = ["aws"]
[routes.plain]
primary = "chat"
[routes.strict]
primary = "google"
strict = true
""",
        "ajar.toml",
    )


def test_a_deployment_that_is_asked_in_translation_says_so() -> None:
    first, plain, strict = explain.routes(clouds(), PROVIDERS)
    assert first.plan.endswith(
        "aws (m at bedrock, https://b.eu-west-1.example, Chat Completions are translated to Bedrock Converse)."
    )
    assert "named in the answer's x-ajar-dropped" in first.translation
    assert "translated" not in plain.plan
    assert plain.translation == ""
    assert "google (m at vertex, https://v.example, Chat Completions are translated to Gemini" in strict.plan
    assert "is refused" in strict.translation


def test_where_the_credentials_of_clouds_come_from() -> None:
    def words(environ: dict[str, str]) -> dict[str, tuple[str, bool | None]]:
        return {one.deployment: (one.text, one.present) for one in explain.keys(clouds(), PROVIDERS, environ)}

    found = words({})
    assert found["aws"] == (
        "signed with AWS credentials: of the environment, a profile or this machine's role",
        None,
    )
    assert found["google"][0].startswith("a token of Google's default credentials")
    assert found["named"] == (
        "a token of the service account whose key file the environment variable FILE names (not set here)",
        False,
    )
    found = words({"BEARER": "hidden", "FILE": "/hidden"})
    assert found["aws"] == ("key from the environment variable BEARER, the usual one of bedrock (set here)", True)
    assert found["named"][1] is True
    assert "hidden" not in str(found)


def test_every_format_has_a_name() -> None:
    assert set(explain.FORMATS) == set(get_args(Format))


def test_where_keys_come_from() -> None:
    words = {one.deployment: one for one in explain.keys(CONFIG, PROVIDERS, {"MINE": "sk-hidden"})}
    assert words["mine"].text == "key from the environment variable MINE (set here)"
    assert words["gpt"].text == (
        "key from the environment variable OPENAI_API_KEY, the usual one of openai (not set here)"
    )
    assert words["qwen"].text == "asked without a key"
    assert words["local"].text == "asked without a key"
    assert [words[name].present for name in ("mine", "gpt", "local")] == [True, False, None]
    assert "own" not in words
    assert "hidden" not in str(words)


def rollouts(text: str) -> str:
    top = '[deployments.d]\nmodel = "m"\nprovider = "openai"\n[routes.r]\nprimary = "d"\n'
    (words,) = explain.routes(parse(top + text, "ajar.toml"), PROVIDERS)
    return words.rollouts


def test_a_route_with_rollouts_of_its_own_says_how_they_go() -> None:
    assert rollouts("") == ""
    assert rollouts("maturity_s = 5") == ""
    assert rollouts('unit = "user"') == "A rollout takes 1, 5, 25, 50 % of the units (end users)."
    assert rollouts(
        """
unit = "body:/metadata/session"
[routes.r.metrics.error]
[routes.r.metrics.solved]
kind = "boolean"
role = "primary"
[routes.r.metrics.total_ms]
[routes.r.swap]
steps = [2.5, 50]
gate = "gate.toml"
"""
    ) == (
        "A rollout takes 2.5, 50 % of the units (values of the body at /metadata/session); solved decides; "
        "error, total_ms can stop it; first comes the gate gate.toml."
    )
    assert "(values of the header x-session)" in rollouts('unit = "header:x-session"')
