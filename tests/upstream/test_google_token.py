"""Tokens of Google credentials, from a token server on loopback."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from ajar.errors import NoCredentials
from ajar.upstream.credentials import RequestHead
from ajar.upstream.google_token import GoogleToken
from doubles.upstream import Upstream, answer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from upstream.conftest import Run

HEAD = RequestHead(authority="aiplatform.googleapis.com", target="/v1")


def token(value: str = "hidden-token", left_s: float = 3600) -> Any:
    return answer({"access_token": value, "expires_in": left_s, "token_type": "Bearer"}, metadata_flavor="Google")


@pytest.fixture
def server() -> Iterator[Upstream]:
    """Google's token endpoint."""
    started = Upstream(default=token())
    yield started
    started.stop()


@pytest.fixture(autouse=True)
def no_other_account(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing of this machine's own account is found."""
    for name in ("GOOGLE_APPLICATION_CREDENTIALS", "GOOGLE_CLOUD_PROJECT", "GOOGLE_CLOUD_QUOTA_PROJECT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path / "gcloud"))
    monkeypatch.setenv("GCE_METADATA_HOST", "127.0.0.1:9")


@pytest.fixture(scope="module")
def private_key() -> str:
    """An RSA key as PEM."""
    made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return made.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


@pytest.fixture
def key_file(server: Upstream, private_key: str, tmp_path: Path) -> str:
    """A service account's key file that points to the server."""
    path = tmp_path / "account.json"
    account = {"type": "service_account", "client_email": "ajar@p.test", "private_key": private_key}
    account |= {"token_uri": server.url.replace("/v1", "/token"), "project_id": "p", "private_key_id": "1"}
    path.write_text(json.dumps(account))
    return str(path)


def test_a_service_accounts_key_is_exchanged_once_for_all(run: Run, server: Upstream, key_file: str) -> None:
    credentials = GoogleToken(key_file)

    async def main() -> None:
        await asyncio.gather(*(credentials.ready() for _ in range(20)))
        await credentials.ready()
        assert credentials.lines(HEAD, b"{}") == b"authorization: Bearer hidden-token\r\n"

    run(main())
    (seen,) = server.seen
    assert seen.line.startswith("POST /token ")
    assert parse_qs(seen.body.decode())["grant_type"] == ["urn:ietf:params:oauth:grant-type:jwt-bearer"]
    assert credentials.fixed is None


def test_the_environments_file_is_the_default(
    run: Run, server: Upstream, key_file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", key_file)
    credentials = GoogleToken()
    run(credentials.ready())
    assert credentials.lines(HEAD, b"") == b"authorization: Bearer hidden-token\r\n"


def test_the_project_that_is_billed_goes_along(
    run: Run, server: Upstream, key_file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", key_file)
    monkeypatch.setenv("GOOGLE_CLOUD_QUOTA_PROJECT", "billed")
    credentials = GoogleToken()
    run(credentials.ready())
    assert b"x-goog-user-project: billed\r\n" in credentials.lines(HEAD, b"")


def test_this_machines_account_is_asked_of_its_metadata_server(
    run: Run, server: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GCE_METADATA_HOST", server.url.removeprefix("http://").removesuffix("/v1"))
    credentials = GoogleToken()
    run(credentials.ready())
    assert credentials.lines(HEAD, b"") == b"authorization: Bearer hidden-token\r\n"
    (seen,) = server.seen
    assert seen.line.startswith("GET /computeMetadata/v1/instance/service-accounts/default/token ")
    assert seen.headers["metadata-flavor"] == "Google"


def test_a_stranger_is_not_taken_for_a_metadata_server(
    run: Run, server: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GCE_METADATA_HOST", server.url.removeprefix("http://").removesuffix("/v1"))
    server.default = answer({"access_token": "t", "expires_in": 3600})
    with pytest.raises(NoCredentials, match="none were found"):
        run(GoogleToken().ready())


def test_a_token_is_renewed_before_it_ends(run: Run, server: Upstream, key_file: str) -> None:
    server.replies.extend([token("first", 3600), token("second", 3600)])
    credentials = GoogleToken(key_file)
    fetched = credentials._lines  # pyright: ignore[reportPrivateUsage]
    now = [0.0]
    fetched._clock = lambda: now[0]  # pyright: ignore[reportPrivateUsage]

    async def main() -> None:
        await credentials.ready()
        now[0] += 3370
        await credentials.ready()
        assert len(server.seen) == 1
        now[0] += 10
        await credentials.ready()
        assert credentials.lines(HEAD, b"") == b"authorization: Bearer first\r\n"
        for _ in range(1000):
            await asyncio.sleep(0.005)
            if credentials.lines(HEAD, b"") != b"authorization: Bearer first\r\n":
                break
        assert credentials.lines(HEAD, b"") == b"authorization: Bearer second\r\n"

    run(main())


def test_a_refusal_tells_the_operator_which_account_and_why(run: Run, server: Upstream, key_file: str) -> None:
    server.default = answer({"error": "invalid_grant", "error_description": "Invalid JWT Signature."}, status=400)
    with pytest.raises(NoCredentials, match=r"account\.json.*invalid_grant: Invalid JWT Signature") as caught:
        run(GoogleToken(key_file).ready())
    assert not caught.value.sent
    assert "PRIVATE" not in str(caught.value)
    assert "eyJ" not in str(caught.value), "the assertion that was sent"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "No such file"),
        ("no json", "not a JSON object"),
        ("[]", "not a JSON object"),
        ('{"type": "external_account"}', "name it in GOOGLE_APPLICATION_CREDENTIALS"),
        ('{"type": "service_account", "private_key": "hidden"}', "account.json"),
    ],
)
def test_a_file_that_is_no_key_is_told(run: Run, tmp_path: Path, content: str | None, said: str) -> None:
    path = tmp_path / "account.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(NoCredentials, match=said) as caught:
        run(GoogleToken(str(path)).ready())
    assert "hidden" not in str(caught.value)


def test_where_nothing_is_found_the_error_says_what_helps(run: Run) -> None:
    with pytest.raises(NoCredentials, match="gcloud auth application-default login"):
        run(GoogleToken().ready())


def test_secrets_are_in_no_log_and_no_repr(
    run: Run, server: Upstream, key_file: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    credentials = GoogleToken(key_file)
    run(credentials.ready())
    shown = caplog.text + repr(credentials) + repr(vars(credentials))
    assert "hidden" not in shown
    assert "PRIVATE" not in shown
