"""What callers hear on an open connection while the service stops: their format's error, and when to ask again."""

from __future__ import annotations

import http.client
import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from doubles.service import Service
    from doubles.upstream import Upstream


@pytest.fixture
def connection(service: Service) -> Iterator[http.client.HTTPConnection]:
    """A keep-alive connection to a service that stops."""
    made = http.client.HTTPConnection("127.0.0.1", service.port, timeout=10)
    made.request("GET", "/healthz")
    made.getresponse().read()
    service.close_doors()
    yield made
    made.close()


def ask(connection: http.client.HTTPConnection, method: str, path: str) -> tuple[int, Any, dict[str, str]]:
    body = json.dumps({"model": "r", "messages": [], "stream": True}) if method == "POST" else None
    connection.request(method, path, body)
    response = connection.getresponse()
    return response.status, response.read(), {name.lower(): value for name, value in response.getheaders()}


FORMATS = [
    ("/v1/chat/completions", lambda body: body["error"]["code"]),
    ("/v1/embeddings", lambda body: body["error"]["code"]),
    ("/v1/responses", lambda body: body["error"]["code"]),
    ("/v1/messages", lambda body: body["type"] == "error" and body["error"]["type"]),
    ("/v1/messages/count_tokens", lambda body: body["type"] == "error" and body["error"]["type"]),
]


@pytest.mark.parametrize(("path", "code"), FORMATS)
def test_new_work_is_refused_in_the_callers_format(
    service: Service, upstream: Upstream, connection: http.client.HTTPConnection, path: str, code: Any
) -> None:
    status, body, headers = ask(connection, "POST", path)
    assert status == 503
    assert headers["retry-after"] == "1"
    assert headers["connection"] == "close"
    assert headers["content-type"] == "application/json"
    assert code(json.loads(body)) in ("drained", "overloaded_error", "api_error"), body
    assert not upstream.seen
    assert not service.records()
    assert b'ajar_requests_refused_total{code="drained"} 1' in service.exposition()


@pytest.mark.parametrize(("path", "status"), [("/healthz", 200), ("/v1/models", 200), ("/readyz", 503)])
def test_pages_are_as_they_were_but_it_is_not_ready(
    connection: http.client.HTTPConnection, path: str, status: int
) -> None:
    found, _, headers = ask(connection, "GET", path)
    assert (found, headers["connection"]) == (status, "close")
