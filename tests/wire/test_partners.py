"""Which calls are cut where some of their blocks stay behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ajar.wire.partners import Tie, cut_calls

if TYPE_CHECKING:
    from collections.abc import Iterator


def test_a_call_is_cut_with_all_that_was_done_on_its_behalf() -> None:
    ties = [
        Tie("program", None, True),
        Tie("search", "program", True),
        Tie("page", "search", True),
        Tie("search", "program", True),
        Tie("program", None, False),
        Tie("other", None, True),
        Tie(None, None, False),
        Tie(None, "program", True),
    ]
    assert cut_calls(ties) == {"program", "search", "page"}


def test_what_is_done_on_its_behalf_does_not_cut_a_call() -> None:
    assert cut_calls([Tie("program", None, True), Tie("search", "program", False)]) == {"search"}
    assert cut_calls([]) == frozenset()


class _Chain(list[Tie]):
    """Counts how often it is gone through."""

    walks = 0

    def __iter__(self) -> Iterator[Tie]:
        self.walks += 1
        return super().__iter__()


def test_a_long_chain_is_not_gone_through_for_each_of_its_calls() -> None:
    ties = _Chain(Tie(f"c{number}", f"c{number - 1}", True) for number in range(1, 500))
    ties.append(Tie("c0", None, False))
    assert len(cut_calls(ties)) == 500
    assert ties.walks <= 2


def test_calls_in_a_ring() -> None:
    assert cut_calls([Tie("a", "b", False), Tie("b", "a", True), Tie("c", "c", True)]) == {"a", "b"}
