"""How a caller wrote what this format lets one write in several ways.

The typed form holds what was meant. These subclasses add what a writer of this same format needs to say it again in
the same words; to every other writer they are the plain classes.
"""

from __future__ import annotations

from ajar.domain.dialog.parts import Rest  # noqa: TC001 - msgspec reads the annotations of its classes
from ajar.domain.dialog.request import ChatRequest, Message

AS_REASONING_CONTENT = 1
AS_REASONING = 2


class SpeltMessage(Message, gc=False):
    """A message with a spelling of its own.

    `listed`: the content was a list of parts though a string would do; in a tool turn, bit n is for result n.
    `plain` holds the names under which the thoughts stood as plain text, as bits. `details` holds what was left of
    each element of `reasoning_details`; None where there were none. `indexed`: its calls had the numbers of a stream,
    which clients that put one together leave on them.
    """

    listed: int = 0
    plain: int = 0
    details: list[Rest] | None = None
    indexed: bool = False


class SpeltRequest(ChatRequest, gc=False, kw_only=True):
    """A request with its spelling.

    `spelt` holds: `max_tokens` (the old name), `stop_text` (one string, no list), `stream` (an explicit false),
    `tools` (an empty list), `reasoning` and `thinking` (options for reasoning in an object of that name).
    `stream_options` is what was left of that object; None where there was none.
    """

    spelt: frozenset[str] = frozenset()
    stream_options: Rest | None = None
