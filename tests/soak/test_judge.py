"""The judge, the ledger and the scraper of a soak notice what they are there for."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from faults.upstream import Seen
from soak.clock import Clock
from soak.events import Events
from soak.judge import Judge
from soak.ledger import Ledger
from soak.scraper import Scraper
from soak.tale import Wish
from soak.teller import WELL, Attempt
from soak.visit import Visit

if TYPE_CHECKING:
    from pathlib import Path

WISH = Wish(7, 4, 0.1)


def visit(**fields: Any) -> Visit:
    """A good one, with these differences."""
    usual = {"text": WISH.text, "ending": "clean", "status": 200, "finished": True, "inference": "a", "ended_at": 100.0}
    found = Visit(WISH, "safe-anthropic", "anthropic", True)
    for name, value in {**usual, **fields}.items():
        setattr(found, name, value)
    return found


def judged(
    seen: Visit, act: str = WELL, events: Events | None = None, *, left_at: float | None = 100.0, at: float = 99.0
) -> list[str]:
    """What is wrong with a visit and its one attempt."""
    attempt = Attempt("own-anthropic", act, Seen("/", b"", b"", at, left_at))
    judge = Judge({7: [attempt]}, events or Events(), Clock())
    judge.take(seen)
    judge.settle(200.0)
    assert judge.count == len(judge.problems)
    return judge.problems


def test_a_good_answer_is_good() -> None:
    assert judged(visit()) == []


@pytest.mark.parametrize(
    ("wrong", "act", "words"),
    [
        ({"text": "".join(WISH.parts[:-1])}, "cut in the middle", "text is"),
        ({"text": WISH.text + WISH.parts[-1]}, WELL, "text is"),
        ({"text": WISH.parts[1], "ending": "broken"}, "cut in the middle", "text is"),
        ({"text": "", "ending": "broken"}, "cut in the middle", "could have been asked"),
        ({"text": "", "ending": "error", "status": 502}, "503", "could have been asked"),
        ({"text": WISH.parts[0], "ending": "broken"}, WELL, "no deployment did wrong"),
        ({"ending": "cut"}, "cut in the middle", "no worker died"),
        ({"ending": "hung"}, "stall in the middle", "hung"),
        ({"ending": "error", "unrecorded": True}, WELL, "the disk had room"),
    ],
)
def test_what_no_caller_may_see(wrong: dict[str, Any], act: str, words: str) -> None:
    (problem,) = judged(visit(**wrong), act)
    assert words in problem
    assert "question 7" in problem


def test_what_has_a_cause_may_be_seen() -> None:
    assert judged(visit(ending="broken", text=WISH.parts[0]), "cut in the middle") == []
    assert judged(visit(ending="error", text="", status=400), "400") == []
    assert judged(visit(ending="cut"), events=Events(worker_kills=[99.9])) == []
    assert judged(visit(ending="error", unrecorded=True), events=Events(full=[(90.0, 99.5)])) == []


def test_an_attempt_that_outlives_its_caller() -> None:
    gone = visit(ending="left", finished=False)
    assert judged(gone, left_at=100.24) == []
    (problem,) = judged(gone, left_at=100.26)
    assert "ended 260 ms later" in problem
    (problem,) = judged(gone, left_at=None)
    assert "still runs" in problem
    (problem,) = judged(gone, at=100.5, left_at=100.51)
    assert "begun 500 ms after" in problem
    assert judged(gone, at=100.5, left_at=100.51, events=Events(worker_kills=[99.0])) == []


def rows(folder: Path, *records: tuple[str, int, str | None]) -> Ledger:
    path = folder / "records"
    lines = [
        {"id": name, "status": status, "error": error, "route": "safe-anthropic"} for name, status, error in records
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return Ledger(path)


def test_every_finished_answer_has_its_one_record(tmp_path: Path) -> None:
    def wrong(seen: Visit, *records: tuple[str, int, str | None]) -> list[str]:
        problems: list[str] = []
        assert rows(tmp_path, *records).audit([seen], problems.append) == 1
        return problems

    assert wrong(visit(), ("a", 200, None)) == []
    assert "has no record" in wrong(visit())[0]
    assert "stands twice" in wrong(visit(), ("a", 200, None), ("a", 200, None))[0]
    assert "the record says 499" in wrong(visit(), ("a", 499, "caller_left"))[0]
    assert "the record says 200" in wrong(visit(ending="broken"), ("a", 200, None))[0]
    assert wrong(visit(ending="broken"), ("a", 200, "upstream_closed")) == []
    assert wrong(visit(ending="error", unrecorded=True)) == []


def test_a_counter_that_falls_is_noticed_and_a_gauge_may() -> None:
    problems: list[str] = []
    scraper = Scraper(0, problems.append)
    page = "# TYPE a_total counter\na_total {}\n# TYPE g gauge\ng {}\n# TYPE h histogram\nh_count {}\n"
    scraper.take(page.format(3, 3, 3))
    scraper.take(page.format(3, 2, 4))
    assert problems == []
    scraper.take(page.format(2, 2, 3))
    scraper.take("")
    assert len(problems) == 4
    assert problems[0] == "a counter fell: a_total from 3 to 2"
