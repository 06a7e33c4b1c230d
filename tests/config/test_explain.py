from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from ajar.config import explain
from ajar.config.load import load, parse

PROVIDERS: Any = {
    "openai": SimpleNamespace(
        base_url="https://api.openai.com/v1", api_key_env="OPENAI_API_KEY", auth="bearer", key="required"
    ),
    "ollama": SimpleNamespace(base_url="http://127.0.0.1:11434/v1", api_key_env=None, auth="none", key="optional"),
    "vllm": SimpleNamespace(base_url=None, api_key_env="VLLM_API_KEY", auth="bearer", key="optional"),
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
