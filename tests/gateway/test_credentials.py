"""Requests to deployments that want more than a key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import ReadOnlyCredentials

from gateway.conftest import config

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from doubles.service import Service
    from doubles.upstream import Upstream


@pytest.fixture(autouse=True)
def no_other_account(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing of this machine's own account is found."""
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))


def signed(upstream: Upstream, second: Upstream | None = None) -> dict[str, Any]:
    """`config`, with its first deployment on Bedrock."""
    made = config(upstream, second)
    made["deployments"]["a"] |= {
        "provider": "bedrock-mantle",
        "model": "openai.gpt-oss-20b",
        "region": "us-east-1",
        "base_url": upstream.url.removesuffix("/v1"),
    }
    return made


def test_each_request_is_signed_as_it_is_sent(
    serve: Callable[..., Service], upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hidden")
    service = serve(signed(upstream))
    for _ in range(2):
        assert service.chat().status == 200
    for seen in upstream.seen:
        method, target, _ = seen.line.split()
        assert (method, target) == ("POST", "/v1/chat/completions")
        covered = {name: seen.headers[name] for name in ("host", "content-type")}
        again: Any = AWSRequest(method=method, url=f"http://{covered['host']}{target}", headers=covered, data=seen.body)
        signer: Any = SigV4Auth(ReadOnlyCredentials("AKIDEXAMPLE", "hidden", None), "bedrock-mantle", "us-east-1")
        again.context["timestamp"] = again.headers["X-Amz-Date"] = seen.headers["x-amz-date"]
        made = signer.signature(signer.string_to_sign(again, signer.canonical_request(again)), again)
        assert seen.headers["authorization"].endswith(f"Signature={made}")


def test_without_credentials_the_next_deployment_is_asked(
    serve: Callable[..., Service], upstream: Upstream, second: Upstream, caplog: pytest.LogCaptureFixture
) -> None:
    result = serve(signed(upstream, second)).chat()
    assert (result.status, result.headers["x-ajar-deployment"]) == (200, "b")
    assert upstream.seen == []
    assert "AWS credentials: none were found; set AWS_ACCESS_KEY_ID" in caplog.text


def test_without_credentials_and_another_deployment_the_caller_is_told_in_short(
    serve: Callable[..., Service], upstream: Upstream
) -> None:
    result = serve(signed(upstream)).chat()
    assert result.status == 502
    assert result.json["error"]["code"] == "upstream_no_credentials"
    assert result.json["error"]["message"] == (
        "deployment `a`: Ajar has no valid credentials for it, which its operator must mend"
    )
    assert upstream.seen == []
