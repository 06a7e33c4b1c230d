"""Same format on both sides: bytes in, the same bytes out."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

import pytest
import zstandard

from doubles.upstream import DONE, Reply, Upstream, answer, chunk, completion, stream
from gateway.conftest import config

if TYPE_CHECKING:
    from collections.abc import Callable

    from doubles.service import Service

ODD = b'{ "x_first":[1.0,1e400,"\\u00e9"],\n "model" : "r", "messages":[{"role":"user","content":"h\xc3\xa9"}],"z":{}}'


def test_unknown_request_fields_reach_the_upstream_byte_for_byte(service: Service, upstream: Upstream) -> None:
    assert service.request("POST", "/v1/chat/completions", ODD).status == 200
    assert upstream.seen[0].body == ODD.replace(b'"r"', b'"model-a"')


def test_unknown_answer_fields_reach_the_caller_byte_for_byte(service: Service, upstream: Upstream) -> None:
    body = b'{"model":"m", "choices":[ ],"x_unknown":{"deep":[1.50,"\\u00e9"]},"usage":null}\n'
    upstream.default = answer(body)
    assert service.chat().body == body


def test_an_unmetered_stream_is_byte_identical(serve: Callable[..., Service], upstream: Upstream) -> None:
    service = serve(config(upstream, meter_streams=False))
    events = [b": comment\n\n", chunk("a", usage=None), b"event: x\r\ndata: odd\r\n\r\n", chunk("b", "stop"), DONE]
    upstream.default = stream(events)
    assert service.chat(stream=True).body == b"".join(events)
    assert "stream_options" not in upstream.seen[0].json


def test_metering_asks_for_usage_and_takes_it_out_again(service: Service, upstream: Upstream) -> None:
    usage = {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7}
    upstream.default = stream([chunk("a", usage=None), chunk("b", "stop", usage=None), chunk(None, usage=usage), DONE])
    result = service.chat(stream=True)
    assert upstream.seen[0].json["stream_options"] == {"include_usage": True}
    assert result.body == chunk("a") + chunk("b", "stop") + DONE
    assert result.headers["content-type"] == "text/event-stream"
    record = service.records()[0]
    assert record["usage"] == {"input_tokens": 5, "output_tokens": 2}
    assert json.loads(record["usage_raw"]) == usage


def test_usage_that_the_caller_asked_for_stays(service: Service, upstream: Upstream) -> None:
    events = [chunk("a", usage=None), chunk("b", "stop", usage=None), chunk(None, usage={"prompt_tokens": 1}), DONE]
    upstream.default = stream(events)
    assert service.chat(stream=True, stream_options={"include_usage": True}).body == b"".join(events)


def test_headers_go_through_but_credentials_do_not(service: Service, upstream: Upstream) -> None:
    upstream.default = answer(
        completion(), x_request_id="abc", set_cookie="a=b", x_ajar_route="forged", connection="keep-alive"
    )
    sent = {
        "authorization": "Bearer callers-own",
        "x-api-key": "callers-own",
        "cookie": "c=1",
        "openai-organization": "org",
        "x-custom": "kept",
        "traceparent": "00-1-2-01",
        "accept-encoding": "gzip",
        "x-ajar-purpose": "eval",
    }
    result = service.chat(headers=sent)
    seen = upstream.seen[0].headers
    assert (seen["x-custom"], seen["traceparent"], seen["accept-encoding"]) == ("kept", "00-1-2-01", "identity")
    assert not {"authorization", "x-api-key", "cookie", "openai-organization", "x-ajar-purpose"} & seen.keys()
    assert result.headers["x-request-id"] == "abc"
    assert "set-cookie" not in result.headers
    assert result.headers["x-ajar-route"] == "r"
    assert result.headers["x-ajar-deployment"] == "a"
    assert result.headers["x-ajar-attempts"] == "1"
    assert result.headers["x-ajar-config"] == service.records()[0]["config"]
    assert result.headers["x-ajar-inference"] == service.records()[0]["id"]


@pytest.mark.parametrize(
    ("encoding", "pack"), [("gzip", gzip.compress), ("zstd", zstandard.ZstdCompressor().compress), ("identity", bytes)]
)
def test_compressed_requests_are_decoded(
    service: Service, upstream: Upstream, encoding: str, pack: Callable[[bytes], bytes]
) -> None:
    result = service.request("POST", "/v1/chat/completions", pack(ODD), {"content-encoding": encoding})
    assert result.status == 200
    assert upstream.seen[0].body == ODD.replace(b'"r"', b'"model-a"')
    assert "content-encoding" not in upstream.seen[0].headers


def test_embeddings(service: Service, upstream: Upstream) -> None:
    body = {"object": "list", "data": [{"embedding": [0.1]}], "model": "e", "usage": {"prompt_tokens": 3}}
    upstream.default = answer(body)
    result = service.request("POST", "/v1/embeddings", {"model": "r", "input": "text"})
    assert result.json == body
    assert upstream.seen[0].line == "POST /v1/embeddings HTTP/1.1"
    assert service.records()[0]["operation"] == "embeddings"


def test_a_large_answer_passes_whole(service: Service, upstream: Upstream) -> None:
    body = json.dumps(completion("x" * 5_000_000)).encode()
    upstream.default = answer(body)
    assert service.chat().body == body
    assert service.records()[0]["status"] == 200


def test_a_large_answer_is_counted_all_the_same(service: Service, upstream: Upstream) -> None:
    vectors = [{"object": "embedding", "index": n, "embedding": [0.123456789] * 1536} for n in range(100)]
    usage = {"prompt_tokens": 800, "total_tokens": 800}
    upstream.default = answer({"object": "list", "data": vectors, "model": "e-1", "usage": usage})
    result = service.request("POST", "/v1/embeddings", {"model": "r", "input": ["x"] * 100})
    assert len(result.body) > 1_048_576
    assert int(result.headers["content-length"]) == len(result.body)
    record = service.records()[0]
    assert (record["upstream_model"], record["usage"]) == ("e-1", {"input_tokens": 800})


ODD_ANSWERS = [b'{"model":5}', b'{"choices":[null]}', b'{"choices":[{"finish_reason":0}],"usage":7}']


@pytest.mark.parametrize("body", ODD_ANSWERS)
def test_an_answer_that_the_record_cannot_use_is_still_the_callers(
    service: Service, upstream: Upstream, body: bytes
) -> None:
    upstream.default = answer(body)
    result = service.chat()
    assert (result.status, result.body, result.headers["x-ajar-deployment"]) == (200, body, "a")


NULLED = b'{"choices":[{"finish_reason":"stop","index":0,"message":{"role":"assistant","content":"hi"%b}%b}],"id":"c"}'
LACKING = NULLED % (b"", b"")
COMPLETE = NULLED % (b',"refusal":null', b',"logprobs":null')


@pytest.mark.parametrize(("provider", "wanted"), [("llama.cpp", COMPLETE), ("vllm", LACKING)])
def test_nulls_that_a_deployment_is_known_to_leave_out_are_put_in(
    serve: Callable[..., Service], upstream: Upstream, provider: str, wanted: bytes
) -> None:
    service = serve(_config_of(provider, upstream, bodies="all"))
    upstream.default = answer(LACKING)
    result = service.chat()
    assert (result.body, int(result.headers["content-length"])) == (wanted, len(wanted))
    record = service.records()[0]
    assert (record["status"], record["finish_reason"], record["response"]) == (200, "stop", wanted.decode())


def test_nothing_else_of_such_a_deployment_is_touched(serve: Callable[..., Service], upstream: Upstream) -> None:
    service = serve(_config_of("llama.cpp", upstream))
    large = LACKING.replace(b'"hi"', b'"%b"' % (b"x" * 2_000_000))
    for body, status in ((b'{"choices":[null]}', 200), (LACKING, 400), (large, 200)):
        upstream.default = answer(body, status)
        result = service.chat()
        assert (result.status, result.body) == (status, body)
    upstream.default = answer(LACKING)
    assert service.request("POST", "/v1/embeddings", {"model": "r", "input": "text"}).body == LACKING
    events = [chunk("a"), chunk("b", "stop"), DONE]
    upstream.default = stream(events)
    assert service.chat(stream=True).body == b"".join(events)


def _config_of(provider: str, upstream: Upstream, **route: Any) -> dict[str, Any]:
    made = config(upstream, **route)
    made["deployments"]["a"]["provider"] = provider
    return made


def test_headers_that_connection_names_end_here(service: Service, upstream: Upstream) -> None:
    upstream.default = answer(completion(), connection="x-hop", x_hop="1", openai_organization="acme")
    result = service.chat(headers={"connection": "keep-alive, x-secret", "x-secret": "1", "x-kept": "1"})
    assert "x-secret" not in upstream.seen[0].headers
    assert upstream.seen[0].headers["x-kept"] == "1"
    assert not {"x-hop", "openai-organization"} & result.headers.keys()


def test_events_are_not_delayed(service: Service, upstream: Upstream) -> None:
    upstream.default = stream([chunk("a"), chunk("b"), chunk("c", "stop"), DONE], pause=0.2)
    with service.connect() as caller:
        body = b'{"model":"r","stream":true,"messages":[]}'
        caller.sendall(
            b"POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-length: %d\r\n\r\n" % len(body)
        )
        caller.sendall(body)
        arrived = [caller.recv(65536) for _ in range(4)]
    assert b"".join(arrived).count(b"data: ") == 4
    assert all(piece.count(b"data: ") <= 1 for piece in arrived)


@pytest.mark.parametrize(("end", "whole"), [(b'"}]}', True), (b'"}', True), (b"", False)])
def test_a_large_answer_without_framing_must_end_as_json_does(
    service: Service, upstream: Upstream, end: bytes, whole: bool
) -> None:
    """To the close of the connection: else a cut would look like the end."""
    head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n"
    upstream.default = Reply([head + b'{"data":[{"x":"' + b"0" * 2_000_000, end], close=True)
    request = (
        b"POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: %d\r\n\r\n%b"
    )
    with service.connect() as caller:
        caller.sendall(request % (len(ODD), ODD))
        with caller.makefile("rb") as said:
            assert said.read().endswith(b"0\r\n\r\n") == whole
    (record,) = service.records()
    assert record.get("error") == (None if whole else "upstream_closed")
