"""What a run needs of a suite."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ajar.evals.case import Case
    from ajar.evals.scorer import Scorer


class Suite(Protocol):
    """Cases by their index from 0. They are fetched one by one, so a suite need not hold them."""

    @property
    def name(self) -> str:
        """What people call it."""
        ...

    @property
    def digest(self) -> str:
        """Over all that a model is asked and how it is scored."""
        ...

    @property
    def count(self) -> int:
        """How many cases there are."""
        ...

    def case(self, index: int) -> Case:
        """A case, with its id."""
        ...

    def scorers(self, index: int) -> Mapping[str, Scorer]:
        """How its answers are scored, by check."""
        ...

    def body(self, index: int) -> dict[str, Any]:
        """A Chat Completions body without `model`."""
        ...
