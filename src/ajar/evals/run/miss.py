"""An attempt that gave no answer: what it was, and whether another one may help."""

from __future__ import annotations

from time import time
from typing import TYPE_CHECKING, Literal, TypeAlias

import msgspec

from ajar.evals.sample import Failure
from ajar.upstream.retry import after_refusal
from ajar.upstream.retry_after import retry_after
from ajar.wire.openai_chat.error import read_error

if TYPE_CHECKING:
    from collections.abc import Callable

Load: TypeAlias = Literal["none", "overload", "unreachable"]
"""What the attempt says of the target as a whole."""

OVERLOAD = frozenset({429, 503, 529})
"""Statuses that say: too much at once."""

_REPEATED = frozenset({408, 429, *range(500, 600)})
_NEVER = frozenset({400, 401, 403, 404, 422})
_LONGEST = 500


class Miss(msgspec.Struct, frozen=True):
    """`again`: the same request may be answered later. `told` is how many seconds the target asks to wait first."""

    failure: Failure
    again: bool = False
    told: float | None = None
    load: Load = "none"
    unknown_model: bool = False


def missed(code: str, message: str, *, again: bool = False, load: Load = "none") -> Miss:
    """Nothing came that has a status of its own."""
    return Miss(Failure(code, shortened(message)), again, None, load)


def refused(status: int, header: Callable[[bytes], bytes | None], body: bytes) -> Miss:
    """The target answered with this status, which is not a success. `header` gives a header's value by its name."""
    code = f"upstream_{status}"
    if status < 400:
        where = (header(b"location") or b"elsewhere").decode("latin-1")
        return Miss(Failure(code, shortened(f"redirected to {where}: give that as the base URL"), status))
    error = read_error(status, body)
    told = retry_after(header, time())
    if told is None:
        told = error.retry_after
    again = status not in _NEVER and after_refusal(_REPEATED, status, header, error) == "again"
    message = error.message or body[:_LONGEST].decode("utf-8", "replace")
    return Miss(
        Failure(code, shortened(message), status),
        again,
        told,
        "overload" if status in OVERLOAD else "none",
        unknown_model=status == 404 and "model_not_found" in (error.code, error.type),
    )


def shortened(text: str) -> str:
    """A message as one line that fits a report."""
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"
