"""Whole runs against a real server on loopback."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import subprocess
import sys
import threading
import time
import tracemalloc
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ajar.errors import JournalError, StateError
from ajar.evals.run import runner
from ajar.evals.run.cache import Cache
from ajar.evals.run.journal import Journal
from ajar.evals.run.options import RunOptions
from evals.run.chat import Chat, Said, completion, digest, error, honest
from evals.run.small import Small, arms, begin, run, samples, target

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ajar.evals.run.watch import Progress
    from ajar.evals.sample import Sample
    from evals.run.chat import Asked


@pytest.fixture
def chat() -> Iterator[Chat]:
    with Chat() as server:
        yield server


def number(asked: Asked) -> int:
    return int(asked.text.split()[-1])


def keys(found: Iterator[Sample] | list[Sample]) -> Counter[tuple[int, str, int]]:
    return Counter((sample.case, sample.arm, sample.repeat) for sample in found)


def test_every_question_is_put_scored_and_kept(chat: Chat, tmp_path: Path) -> None:
    looked: list[Progress] = []
    end = run(tmp_path / "j", Small(30), arms(chat.url, both=True), RunOptions(repeats=2), watch=looked.append)
    found = list(samples(tmp_path / "j"))
    assert end.finished
    assert keys(found) == {(c, arm, r): 1 for c in range(30) for arm in ("candidate", "baseline") for r in (0, 1)}
    for sample in found:
        assert sample.answer is not None
        assert sample.answer.text == digest(f"question {sample.case}")
        assert sample.scores["same"].value == 1
        assert (sample.id, sample.attempts) == (f"c{sample.case}", 1)
        assert sample.answer.cost_usd is not None
    assert (end.counts.total, end.counts.done, end.counts.added) == (120, 120, 120)
    assert end.counts.cost_usd == pytest.approx(sum(s.answer.cost_usd or 0 for s in found if s.answer))
    assert (looked[0].done, looked[-1].done, looked[-1].running) == (0, 120, 0)
    assert looked[-1].rate
    assert looked[-1].seconds_left == 0
    assert set(looked[-1].limits) == {"new", "old"}


def test_both_arms_of_a_case_are_asked_right_after_each_other_in_an_order_drawn_from_the_seed(
    chat: Chat, tmp_path: Path
) -> None:
    def asked(path: str, seed: int) -> list[tuple[str, str]]:
        chat.seen.clear()
        run(tmp_path / path, Small(40), arms(chat.url, both=True), RunOptions(seed=seed, max_concurrency=1))
        return [(one.text, one.body["model"]) for one in chat.seen]

    first = asked("a", 1)
    for (text, model), (other_text, other_model) in zip(first[::2], first[1::2], strict=True):
        assert text == other_text
        assert {model, other_model} == {"new", "old"}
    assert 5 < sum(model == "new" for _, model in first[::2]) < 35
    assert [text for text, _ in first[::2]] != [f"question {case}" for case in range(40)]
    assert asked("b", 1) == first
    assert asked("c", 2) != first


def test_no_more_are_on_their_way_than_were_allowed_for_all_targets_together(chat: Chat, tmp_path: Path) -> None:
    chat.script = lambda asked: Said(body=completion("x"), delay_s=0.005)
    run(tmp_path / "j", Small(60), arms(chat.url, both=True), RunOptions(max_concurrency=3))
    assert chat.most == 3


def test_it_begins_with_eight_at_once_and_grows_to_the_most(chat: Chat, tmp_path: Path) -> None:
    chat.script = lambda asked: Said(body=completion("x"), delay_s=0.01)
    run(tmp_path / "j", Small(600), arms(chat.url), RunOptions(max_concurrency=20))
    assert max(one.running for one in chat.seen[:8]) == 8
    assert 12 < chat.most <= 20


@pytest.mark.parametrize("most", [2, 6, 15])
def test_a_target_that_answers_so_many_at_once_refuses_few(chat: Chat, tmp_path: Path, most: int) -> None:
    def script(asked: Asked) -> Said:
        if asked.running > most:
            return error(429, "too many at once")
        return Said(body=completion(digest(asked.text)), delay_s=0.01)

    chat.script = script
    end = run(tmp_path / "j", Small(100 * most), arms(chat.url))
    assert end.finished
    assert end.counts.errors["candidate"] == {}
    late = chat.seen[len(chat.seen) // 3 :]
    assert sum(one.running > most for one in late) / len(late) < 0.03


def test_a_target_that_answers_so_many_a_second_is_obeyed(chat: Chat, tmp_path: Path) -> None:
    refused: list[tuple[float, float]] = []
    window = [time.monotonic(), 0.0]

    def script(asked: Asked) -> Said:
        now = time.monotonic()
        if now - window[0] >= 0.5:
            window[:] = [now, 0]
        window[1] += 1
        if window[1] <= 25:
            return honest(asked)
        wait = window[0] + 0.5 - now
        refused.append((now, now + wait))
        return error(429, "slow down", retry_after_ms=round(1000 * wait))

    chat.script = script
    end = run(tmp_path / "j", Small(250), arms(chat.url))
    assert end.finished
    assert end.counts.errors["candidate"] == {}
    # Once it has asked for a wait, nothing comes but what was on its way.
    times = sorted(one.at for one in chat.seen)
    assert not [at for at in times for told, until in refused if told + 0.05 < at < until - 0.02]
    half = times[len(times) // 2]
    assert sum(told >= half for told, _ in refused) < 0.05 * len(times) / 2


def test_one_that_always_fails_ends_the_run_in_bounded_time_and_number(chat: Chat, tmp_path: Path) -> None:
    chat.script = lambda asked: error(500, "out of order")
    began = time.monotonic()
    end = run(tmp_path / "j", Small(5000), arms(chat.url), RunOptions(retries=2))
    assert not end.finished
    assert "10 times in a row (upstream_500: out of order)" in end.why
    assert "whoever runs it must mend that" in end.why
    assert chat.count <= (2 * 8 + 10) * 3
    assert time.monotonic() - began < 12
    # What ended the run says nothing about its cases: all of them are asked when it goes on.
    assert list(samples(tmp_path / "j")) == []
    chat.script = honest
    end = run(tmp_path / "j", Small(5000), arms(chat.url), RunOptions(retries=2))
    assert end.finished
    assert (end.counts.done, end.counts.errors["candidate"]) == (5000, {})


def one_in_seven(asked: Asked) -> Said:
    return error(500, "not this one") if number(asked) % 7 == 0 else honest(asked)


def test_however_many_cases_always_fail_the_run_comes_to_its_end(chat: Chat, tmp_path: Path) -> None:
    chat.script = one_in_seven
    two, options = arms(chat.url, both=True), RunOptions(retries=1)
    end = run(tmp_path / "j", Small(200), two, options)
    assert end.finished, end.why
    assert end.counts.errors == {"candidate": {"upstream_500": 29}, "baseline": {"upstream_500": 29}}
    # Nothing else is left now: what shows that the models are there is a case that they have answered.
    again = run(tmp_path / "j", Small(200), two, RunOptions(retries=1, retry_errors=True))
    assert again.finished, again.why
    assert (again.counts.added, again.counts.errors) == (58, end.counts.errors)


@pytest.mark.parametrize("last", [60, 72])
def test_errors_of_a_target_that_went_away_at_the_end_are_not_kept(chat: Chat, tmp_path: Path, last: int) -> None:
    def script(asked: Asked) -> Said:
        said = honest(asked) if asked.number < last else error(500, "gone")
        said.delay_s = 0.05
        return said

    chat.script = script
    end = run(tmp_path / "j", Small(90), arms(chat.url), RunOptions(retries=0))
    assert not end.finished
    assert "times in a row (upstream_500: gone)" in end.why
    assert not [sample for sample in samples(tmp_path / "j") if sample.error]
    chat.script = honest
    assert run(tmp_path / "j", Small(90), arms(chat.url)).counts.errors["candidate"] == {}


def test_errors_of_single_cases_are_data_and_are_asked_again_only_where_that_is_wanted(
    chat: Chat, tmp_path: Path
) -> None:
    def script(asked: Asked) -> Said:
        if number(asked) % 5 == 0:
            return error(500, "not this one")
        return error(400, "nor this") if number(asked) % 5 == 1 else honest(asked)

    chat.script = script
    options = RunOptions(retries=1, breaker=0)
    end = run(tmp_path / "j", Small(20), arms(chat.url), options)
    assert end.finished
    assert end.counts.errors["candidate"] == {"upstream_500": 4, "upstream_400": 4}
    for sample in samples(tmp_path / "j"):
        assert sample.attempts == (2 if sample.case % 5 == 0 else 1)
        assert (sample.answer is None) == (sample.error is not None) == (sample.case % 5 < 2)
    chat.seen.clear()
    assert run(tmp_path / "j", Small(20), arms(chat.url), options).finished
    assert chat.seen == []
    chat.script = honest
    end = run(tmp_path / "j", Small(20), arms(chat.url), RunOptions(retry_errors=True))
    assert (end.counts.added, end.counts.errors["candidate"]) == (8, {})
    assert sorted(number(one) for one in chat.seen) == [0, 1, 5, 6, 10, 11, 15, 16]
    assert set(keys(samples(tmp_path / "j")).values()) == {1}


@pytest.mark.parametrize(
    ("refusal", "most", "helps"),
    [
        (error(401, "bad key"), 16, "give a key that it accepts"),
        (error(404, "no such model", code="model_not_found"), 16, "model's name"),
        (error(403, "not yours"), 20, "ask whoever runs it"),
        (error(429, "tomorrow", retry_after=86400), 16, "asks to wait for 86400 s"),
        (error(429, "no money", code="insufficient_quota"), 25, "have it raised"),
        (Said(body=b"<html>"), 25, "does not speak Chat Completions"),
        (Said(301, headers={"location": "/x"}), 25, "redirected to /x"),
    ],
)
def test_what_no_repeat_can_mend_ends_the_run_soon(
    chat: Chat, tmp_path: Path, refusal: Said, most: int, helps: str
) -> None:
    chat.script = lambda asked: refusal
    end = run(tmp_path / "j", Small(500), arms(chat.url))
    assert not end.finished
    assert helps in end.why
    assert chat.count <= most
    assert end.counts.done == 0


def test_no_repeat_means_none(chat: Chat, tmp_path: Path) -> None:
    chat.script = lambda asked: error(500)
    run(tmp_path / "j", Small(30), arms(chat.url), RunOptions(retries=0, breaker=0))
    assert Counter(number(one) for one in chat.seen) == dict.fromkeys(range(30), 1)


@pytest.mark.parametrize("fault", [Said(body=completion("x"), cut=30), error(503, retry_after_ms=20), error(408)])
def test_what_passes_leaves_no_trace_but_the_attempts(chat: Chat, tmp_path: Path, fault: Said) -> None:
    met: set[str] = set()

    def script(asked: Asked) -> Said:
        if asked.text in met:
            return honest(asked)
        met.add(asked.text)
        return fault

    chat.script = script
    end = run(tmp_path / "j", Small(8), arms(chat.url))
    assert end.finished
    for sample in samples(tmp_path / "j"):
        assert sample.answer is not None
        assert sample.answer.text == digest(f"question {sample.case}")
        assert sample.attempts == 2


def test_a_target_that_goes_away_for_a_while_is_waited_for(chat: Chat, tmp_path: Path) -> None:
    def pause(progress: Progress) -> None:
        if progress.done and not gone:
            gone.append(True)
            chat.stop()
            threading.Timer(1.5, chat.start).start()

    gone: list[bool] = []
    chat.script = lambda asked: Said(body=completion(digest(asked.text)), delay_s=0.02)
    end = run(tmp_path / "j", Small(400), arms(chat.url), RunOptions(max_concurrency=8), watch=pause)
    assert gone
    assert end.finished
    assert end.counts.errors["candidate"] == {}


def test_one_that_was_never_there_is_not(tmp_path: Path) -> None:
    with Chat() as chat:
        url = chat.url
    began = time.monotonic()
    end = run(tmp_path / "j", Small(400), arms(url), RunOptions(retries=1))
    assert "connect_failed" in end.why
    assert "start it, or see to the base URL" in end.why
    assert time.monotonic() - began < 8


@pytest.mark.parametrize(("sent", "name"), [(signal.SIGINT, "Ctrl-C"), (signal.SIGTERM, "SIGTERM")])
def test_a_signal_ends_the_run_cleanly_and_it_can_go_on(
    chat: Chat, tmp_path: Path, sent: signal.Signals, name: str
) -> None:
    def script(asked: Asked) -> Said:
        return Said(body=completion(digest(asked.text)), delay_s=60 if number(asked) % 4 == 0 else 0)

    def look(progress: Progress) -> None:
        if progress.done >= 20 and not told:
            told.append(True)
            os.kill(os.getpid(), sent)

    told: list[bool] = []

    chat.script = script
    before = signal.getsignal(sent)
    end = run(tmp_path / "j", Small(60), arms(chat.url), RunOptions(max_concurrency=64), watch=look)
    assert not end.finished
    assert end.why.startswith(f"stopped by {name}. Resume the run")
    assert signal.getsignal(sent) is before
    left = list(samples(tmp_path / "j"))
    assert end.counts.done == len(left) >= 20
    assert not [sample for sample in left if sample.case % 4 == 0 or sample.error]
    deadline = time.monotonic() + 5
    while chat.running and time.monotonic() < deadline:
        time.sleep(0.01)
    assert chat.running == 0
    chat.script = honest
    assert run(tmp_path / "j", Small(60), arms(chat.url)).finished
    assert keys(samples(tmp_path / "j")) == {(case, "candidate", 0): 1 for case in range(60)}


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_a_second_signal_ends_the_process_even_where_a_scorer_never_returns(
    chat: Chat, tmp_path: Path, sent: signal.Signals
) -> None:
    command = [sys.executable, Path(__file__).with_name("stand_in_stuck.py"), chat.url, tmp_path / "j"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"stuck\n"
        process.send_signal(sent)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.3)
        process.send_signal(sent)
        try:
            assert process.wait(5) == -sent
        finally:
            process.kill()
    Journal.resume(tmp_path / "j").close()


def test_a_full_disk_ends_the_run_and_nothing_that_was_kept_is_lost(
    chat: Chat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    append = Journal.append

    def full(self: Journal, sample: Sample) -> None:
        if self.ledger.count() >= 10:
            raise JournalError("no room")
        append(self, sample)

    monkeypatch.setattr(Journal, "append", full)
    end = run(tmp_path / "j", Small(50), arms(chat.url))
    assert (end.finished, end.why, end.counts.done) == (False, "no room", 10)
    monkeypatch.undo()
    assert run(tmp_path / "j", Small(50), arms(chat.url)).finished


def test_what_the_suite_or_the_bar_raises_comes_out_and_the_journal_is_closed(chat: Chat, tmp_path: Path) -> None:
    class Broken(Small):
        def case(self, index: int) -> Any:
            if index == 7:
                raise StateError("the suite's file is gone")
            return super().case(index)

    with pytest.raises(StateError, match="file is gone"):
        run(tmp_path / "a", Broken(20), arms(chat.url))

    def drawn(progress: Progress) -> None:
        if progress.done:
            raise OSError("no terminal")

    with pytest.raises(OSError, match="no terminal"):
        run(tmp_path / "b", Small(20), arms(chat.url), watch=drawn)
    for name in ("a", "b"):
        Journal.resume(tmp_path / name).close()


def test_a_cache_answers_what_was_asked_before_and_says_so(chat: Chat, tmp_path: Path) -> None:
    def cached(name: str, **options: Any) -> list[Sample]:
        cache = Cache(tmp_path / "cache")
        end = run(tmp_path / name, Small(20), arms(chat.url, both=True), RunOptions(**options), cache=cache)
        assert end.finished
        kept.append(end.counts.cached)
        cache.close()
        return sorted(samples(tmp_path / name), key=lambda sample: (sample.repeat, sample.case, sample.arm))

    kept: list[int] = []
    first = cached("a")
    assert chat.count == 40
    again = cached("b", seed=5)
    assert chat.count == 40
    assert [sample.answer for sample in again] == [sample.answer for sample in first]
    assert {sample.attempts for sample in again} == {0}
    cached("c", repeats=2)
    assert chat.count == 80
    assert kept == [0, 40, 40]
    # Whoever goes on with it without a cache is told all the same.
    end = run(tmp_path / "b", Small(20), arms(chat.url, both=True), RunOptions(seed=5))
    assert (chat.count, end.counts.added, end.counts.cached) == (80, 0, 40)
    run(tmp_path / "d", Small(20), arms(chat.url, both=True))
    assert chat.count == 120


def test_errors_are_not_cached(chat: Chat, tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache")
    chat.script = lambda asked: error(400)
    run(tmp_path / "a", Small(5), arms(chat.url), cache=cache)
    chat.script = honest
    end = run(tmp_path / "b", Small(5), arms(chat.url), cache=cache)
    assert end.counts.errors["candidate"] == {}
    cache.close()


def test_two_arms_of_one_target_share_its_limits(chat: Chat, tmp_path: Path) -> None:
    chat.script = lambda asked: Said(body=completion("x"), delay_s=0.005)
    one = target(chat.url, "same")
    run(tmp_path / "j", Small(20), {"candidate": one, "baseline": one}, RunOptions(max_concurrency=64))
    assert chat.most <= 10


def test_ten_times_the_cases_take_no_more_memory(chat: Chat, tmp_path: Path) -> None:
    chat.keep = False
    held: dict[int, int] = {}

    class Looked(Small):
        asked = 0

        def case(self, index: int) -> Any:
            self.asked += 1
            if self.asked in (200, 1500):
                gc.collect()  # which also empties the interpreter's own stock of tuples
                held[self.asked] = tracemalloc.get_traced_memory()[0]
            return super().case(index)

    suite, asked, options = Looked(1500), arms(chat.url), RunOptions(max_concurrency=8)
    tracemalloc.start()
    assert runner.run(suite, asked, options, begin(tmp_path / "j", suite, asked, options)).finished
    tracemalloc.stop()
    assert held[1500] - held[200] < 50_000


def test_cancelled_from_outside_it_gives_its_journal_back(chat: Chat, tmp_path: Path) -> None:
    async def main() -> None:
        suite, asked, options = Small(50), arms(chat.url), RunOptions()
        journal = begin(tmp_path / "j", suite, asked, options)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await runner.go(suite, asked, options, journal)

    chat.script = lambda asked: Said(body=completion("x"), delay_s=5 if number(asked) % 2 else 0)
    asyncio.run(main())
    Journal.resume(tmp_path / "j").close()
    assert {sample.case % 2 for sample in samples(tmp_path / "j")} == {0}


def test_it_runs_beside_others_in_a_thread(chat: Chat, tmp_path: Path) -> None:
    ends: list[Any] = []
    thread = threading.Thread(target=lambda: ends.append(run(tmp_path / "j", Small(20), arms(chat.url))))
    thread.start()
    thread.join(20)
    assert ends[0].finished
