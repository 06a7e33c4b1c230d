"""A model's thoughts on a message: as plain text, and in `reasoning_details`.

Chat Completions has no official place for them. `reasoning_content` (DeepSeek) and `reasoning` (vLLM, OpenRouter) hold
text; OpenRouter's `reasoning_details` holds what must go back: a list of `reasoning.text` with a `signature`,
`reasoning.summary`, and `reasoning.encrypted` with `data`
(https://openrouter.ai/docs/use-cases/reasoning-tokens, 2026-11).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, cast

from ajar.domain.dialog.parts import Part, Reasoning
from ajar.wire.openai_chat.spelling import AS_REASONING, AS_REASONING_CONTENT

if TYPE_CHECKING:
    from collections.abc import Callable

    from ajar.domain.dialog.parts import Rest

PLAIN = ((AS_REASONING_CONTENT, "reasoning_content"), (AS_REASONING, "reasoning"))


class Thoughts(NamedTuple):
    """The reasoning of a message, and its spelling. `indices` are the places that the details claim."""

    parts: list[Reasoning]
    plain: int = 0
    details: list[Rest] | None = None
    indices: list[int] | None = None


def take_thoughts(message: dict[str, Any]) -> Thoughts:
    """Take the reasoning out of a message. What does not fit together, or is of another type, stays in it."""
    thoughts = Thoughts([])
    if "reasoning_details" in message:
        found = read_details(message["reasoning_details"])
        if found is not None:
            thoughts = found
            del message["reasoning_details"]
    plain = 0
    parts = thoughts.parts
    for bit, name in PLAIN:
        text = message.get(name)
        if type(text) is not str:
            continue
        if not parts:
            parts = [Reasoning(text)]
        elif text != text_of(parts):
            continue
        del message[name]
        plain |= bit
    return thoughts._replace(parts=parts, plain=plain)


def read_details(details: Any) -> Thoughts | None:
    """The parts that a `reasoning_details` list holds; None where it holds anything else, or nothing."""
    if type(details) is not list or not details:
        return None
    parts: list[Reasoning] = []
    left: list[Rest] = []
    indices: list[int] = []
    for detail in cast("list[Any]", details):
        part = read_detail(detail)
        if part is None:
            return None
        known = _SIGNED if part.opaque is not None and not part.redacted and part.id is None else _KNOWN
        rest: Rest = {key: value for key, value in detail.items() if value is None or key not in known}
        if _completes(parts, part, left, rest):
            last = parts[-1]
            parts[-1] = Reasoning(last.text, part.opaque, id=last.id, summary=last.summary)
        else:
            parts.append(part)
            index = rest.get("index")
            indices.append(index if type(index) is int else 0)
        left.append(rest)
    return Thoughts(parts, 0, left, indices)


_SIGNED = frozenset({"type", "text", "signature"})
_KNOWN = frozenset({"type", "text", "summary", "data", "id"})
"""What a part holds of its detail. A part with an `id` is never written with a `signature`, so that one stays."""


def read_detail(detail: Any) -> Reasoning | None:
    """One detail as a part; None where it is no such thing."""
    if type(detail) is not dict:
        return None
    detail = cast("dict[str, Any]", detail)
    kind, name = detail.get("type"), detail.get("id")
    if name is not None and type(name) is not str:
        return None
    if kind == "reasoning.encrypted":
        data = detail.get("data")
        return Reasoning(opaque=data, redacted=name is None, id=name) if type(data) is str else None
    summary = kind == "reasoning.summary"
    if not summary and kind != "reasoning.text":
        return None
    text, signature = detail.get("summary" if summary else "text"), None if summary else detail.get("signature")
    if not (text is None or type(text) is str) or not (signature is None or type(signature) is str):
        return None
    return Reasoning(text or "", signature, id=None if signature is not None else name, summary=summary)


def _completes(parts: list[Reasoning], part: Reasoning, left: list[Rest], rest: Rest) -> bool:
    """Whether an encrypted detail is the other half of the text before it."""
    if not parts or part.id is None or part.opaque is None or part.text or part.summary:
        return False
    last = parts[-1]
    return last.id == part.id and last.opaque is None and not last.redacted and left[-1] == rest


def text_of(parts: list[Reasoning]) -> str:
    """All the plain text."""
    return parts[0].text if len(parts) == 1 else "".join([part.text for part in parts])


def details_of(
    parts: list[Reasoning], keeps: Callable[[str], bool], left: list[Rest] | None = None
) -> tuple[list[Rest], bool]:
    """`reasoning_details` for these parts, without opaque values that are not kept; and whether there were any.

    Text that had a signature goes with it: its issuer would refuse it alone. `left` is from `SpeltMessage.details`.
    """
    pairs = [(detail, part) for part in parts for detail in _details(part)]
    details: list[Rest] = []
    stripped = False
    for at, (detail, part) in enumerate(pairs):
        if part.opaque is not None and not keeps(part.opaque):
            stripped = True
            continue
        if left is not None and len(left) == len(pairs):
            detail.update(left[at])
        details.append(detail)
    return details, stripped


def _details(part: Reasoning) -> list[Rest]:
    if part.redacted:
        detail: Rest = {"type": "reasoning.encrypted", "data": part.opaque}
        if part.id is not None:
            detail["id"] = part.id
        return [detail]
    name: Rest = {} if part.id is None else {"id": part.id}
    if part.id is None and not part.summary:
        detail = {"type": "reasoning.text", "text": part.text}
        if part.opaque is not None:
            detail["signature"] = part.opaque
        return [detail]
    details: list[Rest] = []
    if part.text or part.opaque is None:
        kind, field = ("reasoning.summary", "summary") if part.summary else ("reasoning.text", "text")
        details.append({"type": kind, field: part.text, **name})
    if part.opaque is not None:
        details.append({"type": "reasoning.encrypted", "data": part.opaque, **name})
    return details


def placed(thoughts: Thoughts, others: list[Part]) -> list[Part]:
    """Thoughts and other parts in one list: thoughts where their indices say, if those rise, else first.

    Ajar's own details say at which place of the answer they stood: between the calls of a model that thinks on
    between its calls, they must go back to that place.
    """
    indices = thoughts.indices
    if not indices or indices[-1] == 0 or indices != sorted(set(indices)):
        return [*thoughts.parts, *others]
    parts = others[:]
    for index, part in zip(indices, thoughts.parts, strict=True):
        parts.insert(index, part)
    return parts
