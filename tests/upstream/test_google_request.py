"""The blocking requests of google-auth."""

from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING

import pytest
import trustme
from google.auth.exceptions import TransportError

from ajar.upstream.google_request import GoogleRequest
from doubles.upstream import Upstream, answer
from upstream.servers import Peer, Server

if TYPE_CHECKING:
    from pathlib import Path


def test_an_answer_has_status_headers_and_body() -> None:
    server = Upstream(default=answer(b"said", status=403, kind="text/plain", X_Kind="A"))
    try:
        said = GoogleRequest({})(f"{server.url}/token?a=b", "POST", b"asked", {"x-own": "1"}, timeout=5)
    finally:
        server.stop()
    assert (said.status, said.data, said.headers["x-kind"]) == (403, b"said", "A")
    (seen,) = server.seen
    assert (seen.line, seen.body, seen.headers["x-own"]) == ("POST /v1/token?a=b HTTP/1.1", b"asked", "1")


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/", "ftp://host/", "http://[::1", "nonsense"])
def test_no_answer_is_google_auths_own_error(url: str) -> None:
    with pytest.raises(TransportError, match="no answer from"):
        GoogleRequest({})(url)


def test_a_proxy_from_the_environment_is_asked_for_a_tunnel_and_trust_is_ajars(tmp_path: Path) -> None:
    authority = trustme.CA()
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("token.test").configure_cert(tls)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    asked: list[bytes] = []

    async def proxy(peer: Peer) -> None:
        head, _ = await peer.request()
        asked.append(head)
        await peer.say(b"HTTP/1.1 200 OK\r\n\r\n")
        await peer.writer.start_tls(tls)
        head, _ = await peer.request()
        asked.append(head)
        await peer.say(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")

    async def main() -> None:
        async with Server(proxy) as server:
            environ = {
                "HTTPS_PROXY": f"http://user:pass@127.0.0.1:{server.port}",
                "SSL_CERT_FILE": str(tmp_path / "ca.pem"),
            }
            said = await asyncio.to_thread(GoogleRequest(environ), "https://token.test/t", timeout=5)
            assert said.data == b"{}"

    asyncio.run(main())
    assert asked[0].startswith(b"CONNECT token.test:443 HTTP/1.")
    assert b"proxy-authorization: Basic dXNlcjpwYXNz\r\n" in asked[0]
    assert asked[1].startswith(b"GET /t HTTP/1.1\r\n")
