"""What every scorer is: its options, and how it values an answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import msgspec
from msgspec import Meta

if TYPE_CHECKING:
    from ajar.evals.answer import Answer
    from ajar.evals.case import Case
    from ajar.evals.score import Score

Infer = Callable[[dict[str, Any]], "Awaitable[Answer]"]
"""Sends a Chat Completions body (its `model` is a route) and returns the answer. Raises AjarError."""

Threshold = Annotated[
    float, Meta(gt=0, le=1, description="An answer passes the check where its value is at least this.")
]


class Scorer(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The fields of a subclass are its options in a suite; a subclass lives in `evals/scorers/`, one in each file.

    An answer passes the check where its value is at least `threshold`.
    """

    name: ClassVar[str]
    """What a suite calls it."""
    binary: ClassVar[bool] = True
    """Whether its values are 0 and 1 only."""

    threshold: Threshold = 1.0

    def fault(self, case: Case) -> str | None:  # noqa: ARG002 - most have none
        """Why this case cannot be scored with these options, in words that say how to mend it; None where it can."""
        return None

    def score(self, answer: Answer, case: Case) -> Score:
        """The value of an answer. Never raises, whatever the answer holds."""
        raise NotImplementedError


class Judge(Scorer, frozen=True, kw_only=True):
    """A scorer that asks a model."""

    async def judge(self, answer: Answer, case: Case, infer: Infer) -> Score:
        """The same as `score`, which a judge does not have."""
        raise NotImplementedError
