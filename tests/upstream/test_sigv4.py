"""Signatures, against botocore's own client and AWS's published vector; credentials from botocore's own chain."""

from __future__ import annotations

import datetime
import json
import logging
import sys
import threading
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import botocore.auth
import botocore.session
import pytest
from botocore.awsrequest import AWSResponse
from botocore.credentials import ReadOnlyCredentials

from ajar.errors import NoCredentials
from ajar.upstream.credentials import RequestHead
from ajar.upstream.fetched import Fetched, Fresh
from ajar.upstream.providers import providers
from ajar.upstream.sigv4 import SigV4, aws_keys

if TYPE_CHECKING:
    from pathlib import Path

    from upstream.conftest import Run

HEAD = RequestHead(authority="bedrock-runtime.us-east-1.amazonaws.com", target="/model/m/converse")


@pytest.fixture(autouse=True)
def no_other_account(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing of this machine's own account is found."""
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Stop botocore's clock."""

    def stop(*when: int) -> None:
        monkeypatch.setattr(
            botocore.auth, "get_current_datetime", lambda: datetime.datetime(*when, tzinfo=datetime.UTC)
        )

    return stop


def signer(run: Run, service: str, key: str, secret: str, token: str | None = None) -> SigV4:
    keys = Fetched("AWS credentials", lambda: Fresh(ReadOnlyCredentials(key, secret, token), 60, 60))
    made = SigV4(service, "us-east-1", keys)
    run(made.ready())
    return made


def parsed(lines: bytes) -> dict[str, str]:
    assert lines.endswith(b"\r\n")
    return dict(line.split(": ", 1) for line in lines.decode().splitlines())


def test_awss_published_vector(run: Run, at: Any) -> None:
    """`post-x-www-form-urlencoded` of the Signature Version 4 test suite."""
    at(2015, 8, 30, 12, 36, 0)
    sign = signer(run, "service", "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
    head = RequestHead(authority="example.amazonaws.com", target="/", content_type="application/x-www-form-urlencoded")
    assert parsed(sign.lines(head, b"Param1=value1")) == {
        "x-amz-date": "20150830T123600Z",
        "authorization": (
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
            "SignedHeaders=content-type;host;x-amz-date, "
            "Signature=ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"
        ),
    }


def official(model: str, token: str | None, operation: str) -> Any:
    """What botocore's own client would send."""
    client: Any = botocore.session.Session().create_client(
        "bedrock-runtime",
        region_name="us-east-1",
        aws_access_key_id="AKIDEXAMPLE",
        aws_secret_access_key="SECRET",
        aws_session_token=token,
    )
    sent: list[Any] = []

    class Raw:
        def stream(self, *_: Any, **__: Any) -> Any:
            yield b"{}"

    def send(request: Any, **_: Any) -> AWSResponse:
        sent.append(request)
        return AWSResponse(request.url, 400, {}, Raw())  # type: ignore[arg-type]

    client.meta.events.register("before-send.bedrock-runtime", send)
    with pytest.raises(client.exceptions.ClientError):
        getattr(client, operation)(modelId=model, messages=[{"role": "user", "content": [{"text": "hi"}]}])
    return sent[0]


@pytest.mark.parametrize("token", [None, "TOKEN"])
@pytest.mark.parametrize("operation", ["converse", "converse_stream"])
@pytest.mark.parametrize(
    "model",
    [
        "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
        "zai.glm-4.7-flash",
        "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/a_b~c",
    ],
)
def test_a_request_is_signed_as_botocores_own_client_does(
    run: Run, at: Any, model: str, operation: str, token: str | None
) -> None:
    at(2026, 11, 21, 7, 0, 0)
    theirs = official(model, token, operation)
    path = providers()["bedrock"].paths["bedrock-stream" if operation == "converse_stream" else "bedrock"]
    target = path.format(model=quote(model, safe=""))
    assert theirs.url == f"https://{HEAD.authority}{target}"
    sign = signer(run, "bedrock", "AKIDEXAMPLE", "SECRET", token)
    lines = parsed(sign.lines(RequestHead(authority=HEAD.authority, target=target), theirs.body))
    assert lines == {
        name.lower(): value.decode()
        for name, value in theirs.headers.items()
        if name.lower() in ("x-amz-date", "x-amz-security-token", "authorization")
    }


def test_a_signature_covers_target_host_body_and_content_type(run: Run, at: Any) -> None:
    at(2026, 11, 21, 7, 0, 0)
    sign = signer(run, "bedrock-mantle", "AKIDEXAMPLE", "SECRET")
    heads = [HEAD, RequestHead("other.test", HEAD.target), RequestHead(HEAD.authority, "/other")]
    heads += [RequestHead(HEAD.authority, f"{HEAD.target}?a=b"), RequestHead(HEAD.authority, HEAD.target, "PUT")]
    made = {sign.lines(head, b"{}") for head in heads} | {sign.lines(HEAD, b"{ }")}
    assert len(made) == len(heads) + 1
    assert all(b"/us-east-1/bedrock-mantle/aws4_request" in lines for lines in made)


def test_the_environment_is_found_in_a_thread(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDENV")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hidden")
    seen: list[int] = []
    session = botocore.session.Session

    def watched(*args: Any, **options: Any) -> Any:
        seen.append(threading.get_ident())
        return session(*args, **options)

    monkeypatch.setattr(botocore.session, "Session", watched)
    sign = SigV4("bedrock", "eu-west-1", aws_keys())

    async def main() -> bytes:
        await sign.ready()
        await sign.ready()
        return sign.lines(HEAD, b"{}")

    assert b"Credential=AKIDENV/" in run(main())
    assert len(seen) == 1
    assert threading.get_ident() not in seen


def process(tmp_path: Path, program: str) -> None:
    script = tmp_path / "give.py"
    script.write_text(program)
    (tmp_path / "config").write_text(f"[default]\ncredential_process = {sys.executable} {script}\n")


def test_temporary_credentials_are_renewed(run: Run, tmp_path: Path) -> None:
    process(
        tmp_path,
        f"""
import datetime, json, pathlib
count = pathlib.Path({str(tmp_path / "count")!r})
number = int(count.read_text()) + 1 if count.exists() else 1
count.write_text(str(number))
end = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=5 if number <= 2 else 3600)
print(json.dumps({{"Version": 1, "AccessKeyId": f"AKID{{number}}", "SecretAccessKey": "s", "SessionToken": "t",
                  "Expiration": end.isoformat()}}))
""",
    )
    keys = aws_keys()
    sign = SigV4("bedrock", "us-east-1", keys)
    now = [0.0]
    keys._clock = lambda: now[0]  # pyright: ignore[reportPrivateUsage]

    async def main() -> None:
        await sign.ready()
        first = sign.lines(HEAD, b"{}")
        assert b"x-amz-security-token: t\r\n" in first
        now[0] += 301
        await sign.ready()
        assert sign.lines(HEAD, b"{}") != first

    run(main())
    assert int((tmp_path / "count").read_text()) == 3


def test_where_nothing_is_found_the_error_says_what_helps(run: Run) -> None:
    with pytest.raises(NoCredentials, match="name a profile in AWS_PROFILE") as caught:
        run(SigV4("bedrock", "us-east-1", aws_keys()).ready())
    assert not caught.value.sent


def test_a_failing_process_is_told_without_what_may_be_a_secret(run: Run, tmp_path: Path) -> None:
    secret = "hiddenhidden" * 5
    process(tmp_path, f"import sys\nprint('no luck with {secret}', file=sys.stderr)\nsys.exit(1)\n")
    with pytest.raises(NoCredentials, match="no luck with …") as caught:
        run(SigV4("bedrock", "us-east-1", aws_keys()).ready())
    assert "hidden" not in str(caught.value)


def test_secrets_are_in_no_log_and_no_repr(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDENV")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hidden-secret")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "hidden-token")
    records: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            records.append(record.getMessage())

    root, library = logging.getLogger(), logging.getLogger("botocore")
    handler, before = Keep(), (root.level, library.level)
    root.addHandler(handler)
    try:
        root.setLevel(logging.DEBUG)
        library.setLevel(logging.NOTSET)
        sign = SigV4("bedrock", "us-east-1", aws_keys())
        run(sign.ready())
        sign.lines(HEAD, b"{}")
    finally:
        root.removeHandler(handler)
        root.setLevel(before[0])
        library.setLevel(before[1])
    assert "hidden" not in json.dumps(records) + repr(sign) + repr(vars(sign))


def test_a_signature_is_quick(run: Run) -> None:
    sign, body = signer(run, "bedrock", "AKIDEXAMPLE", "SECRET", "TOKEN"), b"x" * 4096
    best = min(_timed(lambda: sign.lines(HEAD, body)) for _ in range(200))
    assert best < 500e-6, f"{best * 1e6:.0f} µs"  # 60 µs on a quiet machine


def _timed(call: Any) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began
