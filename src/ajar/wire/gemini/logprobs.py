"""How likely each token was: `logprobsResult`, and OpenAI's `logprobs.content`."""

from __future__ import annotations

from typing import Any

import msgspec


class _Token(msgspec.Struct, rename="camel", gc=False):
    token: str = ""
    log_probability: float = 0.0


class _Top(msgspec.Struct, gc=False):
    candidates: list[_Token] = []


class _Result(msgspec.Struct, rename="camel", gc=False):
    chosen_candidates: list[_Token] = []
    top_candidates: list[_Top] = []


_decode = msgspec.json.Decoder(_Result).decode


def logprobs_of(raw: msgspec.Raw) -> list[dict[str, Any]] | None:
    """The list of tokens; None where there is none, or not in this shape."""
    if not raw:
        return None
    try:
        result = _decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    tops = result.top_candidates
    return [
        _entry(token) | {"top_logprobs": [_entry(each) for each in tops[at].candidates] if at < len(tops) else []}
        for at, token in enumerate(result.chosen_candidates)
    ]


def _entry(token: _Token) -> dict[str, Any]:
    return {"token": token.token, "logprob": token.log_probability, "bytes": None}


def logprobs_result(content: Any) -> dict[str, Any] | None:
    """The way back; None where the list is not OpenAI's."""
    try:
        result: dict[str, Any] = {"chosenCandidates": [_token(each) for each in content]}
        tops = [[_token(top) for top in each.get("top_logprobs") or ()] for each in content]
    except (TypeError, KeyError, AttributeError):
        return None
    if any(tops):
        result["topCandidates"] = [{"candidates": each} for each in tops]
    return result


def _token(entry: dict[str, Any]) -> dict[str, Any]:
    return {"token": entry["token"], "logProbability": entry["logprob"]}
