"""TLS, proxies, and addresses that do not answer."""

from __future__ import annotations

import asyncio
import base64
import socket
import ssl
from typing import TYPE_CHECKING, Any

import pytest
import trustme
import uvloop

from ajar.errors import ConnectFailed, ConnectTimeout, UpstreamClosed
from ajar.upstream import dial
from ajar.upstream.client import Client
from ajar.upstream.names import Names
from ajar.upstream.origin import Origin
from upstream.servers import HELLO, Peer, Server, answering, eventually, once, post

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from upstream.conftest import Run


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """A certificate authority that this test made up."""
    return trustme.CA()


@pytest.fixture(scope="module")
def trusting(authority: trustme.CA) -> ssl.SSLContext:
    """A client's context that trusts it."""
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


def serving(authority: trustme.CA, *names: str) -> ssl.SSLContext:
    """A server's context with a certificate for `names`."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.set_alpn_protocols(["h2", "http/1.1"])
    authority.issue_cert(*names).configure_cert(context)
    return context


class TestTls:
    """Certificates, names and ends."""

    def test_good(self, run: Run, authority: trustme.CA, trusting: ssl.SSLContext) -> None:
        names: list[str | None] = []
        context = serving(authority, "localhost")
        context.sni_callback = lambda _, name, __: names.append(name)

        async def main() -> None:
            async with Server(answering(HELLO), context) as server:
                client = Client(environ={}, ssl_context=trusting)
                origin = Origin("https", "localhost", server.port)
                for _ in range(50):
                    response = await client.send(origin, *post(b"x" * 100_000), connect_s=5)
                    assert await response.read(10) == b"hello"
                assert server.accepted == 1
                await client.close()

        run(main())
        assert names == ["localhost"]

    def test_an_address_is_a_name_too(self, run: Run, authority: trustme.CA, trusting: ssl.SSLContext) -> None:
        async def main() -> None:
            async with Server(once(HELLO), serving(authority, "127.0.0.1")) as server:
                client = Client(environ={}, ssl_context=trusting)
                response = await client.send(server.origin, *post(), connect_s=5)
                assert await response.read(10) == b"hello"
                await client.close()

        run(main())

    def test_the_default_context(self, run: Run, authority: trustme.CA, tmp_path: Path) -> None:
        file = tmp_path / "ca.pem"
        authority.cert_pem.write_to_path(str(file))
        spoken: list[str | None] = []

        async def script(peer: Peer) -> None:
            await peer.request()
            spoken.append(peer.writer.get_extra_info("ssl_object").selected_alpn_protocol())
            await peer.say(HELLO)

        async def main() -> None:
            async with Server(script, serving(authority, "localhost")) as server:
                origin = Origin("https", "localhost", server.port)
                client = Client(environ={"SSL_CERT_FILE": str(file)})
                response = await client.send(origin, *post(), connect_s=5)
                assert await response.read(10) == b"hello"
                await client.close()

        run(main())
        assert spoken == ["http/1.1"]

    @pytest.mark.parametrize(
        ("name", "trusted", "why"),
        [
            ("other.example", True, "its TLS certificate is not accepted: Hostname mismatch"),
            ("localhost", False, "its TLS certificate is not accepted: (unable to get|self)"),
        ],
    )
    def test_a_certificate_that_is_not_good_enough(
        self, run: Run, authority: trustme.CA, trusting: ssl.SSLContext, name: str, trusted: bool, why: str
    ) -> None:
        async def main() -> None:
            async with Server(answering(HELLO), serving(authority, name)) as server:
                client = Client(environ={}, ssl_context=trusting if trusted else None)
                with pytest.raises(ConnectFailed, match=f"^No connection to localhost:{server.port}: {why}.*[.]$"):
                    await client.send(Origin("https", "localhost", server.port), *post(), connect_s=5)
                await client.close()

        run(main())

    def test_no_tls_on_the_other_side(self, run: Run, trusting: ssl.SSLContext) -> None:
        async def script(peer: Peer) -> None:
            await peer.reader.read(10)
            await peer.say(b"HTTP/1.1 400 Bad\r\n\r\n")

        async def main() -> None:
            async with Server(script) as server:
                client = Client(environ={}, ssl_context=trusting)
                with pytest.raises(ConnectFailed, match="TLS failed: wrong version number"):
                    await client.send(Origin("https", "localhost", server.port), *post(), connect_s=5)
                await client.close()

        run(main())

    def test_closed_during_the_handshake(self, run: Run, trusting: ssl.SSLContext) -> None:
        async def script(peer: Peer) -> None:
            await peer.reader.read(10)

        async def main() -> None:
            async with Server(script) as server:
                client = Client(environ={}, ssl_context=trusting)
                with pytest.raises(ConnectFailed, match=r"closed the connection during the TLS handshake|reset"):
                    await client.send(Origin("https", "localhost", server.port), *post(), connect_s=5)
                await client.close()

        run(main())

    @pytest.mark.parametrize("how", ["timeout", "cancel"])
    def test_a_handshake_that_never_ends(self, run: Run, trusting: ssl.SSLContext, how: str) -> None:
        async def script(peer: Peer) -> None:
            await peer.gone()

        async def main() -> None:
            async with Server(script) as server:
                client = Client(environ={}, ssl_context=trusting)
                origin = Origin("https", "localhost", server.port)
                sending = asyncio.create_task(client.send(origin, *post(), connect_s=0.1 if how == "timeout" else 5))
                if how == "timeout":
                    with pytest.raises(ConnectTimeout, match="localhost"):
                        await sending
                else:
                    await eventually(lambda: server.accepted == 1)
                    await asyncio.sleep(0.02)
                    sending.cancel()
                    with pytest.raises(asyncio.CancelledError):
                        await sending
                await eventually(lambda: server.finished == 1, 0.25)
                await client.close()

        run(main())

    def test_cancelling_a_body(self, run: Run, authority: trustme.CA, trusting: ssl.SSLContext) -> None:
        async def script(peer: Peer) -> None:
            await peer.request()
            await peer.say(b"HTTP/1.1 200 OK\r\n\r\nbegun")
            await peer.gone()

        async def main() -> None:
            async with Server(script, serving(authority, "127.0.0.1")) as server:
                client = Client(environ={}, ssl_context=trusting)
                response = await client.send(server.origin, *post(), connect_s=5)
                assert await response.chunk() == b"begun"
                waiting = asyncio.create_task(response.chunk())
                await asyncio.sleep(0.02)
                waiting.cancel()
                await eventually(lambda: server.finished == 1, 0.25)
                await client.close()

        run(main())

    def test_a_body_until_close_ends_with_a_signed_end(
        self, run: Run, authority: trustme.CA, trusting: ssl.SSLContext
    ) -> None:
        async def script(peer: Peer) -> None:
            await peer.request()
            await peer.say(b"HTTP/1.1 200 OK\r\n\r\nwhole")

        async def main() -> None:
            async with Server(script, serving(authority, "127.0.0.1")) as server:
                client = Client(environ={}, ssl_context=trusting)
                response = await client.send(server.origin, *post(), connect_s=5)
                assert await response.read(100) == b"whole"
                assert response.ended
                await client.close()

        run(main())

    def test_an_end_that_anybody_could_have_made_is_a_cut(
        self, authority: trustme.CA, trusting: ssl.SSLContext
    ) -> None:
        """uvloop, which serves, tells the two apart; asyncio's own loop does not."""

        async def script(peer: Peer) -> None:
            await peer.request()
            await peer.say(b"HTTP/1.1 200 OK\r\n\r\nwhole?")
            peer.reset()

        async def main() -> None:
            async with Server(script, serving(authority, "127.0.0.1")) as server:
                client = Client(environ={}, ssl_context=trusting)
                response = await client.send(server.origin, *post(), connect_s=5)
                with pytest.raises(UpstreamClosed):
                    await response.read(100)
                await client.close()

        uvloop.run(main())

    @pytest.mark.parametrize("content", [None, "not a certificate"])
    def test_a_trust_file_that_cannot_be_used(self, run: Run, tmp_path: Path, content: str | None) -> None:
        file = tmp_path / "ca.pem"
        if content is not None:
            file.write_text(content)

        async def main() -> None:
            client = Client(environ={"SSL_CERT_FILE": str(file)})
            with pytest.raises(ConnectFailed, match="the file in SSL_CERT_FILE cannot be used"):
                await client.send(Origin("https", "127.0.0.1", 9), *post(), connect_s=5)
            await client.close()

        run(main())


def tunnelling(port: int, seen: list[bytes]) -> Callable[[Peer], Awaitable[None]]:
    """A proxy's script: CONNECT leads to 127.0.0.1:`port`, wherever it was meant to lead."""

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
        writer.close()

    async def script(peer: Peer) -> None:
        seen.append(await peer.reader.readuntil(b"\r\n\r\n"))
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        await peer.say(b"HTTP/1.1 200 Connection established\r\nvia: x\r\n\r\n")
        try:
            await asyncio.gather(pump(peer.reader, writer), pump(reader, peer.writer))
        finally:
            writer.transport.abort()

    return script


class TestProxy:
    """Through a proxy, and by its refusal."""

    def test_https_by_connect(self, run: Run, authority: trustme.CA, trusting: ssl.SSLContext) -> None:
        seen: list[bytes] = []

        async def main() -> None:
            async with (
                Server(answering(HELLO), serving(authority, "api.example.test")) as server,
                Server(tunnelling(server.port, seen)) as proxy,
            ):
                environ = {"HTTPS_PROXY": f"http://me:pass@127.0.0.1:{proxy.port}"}
                client = Client(environ=environ, ssl_context=trusting)
                origin = Origin("https", "api.example.test", 443)
                for _ in range(3):
                    response = await client.send(origin, *post(), connect_s=5)
                    assert await response.read(10) == b"hello"
                assert proxy.accepted == server.accepted == 1
                await client.close()
                await eventually(lambda: proxy.finished == 1)

        run(main())
        basic = base64.b64encode(b"me:pass")
        assert seen == [
            b"CONNECT api.example.test:443 HTTP/1.1\r\nhost: api.example.test:443\r\n"
            b"proxy-authorization: Basic " + basic + b"\r\n\r\n"
        ]

    def test_http_in_absolute_form(self, run: Run) -> None:
        seen: list[tuple[bytes, bytes]] = []

        async def script(peer: Peer) -> None:
            while True:
                seen.append(await peer.request())
                await peer.say(HELLO)

        async def main() -> None:
            async with Server(script) as proxy:
                client = Client(environ={"http_proxy": f"http://127.0.0.1:{proxy.port}"})
                for _ in range(2):
                    response = await client.send(Origin("http", "api.example.test", 8080), *post(), connect_s=5)
                    assert await response.read(10) == b"hello"
                assert proxy.accepted == 1
                await client.close()

        run(main())
        head, body = post()
        assert seen == [(head.replace(b"POST /", b"POST http://api.example.test:8080/"), body)] * 2

    def test_loopback_goes_direct(self, run: Run) -> None:
        async def main() -> None:
            async with Server(answering(HELLO)) as server:
                client = Client(environ={"ALL_PROXY": "http://127.0.0.1:9", "http_proxy": "http://127.0.0.1:9"})
                response = await client.send(server.origin, *post(), connect_s=5)
                assert await response.read(10) == b"hello"
                await client.close()

        run(main())

    @pytest.mark.parametrize(
        ("answer", "why"),
        [
            (b"HTTP/1.1 407 Auth\r\n\r\n", "the proxy wants a user name and password, or others"),
            (b"HTTP/1.1 502 Bad\r\ncontent-length: 2\r\n\r\nno", "the proxy answered CONNECT with 502"),
            (b"HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", "the proxy sent bytes of its own"),
            (b"HTTP/1.1 200 OK\r\n\r\nx", "the proxy sent bytes of its own"),
            (b"SSH-2.0\r\n\r\n", "the proxy did not answer CONNECT as HTTP does"),
            (b"HTTP/1.1 2\xff0\r\n\r\n", "the proxy did not answer CONNECT as HTTP does"),
            (b"HTTP/1.1 200 OK\r\n", "the proxy did not answer CONNECT as HTTP does"),
            (b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 20_000, "the proxy did not answer CONNECT as HTTP does"),
            (b"", "the proxy did not answer CONNECT as HTTP does"),
        ],
    )
    def test_no_tunnel(self, run: Run, answer: bytes, why: str) -> None:
        async def script(peer: Peer) -> None:
            await peer.request()
            await peer.say(answer)

        async def main() -> None:
            async with Server(script) as proxy:
                client = Client(environ={"https_proxy": f"http://me:secret@127.0.0.1:{proxy.port}"})
                with pytest.raises(ConnectFailed, match=why) as caught:
                    await client.send(Origin("https", "api.example.test", 443), *post(), connect_s=5)
                assert f"api.example.test:443 by the proxy 127.0.0.1:{proxy.port}" in str(caught.value)
                assert "secret" not in str(caught.value)
                await client.close()

        run(main())

    @pytest.mark.parametrize("how", ["timeout", "cancel"])
    def test_a_silent_proxy(self, run: Run, how: str) -> None:
        async def script(peer: Peer) -> None:
            await peer.gone()

        async def main() -> None:
            async with Server(script) as proxy:
                client = Client(environ={"https_proxy": f"http://127.0.0.1:{proxy.port}"})
                sending = asyncio.create_task(
                    client.send(Origin("https", "a.test", 443), *post(), connect_s=0.1 if how == "timeout" else 5)
                )
                await eventually(lambda: proxy.accepted == 1)
                if how == "timeout":
                    with pytest.raises(ConnectTimeout, match="by the proxy"):
                        await sending
                else:
                    await asyncio.sleep(0.02)
                    sending.cancel()
                    with pytest.raises(asyncio.CancelledError):
                        await sending
                await eventually(lambda: proxy.finished == 1, 0.25)
                await client.close()

        run(main())

    def test_a_proxy_that_cannot_be_used(self, run: Run) -> None:
        async def main() -> None:
            client = Client(environ={"ALL_PROXY": "socks5://me:secret@127.0.0.1:9"})
            with pytest.raises(ConnectFailed, match="the proxy in ALL_PROXY must be given as http://host:port"):
                await client.send(Origin("https", "a.test", 443), *post(), connect_s=5)
            await client.close()

        run(main())


def test_an_address_that_is_silent_gives_way_to_the_next(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dial, "_NEXT_ADDRESS_S", 0.05)
    with socket.socket() as full, socket.socket() as first, socket.socket() as second:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for filler in (first, second):
            filler.setblocking(False)
            filler.connect_ex(full.getsockname())
        unused = ("127.0.0.1", 1)

        async def main() -> None:
            async with Server(once(HELLO)) as server:
                addresses = [full.getsockname(), unused, ("127.0.0.1", server.port)]

                async def resolve(*_: object) -> list[tuple[Any, ...]]:
                    return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", address) for address in addresses]

                monkeypatch.setattr(Names, "resolve", resolve)
                client = Client(environ={})
                response = await client.send(Origin("http", "many.test", 80), *post(), connect_s=5)
                assert await response.read(10) == b"hello"
                await client.close()

        run(main())
