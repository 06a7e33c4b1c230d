"""Keys, rights, and who may ask a service without keys."""

from __future__ import annotations

import hashlib
import time
from typing import TYPE_CHECKING

import pytest

from ajar.config.snapshot import KeyEntry
from gateway.conftest import config

if TYPE_CHECKING:
    from collections.abc import Callable

    from doubles.service import Service
    from doubles.upstream import Upstream


def entry(ident: str, secret: str, *, direct: bool = False) -> KeyEntry:
    return KeyEntry(ident, hashlib.sha256(secret.encode()).hexdigest(), f"name-of-{ident}", direct)


@pytest.fixture
def keyed(serve: Callable[..., Service], upstream: Upstream, second: Upstream) -> Service:
    return serve(config(upstream, second), keys=(entry("plain", "s1"), entry("direct", "s2", direct=True)))


def bearer(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"}


@pytest.mark.parametrize(
    "headers",
    [
        {},
        bearer(""),
        bearer("ajar_plain_s2"),
        bearer("ajar_plain_"),
        bearer("ajar_nobody_s1"),
        bearer("plain_s1"),
        bearer("ajar_plain"),
        {"authorization": "Basic ajar_plain_s1"},
        {"authorization": "ajar_plain_s1"},
        {"x-api-key": "wrong"},
    ],
)
def test_a_bad_key_is_a_401(keyed: Service, upstream: Upstream, headers: dict[str, str]) -> None:
    result = keyed.chat(headers=headers)
    assert (result.status, result.json["error"]["type"]) == (401, "authentication_error")
    assert result.headers["www-authenticate"] == "Bearer"
    assert not upstream.seen
    assert keyed.request("GET", "/v1/models", headers=headers).status == 401


@pytest.mark.parametrize(
    "headers", [bearer("ajar_plain_s1"), {"x-api-key": "ajar_plain_s1"}, {"authorization": "bearer ajar_plain_s1"}]
)
def test_a_good_key(keyed: Service, headers: dict[str, str]) -> None:
    assert keyed.chat(headers=headers).status == 200
    assert keyed.records()[0]["caller"] == "name-of-plain"


def test_a_revoked_key_stops_at_the_next_snapshot(keyed: Service) -> None:
    assert keyed.chat(headers=bearer("ajar_plain_s1")).status == 200
    keyed.apply(keys=(entry("direct", "s2", direct=True),))
    assert keyed.chat(headers=bearer("ajar_plain_s1")).status == 401


def test_direct_addressing_and_purposes_need_the_right(keyed: Service, second: Upstream) -> None:
    plain, direct = bearer("ajar_plain_s1"), bearer("ajar_direct_s2")
    assert keyed.chat("deployment:b", headers=plain).status == 403
    assert keyed.chat(headers={**plain, "x-ajar-purpose": "eval"}).status == 403
    result = keyed.chat("deployment:b", headers={**direct, "x-ajar-purpose": "eval"})
    assert (result.status, result.headers["x-ajar-deployment"]) == (200, "b")
    assert "x-ajar-route" not in result.headers
    assert len(second.seen) == 1
    record = keyed.records()[0]
    assert (record["purpose"], record["deployment"]) == ("eval", "b")
    assert record["route"] is None if "route" in record else True


def test_a_direct_deployment_has_no_fallback(keyed: Service, upstream: Upstream) -> None:
    upstream.stop()
    assert keyed.chat("deployment:a", headers=bearer("ajar_direct_s2")).status == 502


def test_excluded_deployments_are_passed_over(service: Service, upstream: Upstream) -> None:
    assert service.chat(headers={"x-ajar-exclude": "a"}).headers["x-ajar-deployment"] == "b"
    assert not upstream.seen


FOREIGN = [
    {"origin": "https://evil.example"},
    {"origin": "null"},
    {"origin": "http://localhost.evil.example"},
    {"host": "evil.example"},
    {"host": "localhost.evil.example:4000"},
    {"host": "127.0.0.1.evil.example"},
    {"host": ""},
]


@pytest.mark.parametrize("headers", FOREIGN)
def test_web_pages_cannot_reach_it_without_keys(service: Service, upstream: Upstream, headers: dict[str, str]) -> None:
    assert service.chat(headers=headers).status == 403
    assert not upstream.seen


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://localhost:3000"},
        {"host": "[::1]:4000"},
        {"host": "127.0.0.1"},
        {"host": "127.1.2.3:1"},
        {"host": "LOCALHOST"},
    ],
)
def test_local_pages_may(service: Service, headers: dict[str, str]) -> None:
    assert service.chat(headers=headers).status == 200


def test_a_key_that_is_revoked_while_the_body_comes_is_refused(keyed: Service) -> None:
    body = b'{"model":"r","messages":[{"role":"user","content":"hi"}]}'
    head = "POST /v1/chat/completions HTTP/1.1\r\nauthorization: Bearer ajar_plain_s1\r\nconnection: close\r\n"
    with keyed.connect() as caller:
        caller.sendall(head.encode() + b"content-length: %d\r\n\r\n" % len(body) + body[:10])
        time.sleep(0.2)
        keyed.apply(keys=(entry("direct", "s2", direct=True),))
        caller.sendall(body[10:])
        assert caller.recv(2**16).startswith(b"HTTP/1.1 401")
