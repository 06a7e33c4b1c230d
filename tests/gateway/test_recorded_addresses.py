"""Where requests go, against the addresses of recorded traffic."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import unquote

import msgspec
import pytest

import recordings
from ajar.config.model import Deployment
from ajar.gateway.door import Door
from ajar.gateway.target import make_target
from ajar.upstream.wallet import Wallet

if TYPE_CHECKING:
    from ajar.gateway.slot import Slot
    from recordings import Exchange

GOOGLE = r"/projects/(?P<project>[^/]+)/locations/(?P<location>[^/]+)/publishers/google/models/(?P<model>[^:]+)"
KNOWN = [
    ("openai-chat", "openai", r"api\.openai\.com/v1/chat/completions$", "openai-chat"),
    ("openai-responses", "openai", r"api\.openai\.com/v1/responses$", "openai-responses"),
    ("openai-responses", "azure", r"(?P<base>https://[^/]+azure\.com)/openai/v1/responses$", "openai-responses"),
    (
        "azure",
        "azure",
        r"(?P<base>https://[^/]+)/openai/deployments/(?P<model>[^/]+)/chat/completions\?api-version=(?P<api_version>.+)$",
        "openai-chat",
    ),
    ("anthropic", "anthropic", r"/v1/messages(\?beta=true)?$", "anthropic"),
    ("anthropic", "anthropic", r"/v1/messages/count_tokens(\?beta=true)?$", "anthropic-count"),
    ("bedrock", "bedrock", r"runtime\.(?P<region>[^.]+)\.amazonaws\.com/model/(?P<model>[^/]+)/converse$", "bedrock"),
    (
        "bedrock",
        "bedrock",
        r"runtime\.(?P<region>[^.]+)\.amazonaws\.com/model/(?P<model>[^/]+)/converse-stream$",
        "bedrock-stream",
    ),
    ("bedrock-mantle", "bedrock-mantle", r"mantle\.(?P<region>[^.]+)\.api\.aws/.*responses$", "openai-responses"),
    ("gemini", "gemini", r"generativelanguage.*/models/(?P<model>[^:]+):generateContent$", "gemini"),
    ("gemini", "gemini", r"generativelanguage.*/models/(?P<model>[^:]+):streamGenerateContent", "gemini-stream"),
    ("gemini", "vertex", rf"aiplatform{r'[^/]*'}/v1beta1{GOOGLE}:generateContent$", "gemini"),
    ("deepseek", "deepseek", r"/chat/completions$", "openai-chat"),
    ("deepseek", "deepseek", r"\.com/responses$", "openai-responses"),
    ("groq", "groq", r"/chat/completions$", "openai-chat"),
    ("mistral", "mistral", r"/chat/completions$", "openai-chat"),
    ("openrouter", "openrouter", r"/chat/completions$", "openai-chat"),
    ("openai-chat", "openrouter", r"openrouter\.ai/.*/responses$", "openai-responses"),
]


def cases() -> Any:
    """Each kind of recorded address with the first few exchanges of it."""
    if recordings.folder() is None:
        skip = pytest.mark.skip(reason="no recordings: set AJAR_RECORDINGS to their folder")
        return [pytest.param(None, None, None, None, id="no-recordings", marks=skip)]
    found = []
    for folder, provider, url, operation in KNOWN:
        seen: dict[str, Exchange] = {}
        for each in recordings.load(folder):
            if re.search(url, each.url):
                seen.setdefault(each.url, each)
        assert seen, f"no recording of {provider} has an address like {url}"
        found += [pytest.param(provider, url, operation, each, id=each.url) for each in seen.values()]
    return found


@pytest.mark.parametrize(("provider", "url", "operation", "exchange"), cases())
def test_a_request_goes_where_the_official_client_sent_it(
    provider: str, url: str, operation: str, exchange: Exchange
) -> None:
    match = re.search(url, exchange.url)
    assert match
    given = {key: unquote(value) for key, value in match.groupdict().items()}
    base = given.pop("base", None)
    model = given.pop("model", None) or msgspec.json.decode(exchange.request)["model"]
    if provider == "azure":
        given.setdefault("api_version", "v")
    deployment = Deployment(model=model, provider=provider, base_url=base, **given)
    target = make_target("d", deployment, None, Wallet({}), Door(cast("Slot", None)))
    assert target.origin
    assert operation in target.heads
    line = target.heads[operation].split(b"\r\n", 1)[0].decode()
    sent = exchange.url.removesuffix("?beta=true")
    assert line == f"POST {sent.removeprefix(f'https://{target.origin.authority}')} HTTP/1.1"
