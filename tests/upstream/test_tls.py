"""Which certificates are trusted, and how often that is found out."""

from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING

import pytest
import trustme

from ajar.upstream import tls
from ajar.upstream.tls import Trust

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def test_what_is_trusted_is_read_once_for_all_who_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that has just begun may be asked for many deployments at once."""
    read: list[ssl.SSLContext] = []
    real = tls.default_context

    def counted(environ: Mapping[str, str]) -> ssl.SSLContext:
        read.append(real(environ))
        return read[-1]

    monkeypatch.setattr(tls, "default_context", counted)

    async def main() -> None:
        trust = Trust({})
        leaver = asyncio.create_task(trust.context())
        rest = asyncio.gather(*(trust.context() for _ in range(30)))
        await asyncio.sleep(0)
        leaver.cancel()
        found = {id(context) for context in [*await rest, await trust.context()]}
        assert found == {id(context) for context in read}
        assert len(read) == 1

    asyncio.run(main())


def test_a_file_that_is_mended_is_read_anew(tmp_path: Path) -> None:
    async def main() -> None:
        trust = Trust({"SSL_CERT_FILE": str(tmp_path / "ca.pem")})
        for _ in range(2):
            outcomes = await asyncio.gather(trust.context(), trust.context(), return_exceptions=True)
            assert [str(each) for each in outcomes] == [
                "the file in SSL_CERT_FILE cannot be used (No such file or directory)"
            ] * 2
        (tmp_path / "ca.pem").write_text("")
        with pytest.raises(ValueError, match="no PEM file of certificates"):
            await trust.context()
        authority = trustme.CA()
        authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
        found = await trust.context()
        assert authority.cert_pem.bytes() in map(pem, found.get_ca_certs(binary_form=True))

    asyncio.run(main())


def pem(certificate: bytes) -> bytes:
    return ssl.DER_cert_to_PEM_cert(certificate).encode()


def test_a_given_context_is_used_as_it_is() -> None:
    given = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    assert asyncio.run(Trust({"SSL_CERT_FILE": "/nowhere"}, given).context()) is given
