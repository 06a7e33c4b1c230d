"""Streams, counts and errors: what gateways are known to have got wrong (traps 11 to 13 and 20 to 27 of the survey)."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from doubles.upstream import DONE, Reply, Upstream, answer, chunk, completion
from gateway.conftest import config
from gateway.formats import BACKS, FRONTS
from gateway.joined import events, joined
from gateway.replayed import own
from gateway.test_records import wait_for
from gateway.test_replay import ASKED, PATHS, play
from gateway.trap import candidate, chat_chunks, gate, message, named, sse
from wire.openai_responses import oracle

if TYPE_CHECKING:
    from collections.abc import Callable

    from doubles.service import Result, Service
    from gateway.trap import Gate

__all__ = ["gate"]
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"


def ask(gate: Gate, front: str, back: str, headers: Any = None, **fields: Any) -> Result:
    """Whatever front, the plainest request."""
    return gate.service.request("POST", PATHS[front], {"model": back, **ASKED[front], **fields}, headers)


def framed(*pieces: bytes) -> list[bytes]:
    """Each piece a chunk of its own."""
    return [b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces]


def refusing(status: int, body: dict[str, Any], *lines: str) -> Reply:
    """An error answer with these header lines."""
    data = json.dumps(body).encode()
    head = [f"HTTP/1.1 {status} No", "content-type: application/json", f"content-length: {len(data)}", *lines]
    return Reply(["\r\n".join(head).encode() + b"\r\n\r\n" + data])


@pytest.mark.parametrize("back", [back for back in BACKS if back != "openai-responses"])
def test_trap_11_a_responses_stream_lacks_items_or_output(gate: Gate, back: str) -> None:
    """Numbers from 0 on, each item added and done, and all of them in the last event."""
    gate.plays(play(own(back)[1]))
    found = oracle.check_stream(ask(gate, "openai-responses", back, stream=True).body)
    kinds = [item["type"] for item in found[-1]["response"]["output"]]
    assert kinds == ["reasoning", "message", "function_call", "function_call"] or back == "gemini"
    assert [kind for kind in kinds if kind != "reasoning"] == ["message", "function_call", "function_call"]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("front", FRONTS)
def test_trap_12_cache_tokens_are_counted_twice(gate: Gate, front: str, stream: bool) -> None:
    """Anthropic's usage in a stream is cumulative and says the cached tokens twice; its input leaves them out."""
    counts = {"input_tokens": 3, "cache_read_input_tokens": 40, "cache_creation_input_tokens": 5, "output_tokens": 2}
    start = {**message(), "content": [], "stop_reason": None, "usage": {**counts, "output_tokens": 1}}
    changes = [{"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": counts}] * 2
    streamed = named({"type": "message_start", "message": start}, *changes, {"type": "message_stop"})
    gate.plays(streamed if stream else message(**counts))
    fields = {"stream_options": {"include_usage": True}} if stream and front == "openai-chat" else {}
    result = ask(gate, front, "anthropic", stream=stream, **fields)
    usage = (joined(front, result.body) if stream else result.json)["usage"]
    if front == "anthropic":
        assert {name: usage[name] for name in counts} == counts
    else:
        inner = usage.get("prompt_tokens_details") or usage.get("input_tokens_details")
        assert usage.get("prompt_tokens", usage.get("input_tokens")) == 48
        assert (inner["cached_tokens"], inner["cache_write_tokens"]) == (40, 5)
    record = gate.service.records()[-1]["usage"]
    assert (record["input_tokens"], record["cache_read_input_tokens"], record["output_tokens"]) == (48, 40, 2)


@pytest.mark.parametrize("stream", [False, True])
def test_trap_13_geminis_thoughts_are_output_too(gate: Gate, stream: bool) -> None:
    whole = candidate({"text": "yes"}, thoughtsTokenCount=30)
    gate.plays(sse(candidate({"text": "ye"}, finish=None, thoughtsTokenCount=20), whole) if stream else whole)
    for front, name in (("anthropic", "output_tokens"), ("openai-responses", "output_tokens")):
        result = ask(gate, front, "gemini", stream=stream)
        assert (joined(front, result.body) if stream else result.json)["usage"][name] == 32
    record = gate.service.records()[-1]["usage"]
    assert (record["output_tokens"], record["reasoning_output_tokens"]) == (32, 30)


def test_trap_20_beta_header_and_body_out_of_step(gate: Gate) -> None:
    """Both arrive: also where the body is read and written anew, for a signature that is another account's. Where the

    format is another, neither does, and the field is named.
    """
    signed = {"type": "thinking", "thinking": "hm", "signature": "c2lnbmVkIQ=="}
    gate.plays(message(signed, {"type": "text", "text": "yes"}))
    said = gate.messages("vllm-messages").json["content"]
    gate.plays(message({"type": "text", "text": "yes"}))
    turns = [*ASKED["anthropic"]["messages"], {"role": "assistant", "content": said}, {"role": "user", "content": "?"}]
    edits: dict[str, Any] = {"context_management": {"edits": [{"type": "clear_tool_uses_20250919"}]}}
    beta = {"anthropic-beta": "context-management-2025-06-27"}
    for messages in ("hi", turns):
        result = gate.messages("anthropic" if messages == "hi" else "two-claudes", messages, beta, **edits)
        assert result.status == 200
        seen = gate.upstream.seen[-1]
        assert seen.headers["anthropic-beta"] == beta["anthropic-beta"]
        assert seen.json["context_management"] == edits["context_management"]
    assert b"c2lnbmVkIQ==" not in seen.body
    gate.plays(completion())
    lost = gate.messages("openai-chat", "hi", beta, **edits)
    assert "anthropic-beta" not in gate.upstream.seen[-1].headers
    assert "context_management" not in gate.sent
    assert "context_management" in lost.headers["x-ajar-dropped"]


def test_trap_21_the_version_of_the_api(gate: Gate) -> None:
    """The caller's own header where it sends one; Google Cloud has the version in the body."""
    gate.plays(message({"type": "text", "text": "yes"}))
    gate.messages("anthropic", headers={"anthropic-version": "2031-01-01"})
    assert gate.upstream.seen[-1].headers["anthropic-version"] == "2031-01-01"
    gate.chat("anthropic")
    assert gate.upstream.seen[-1].headers["anthropic-version"] == "2023-06-01"
    token = {"access_token": "t", "expires_in": 3600, "token_type": "Bearer"}
    gate.plays(answer(token, metadata_flavor="Google"), message({"type": "text", "text": "yes"}))
    assert gate.messages("vertex").status == 200
    assert gate.sent["anthropic_version"] == "vertex-2023-10-16"
    assert "model" not in gate.sent


def test_trap_22_when_to_try_again_after_a_429(gate: Gate) -> None:
    """What the upstream says of it reaches the caller, wherever it said so. Ajar makes up no time of its own."""
    said = {"type": "error", "error": {"type": "rate_limit_error", "message": "slow"}}
    gate.plays(refusing(429, said, "retry-after: 7", "anthropic-ratelimit-unified-status: rejected"))
    same = gate.messages("anthropic")
    assert (same.status, same.headers["retry-after"]) == (429, "7")
    assert same.headers["anthropic-ratelimit-unified-status"] == "rejected"
    assert gate.chat("anthropic").headers["retry-after"] == "7"
    info = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34.4s"}
    gate.plays(refusing(429, {"error": {"code": 429, "message": "quota", "details": [info]}}))
    result = gate.messages("gemini")
    assert (result.status, result.headers["retry-after"]) == (429, "35")
    assert result.json["error"] == {"type": "rate_limit_error", "message": "quota"}
    gate.plays(refusing(429, said))
    assert "retry-after" not in gate.messages("anthropic").headers


@pytest.mark.parametrize("end", [[DONE], []])
@pytest.mark.parametrize("front", FRONTS)
def test_trap_23_an_error_inside_a_stream_is_swallowed(gate: Gate, front: str, end: list[bytes]) -> None:
    """The caller gets it once, as its format's own error, and no end that looks well; the record says so too."""
    broken = {"error": {"message": "engine died", "type": "server_error", "code": 500}}
    gate.plays([*chat_chunks({"content": "ye"})[:1], *sse(broken), *end])
    result = ask(gate, front, "vllm", stream=True)
    told = [event for event in events(result.body) if event.get("error") or event.get("type") == "error"]
    assert len(told) == 1
    assert "engine died" in json.dumps(told[0])
    assert (events(result.body)[-1].get("type") == "response.failed") == (front == "openai-responses")
    assert b"message_stop" not in result.body
    assert b"response.completed" not in result.body
    assert gate.service.records()[-1]["error"] in ("upstream_error_event", "upstream_failed")


@pytest.mark.parametrize("front", FRONTS)
def test_trap_24_nothing_is_repeated_once_bytes_were_sent(
    serve: Callable[..., Service], upstream: Upstream, second: Upstream, front: str
) -> None:
    """There is no retry in the middle of a stream: the fallback is not asked, and the caller is told."""
    upstream.default = Reply([HEAD, *framed(chunk("Once "), chunk("upon"))], close=True)
    made = config(upstream, second)
    for deployment in made["deployments"].values():
        deployment["format"] = "openai-chat"
    service = serve(made)
    result = service.request("POST", PATHS[front], {"model": "r", "stream": True, **ASKED[front]})
    assert result.status == 200
    text = "".join(
        event.get("delta", "") for event in events(result.body) if "output_text.delta" in event.get("type", "")
    )
    if front == "openai-chat":
        found = [choice["delta"]["content"] for event in events(result.body) for choice in event.get("choices", ())]
        text = "".join(found)
    elif front == "anthropic":
        text = "".join(
            event["delta"]["text"] for event in events(result.body) if event["type"] == "content_block_delta"
        )
    assert text == "Once upon"
    assert b"error" in result.body
    assert (len(upstream.seen), len(second.seen)) == (1, 0)
    assert service.records()[0]["error"] == "upstream_closed"


@pytest.mark.parametrize("back", BACKS)
@pytest.mark.parametrize("stream", [False, True])
def test_trap_25_a_caller_who_leaves_goes_on_costing(gate: Gate, back: str, stream: bool) -> None:
    """The upstream's connection ends at once, before its first byte and in the middle of its stream."""
    whole = play(own(back)[1])
    gate.plays(Reply(whole.pieces[:14] if stream else [], hang_s=5))
    body = json.dumps({"model": back, "stream": stream, **ASKED["anthropic"]}).encode()
    caller = gate.service.connect()
    caller.sendall(b"POST /v1/messages HTTP/1.1\r\nhost: localhost\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body))
    assert wait_for(lambda: gate.upstream.seen)
    if stream:
        assert caller.recv(1)
    caller.close()
    left = time.monotonic()
    assert wait_for(lambda: gate.upstream.hung_up)
    assert gate.upstream.hung_up[0] - left < 0.5
    record = wait_for(gate.service.records)[0]
    assert (record["status"], record["error"]) == (499, "caller_left")


def test_trap_26_keep_alives_as_comments(gate: Gate) -> None:
    """Ajar makes no keep-alives yet. An upstream's comments reach a caller of the same format, and end at a

    translation; so they do not keep a client alive whose timer wants events.
    """
    pieces = [b": wait\n\n", chunk("yes", "stop"), b": wait\n\n", DONE]
    gate.plays(pieces)
    assert ask(gate, "openai-chat", "openai-chat", stream=True).body == b"".join(pieces)
    translated = ask(gate, "openai-responses", "openai-chat", stream=True).body
    assert b": wait" not in translated
    oracle.check_stream(translated)


@pytest.mark.parametrize("front", FRONTS)
def test_trap_27_nothing_is_put_into_an_event(gate: Gate, front: str) -> None:
    """Events that arrive in halves, with a pause between, leave whole or as they came; nothing stands in between."""
    whole = b"".join([*chat_chunks({"content": "ye"}, {"content": "s"}), DONE])
    pieces = [whole[at : at + 37] for at in range(0, len(whole), 37)]
    gate.plays(Reply([HEAD, *framed(*pieces), b"0\r\n\r\n"], pause=0.01))
    result = ask(gate, front, "openai-chat", stream=True)
    if front == "openai-chat":
        assert result.body == whole
    else:
        blocks = result.body.split(b"\n\n")
        assert blocks.pop() == b""
        assert all(json.loads(block.partition(b"\ndata: ")[2]) for block in blocks)
