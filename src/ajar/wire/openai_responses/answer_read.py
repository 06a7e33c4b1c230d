"""A whole answer of a deployment that speaks Responses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import msgspec

from ajar.domain.dialog.answer import Answer, Finish
from ajar.errors import InvalidField, UpstreamGarbage
from ajar.wire.openai_responses.content_read import FORMAT
from ajar.wire.openai_responses.output_read import calls_and_refusal, logprobs_of, read_output
from ajar.wire.openai_responses.stop import finish_of
from ajar.wire.openai_responses.usage import usage_of

if TYPE_CHECKING:
    from ajar.domain.dialog.parts import Rest

_top = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_decode = msgspec.json.Decoder().decode
_N = 0x6E  # the first byte of `null`

_ECHO = frozenset({
    "background", "billing", "completed_at", "conversation", "frequency_penalty", "instructions", "max_output_tokens",
    "max_tool_calls", "metadata", "object", "output_text", "parallel_tool_calls", "presence_penalty",
    "previous_response_id", "prompt", "prompt_cache_key", "prompt_cache_options", "prompt_cache_retention", "reasoning",
    "safety_identifier", "store", "temperature", "text", "tool_choice", "tools", "top_logprobs", "top_p", "truncation",
    "user",
})  # fmt: skip
"""What an answer repeats of the request, and what is for the provider's own accounts."""

_READ = frozenset({"id", "model", "created_at", "status", "output", "usage", "error", "service_tier"})


def read_answer(body: bytes) -> Answer:
    """Read an answer. One that failed, or is not finished, has the finish `error`. Raises UpstreamGarbage."""
    try:
        return _read(_top(body))
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise UpstreamGarbage("the answer is not a JSON object") from None
    except InvalidField as error:
        raise UpstreamGarbage(f"the answer is not in the Responses format: {error.message}") from None
    except RecursionError:
        raise UpstreamGarbage("the answer is nested too deeply") from None


def _read(top: dict[str, msgspec.Raw]) -> Answer:
    error = _value(top, "error") or None
    output = _value(top, "output")
    if type(output) is not list:
        if error is None:
            raise UpstreamGarbage("the answer is not in the Responses format: it has no `output`")
        output = []
    parts = read_output(cast("list[Any]", output))
    calls, refused = calls_and_refusal(parts)
    status = "failed" if error is not None else _text(top, "status")
    finish = finish_of(status, incomplete_reason(_value(top, "incomplete_details")), calls=calls, refused=refused)
    if error is not None:
        finish = Finish("error", "failed", rest={"error": error})
    raw = top.get("usage")
    usage = usage_of(raw) if raw is not None and memoryview(raw)[0] != _N else None
    created = _value(top, "created_at")
    return Answer(
        format=FORMAT,
        parts=parts,
        finish=finish,
        id=_text(top, "id"),
        model=_text(top, "model"),
        created=int(created) if type(created) is int or type(created) is float else None,
        usage=usage,
        usage_raw=None if usage is None or raw is None else bytes(raw).decode(),
        service_tier=_text(top, "service_tier"),
        logprobs=logprobs_of(parts),
        rest=_unknown(top),
    )


def incomplete_reason(details: Any) -> str | None:
    """The reason in `incomplete_details`."""
    if type(details) is not dict:
        return None
    reason = cast("Rest", details).get("reason")
    return reason if type(reason) is str else None


def _value(top: dict[str, msgspec.Raw], name: str) -> Any:
    raw = top.get(name)
    return None if raw is None else _decode(raw)


def _text(top: dict[str, msgspec.Raw], name: str) -> str | None:
    value = _value(top, name)
    return value if type(value) is str else None


def _unknown(top: dict[str, msgspec.Raw]) -> Rest:
    known = _ECHO | _READ | {"incomplete_details"}
    return {name: _decode(raw) for name, raw in top.items() if name not in known and memoryview(raw)[0] != _N}
