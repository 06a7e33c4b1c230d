"""Which credentials a deployment gets."""

from __future__ import annotations

from typing import Any

import pytest

from ajar.config.model import Deployment
from ajar.upstream.credentials import Static
from ajar.upstream.google_token import GoogleToken
from ajar.upstream.sigv4 import SigV4
from ajar.upstream.wallet import Wallet

VERTEX = {"provider": "vertex", "project": "p", "location": "global"}
BEDROCK = {"provider": "bedrock", "region": "us-east-1"}


def credentials(environ: dict[str, str], **keys: Any) -> Any:
    return Wallet(environ).credentials(Deployment(model="m", **keys))


@pytest.mark.parametrize(
    ("environ", "keys", "fixed"),
    [
        ({"OPENAI_API_KEY": "k"}, {"provider": "openai"}, b"authorization: Bearer k\r\n"),
        ({"ANTHROPIC_API_KEY": "k"}, {"provider": "anthropic"}, b"x-api-key: k\r\n"),
        ({"GEMINI_API_KEY": "k"}, {"provider": "gemini"}, b"x-goog-api-key: k\r\n"),
        ({"MINE": "k"}, {"provider": "openai", "api_key": "env:MINE"}, b"authorization: Bearer k\r\n"),
        ({"OPENAI_API_KEY": "k"}, {"provider": "openai", "base_url": "https://proxy.test"}, b""),
        ({"AWS_BEARER_TOKEN_BEDROCK": "k"}, BEDROCK, b"authorization: Bearer k\r\n"),
        ({}, {"runtime": "llama.cpp"}, b""),
        ({}, {"provider": "ollama"}, b""),
    ],
)
def test_a_key_is_fixed(environ: dict[str, str], keys: dict[str, Any], fixed: bytes) -> None:
    found = credentials(environ, **keys)
    assert isinstance(found, Static)
    assert found.fixed == fixed


def test_without_a_key_bedrock_is_signed_for() -> None:
    wallet = Wallet({})
    first = wallet.credentials(Deployment(model="m", provider="bedrock", region="us-east-1"))
    second = wallet.credentials(Deployment(model="n", provider="bedrock-mantle", region="eu-west-1"))
    assert (repr(first), repr(second)) == ("<SigV4 bedrock us-east-1>", "<SigV4 bedrock-mantle eu-west-1>")
    assert isinstance(first, SigV4)
    assert isinstance(second, SigV4)
    assert first._keys is second._keys, "one look-up for both"
    elsewhere = credentials({"AWS_BEARER_TOKEN_BEDROCK": "k"}, **BEDROCK, base_url="https://vpce.test")
    assert isinstance(elsewhere, SigV4), "the usual key goes to the usual address only"


def test_one_token_serves_all_that_share_the_account() -> None:
    wallet = Wallet({"KEYS": "/a.json"})
    one = wallet.credentials(Deployment(model="m", **VERTEX))  # type: ignore[arg-type]
    assert isinstance(one, GoogleToken)
    assert wallet.credentials(Deployment(model="n", **VERTEX)) is one  # type: ignore[arg-type]
    named = wallet.credentials(Deployment(model="n", api_key="env:KEYS", **VERTEX))  # type: ignore[arg-type]
    assert repr(named) == "<GoogleToken /a.json>"


def test_this_machines_own_token_goes_to_google_only() -> None:
    assert isinstance(credentials({}, **VERTEX, base_url="https://us-central1-aiplatform.googleapis.com"), GoogleToken)
    assert credentials({}, **VERTEX, base_url="https://proxy.test").fixed == b""
    assert credentials({}, **VERTEX, base_url="https://notgoogleapis.com").fixed == b""
    assert credentials({}, **VERTEX, base_url="https://proxy.test", api_key="env:UNSET").fixed == b""
    named = credentials({"KEYS": "/a.json"}, **VERTEX, base_url="https://proxy.test", api_key="env:KEYS")
    assert isinstance(named, GoogleToken)
