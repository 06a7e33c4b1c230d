"""Which calls are cut where some of their blocks stay behind."""

from __future__ import annotations

from ajar.wire.partners import Tie, cut_calls


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
