"""The judge, the ledger and the scraper of a soak notice what they are there for."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from faults.caller import Heard
from faults.upstream import Seen
from soak.clock import Clock
from soak.deaths import unexplained
from soak.events import Events
from soak.judge import Judge
from soak.ledger import Ledger
from soak.scraper import Scraper
from soak.tale import WORD, Wish
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


class Late(Clock):
    """A machine that lost so many seconds between whatever is asked."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self._seconds = seconds

    def late(self, since: float, until: float) -> float:
        return self._seconds


def judged(
    seen: Visit,
    act: str = WELL,
    events: Events | None = None,
    *,
    left_at: float | None = 100.0,
    at: float = 99.0,
    late_s: float = 0.0,
) -> list[str]:
    """What is wrong with a visit and its one attempt."""
    attempt = Attempt("own-anthropic", act, Seen("/", b"", b"", at, left_at))
    judge = Judge({7: [attempt]}, events or Events(), Late(late_s))
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
        ({"ending": "cut", "finished": False}, "cut in the middle", "no worker died"),
        ({"ending": "cut"}, WELL, "without the end of its format"),
        ({"ending": "incomplete"}, WELL, "length limit"),
        ({"ending": "incomplete", "route": "runtime", "text": WORD}, WELL, "length limit"),
        ({"text": f"{WORD}8.0 ", "route": "runtime"}, WELL, "text is"),
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
    assert judged(visit(ending="cut", finished=False), events=Events(worker_kills=[99.9])) == []
    assert judged(visit(ending="error", unrecorded=True), events=Events(full=[(90.0, 99.5)])) == []


def test_a_full_disk_is_felt_longer_on_a_machine_that_is_late() -> None:
    refused = visit(ending="error", unrecorded=True)
    events = Events(full=[(90.0, refused.asked_at - 1.5)])
    assert judged(refused, events=events, late_s=0.6) == []
    (problem,) = judged(refused, events=events, late_s=0.4)
    assert "the disk had room" in problem
    assert judged(refused, events=Events(full=[(refused.ended_at + 0.1, 120.0)]), late_s=9.0)


def test_a_kill_is_seen_later_on_a_machine_that_is_late() -> None:
    cut, events = visit(ending="cut", finished=False), Events(worker_kills=[97.9])
    assert judged(cut, events=events, late_s=1.2) == []
    (problem,) = judged(cut, events=events, late_s=1.0)
    assert "no worker died" in problem
    (problem,) = judged(cut, events=Events(worker_kills=[100.1]), late_s=9.0)
    assert "no worker died" in problem


def test_a_model_says_what_it_likes() -> None:
    for ending in ("clean", "incomplete"):
        assert judged(visit(ending=ending, route="runtime", text='{"product": "tale 26588888888888888888')) == []


def test_a_stream_of_responses_may_end_at_its_length_limit() -> None:
    said = b'event: response.output_text.delta\ndata: {"type":"response.output_text.delta","delta":"{666"}\n\n'
    end = b'event: response.incomplete\ndata: {"type":"response.incomplete","response":{"output":[]}}\n\n'

    def ending(body: bytes, *, whole: bool) -> str:
        seen = Visit(WISH, "runtime", "openai-responses", True)
        seen.take(Heard(200, {"content-type": "text/event-stream"}, [(1.0, body)], whole, size=len(body)), None)
        return seen.ending

    assert ending(said + end, whole=True) == "incomplete"
    assert ending(said + end, whole=False) == "cut"
    assert ending(said, whole=True) == "cut"


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
        assert rows(tmp_path, *records).audit([seen], full, problems.append) == 1
        return problems

    full = Events(full=[(90.0, 95.0)])

    assert wrong(visit(), ("a", 200, None)) == []
    assert "has no record" in wrong(visit())[0]
    assert "stands twice" in wrong(visit(), ("a", 200, None), ("a", 200, None))[0]
    assert "the record says 499" in wrong(visit(), ("a", 499, "caller_left"))[0]
    assert "the record says 200" in wrong(visit(ending="broken"), ("a", 200, None))[0]
    assert wrong(visit(ending="broken"), ("a", 200, "upstream_closed")) == []
    assert wrong(visit(ending="error", unrecorded=True)) == []
    assert wrong(visit(ending="incomplete"), ("a", 200, None)) == []


def test_a_stream_that_told_its_failure_while_the_disk_was_full_needs_no_record(tmp_path: Path) -> None:
    def wrong(seen: Visit) -> list[str]:
        problems: list[str] = []
        rows(tmp_path).audit([seen], Events(full=[(90.0, 100.0)]), problems.append)
        return problems

    assert wrong(visit(ending="broken")) == []
    assert "has no record" in wrong(visit(ending="broken", ended_at=102.0))[0]
    assert "has no record" in wrong(visit())[0]


def test_an_answer_that_was_cut_may_have_any_record(tmp_path: Path) -> None:
    problems: list[str] = []
    seen = visit(ending="cut", finished=False)
    assert rows(tmp_path, ("a", 200, None)).audit([seen], Events(), problems.append) == 0
    assert problems == []


def test_a_worker_that_was_killed_does_not_hide_how_late_this_program_was() -> None:
    rivals = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(3)]

    async def main() -> float:
        async with Clock(lambda: [rival.pid for rival in rivals]) as clock:
            await asyncio.sleep(1)
            for rival in rivals:
                rival.kill()
                rival.wait()
            began = time.monotonic()
            time.sleep(0.3)  # to be late is the point
            await asyncio.sleep(0.1)
            return clock.late(began, began + 0.3)

    try:
        for rival in rivals:
            os.sched_setaffinity(rival.pid, {min(os.sched_getaffinity(0))})
        assert asyncio.run(main()) > 0.25
    finally:
        for rival in rivals:
            rival.kill()
            rival.wait()


def test_a_process_that_nobody_killed() -> None:
    log = """
2026-07-30T10:00:00Z worker 0 was ended by SIGKILL; it starts again in 0.1 s
2026-07-30T10:00:01Z runtime runtime was ended by SIGKILL; it starts again in 0.1 s
2026-07-30T10:00:02Z worker 1 was ended by SIGKILL; it starts again in 0.1 s
"""
    killed = Events(worker_kills=[1.0, 2.0], runtime_kills=[1.5])
    assert list(unexplained(log, killed)) == []
    assert list(unexplained(log, Events(worker_kills=[1.0], runtime_kills=[1.5]))) == [
        "2 times a worker was ended by SIGKILL, and 1 were killed here"
    ]
    more = "2026-07-30T10:00:03Z steward ended with exit code 1; it starts again in 0.1 s\n"
    assert list(unexplained(log + more, killed)) == ["a steward ended with exit code 1, which nobody did"]


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
