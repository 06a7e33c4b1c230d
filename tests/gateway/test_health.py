"""Breakers and attempts in flight over several workers. Time is made up; workers are real where it says so."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ajar.errors import StateError
from ajar.gateway.health import Health
from ajar.gateway.meters import HELP
from ajar.traffic.cells import Cell
from ajar.traffic.exposition import exposition
from ajar.traffic.health import HealthFile
from ajar.traffic.totals import Total
from traffic.conftest import environment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ajar.gateway.slot import Slot

WORKERS = 2
OPEN_S = 5.0


class Machine:
    """A health file, its supervisor's view, and two workers in this process."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.file = HealthFile.create(path, WORKERS, 2)
        self.file.name(["a", "b"])
        self.openings = memoryview(bytearray(8 * WORKERS)).cast("d")
        self.files = [HealthFile(path) for _ in range(WORKERS)]
        self.workers = [self.worker(number) for number in range(WORKERS)]
        self.slots = [health.slot("a") for health in self.workers]

    def worker(self, number: int) -> Health:
        """A worker; its jitter is nil."""
        return Health(self.files[number], number, lambda _: Cell(self.openings, number), lambda: 0.0)

    @property
    def opened(self) -> float:
        """How often any breaker opened."""
        return sum(self.openings)

    def trouble(self) -> list[bool]:
        """What the workers say."""
        return [health.trouble() for health in self.workers]

    def states(self, now: float) -> set[str]:
        """What the workers say of deployment a."""
        self.trouble()
        return {slot.state(now) for slot in self.slots}

    def close(self) -> None:
        """Let go of the file."""
        for file in (self.file, *self.files):
            file.close()


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    made = Machine(tmp_path / "health")
    yield made
    made.close()


def fail(slot: Slot, now: float, times: int = 5, **options: Any) -> None:
    """So many quick attempts that fail."""
    for _ in range(times):
        slot.failed(now, now - 0.1, **options)


def attempt(machine: Machine, worker: int, now: float, well: bool) -> str:
    """One quick attempt as the gateway makes it: probes where the breaker is half-open, none where it is open."""
    health, slot = machine.workers[worker], machine.slots[worker]
    probe = False
    if health.trouble():
        state = slot.state(now)
        if state == "open":
            return "left alone"
        if state == "half-open":
            probe = slot.claim(now)
            assert probe, "nobody else has the probe"
    slot.begin()
    if well:
        slot.succeeded(now + 0.001, now)
    else:
        slot.failed(now + 0.001, now, probe=probe)
    slot.end()
    slot.release()
    return "probe" if probe else "attempt"


def test_all_is_well_at_first(machine: Machine) -> None:
    assert machine.trouble() == [False, False]
    for slot in machine.slots:
        assert (slot.state(1.0), slot.until(1.0), slot.badness(1.0), slot.in_flight()) == ("closed", 0.0, 0.0, 0)


def test_attempts_in_flight_add_up_over_the_machine(machine: Machine) -> None:
    first, second = machine.slots
    for slot in (first, first, second):
        slot.begin()
    assert first.in_flight() == second.in_flight() == 3
    assert machine.workers[0].slot("b").in_flight() == 0
    first.end()
    assert second.in_flight() == 2
    machine.file.retire(0)
    assert second.in_flight() == 1


def test_each_worker_knows_how_many_wait_in_the_others(machine: Machine) -> None:
    first, second = machine.slots
    first.queued(3)
    second.queued(1)
    second.queued(2)
    assert (first.elsewhere(), second.elsewhere(), machine.workers[0].slot("b").elsewhere()) == (2, 3, 0)
    assert first.in_flight() == 0
    machine.file.retire(0)
    assert second.elsewhere() == 0


def test_five_failures_in_a_row_open_it_for_all_workers(machine: Machine) -> None:
    first, second = machine.slots
    fail(first, 100.0, 3)
    fail(second, 101.0, 1)
    assert machine.states(101.0) == {"closed"}
    fail(first, 102.0, 1)
    assert machine.trouble() == [True, True]
    assert machine.states(102.0) == {"open"}
    assert second.until(104.0) == 3.0
    assert machine.states(102.0 + OPEN_S) == {"half-open"}
    assert second.until(200.0) == 0.0
    assert second.badness(103.0) > 0.0
    assert machine.opened == 1
    assert [health.slot("b").state(102.0) for health in machine.workers] == ["closed", "closed"]


def test_a_success_of_any_worker_breaks_the_row(machine: Machine) -> None:
    first, second = machine.slots
    for now in range(100, 400, 40):  # each row in a window of its own
        fail(first, now, 2)
        fail(second, now, 2)
        (first if now % 80 else second).succeeded(now, now - 1)
    assert machine.trouble() == [False, False]
    assert machine.opened == 0


def test_many_failures_within_thirty_seconds_open_it_though_there_is_no_row(machine: Machine) -> None:
    first, second = machine.slots
    for step in range(70):
        now = 100.0 + step * 0.4
        second.succeeded(now, now)
        fail(first, now, 1)
        if step < 66:
            assert machine.trouble() == [False, False], step
    assert machine.states(now) == {"open"}


def test_the_first_seconds_after_the_machines_start_count_too(machine: Machine) -> None:
    first, second = machine.slots
    for step in range(70):
        second.succeeded(0.5 + step * 0.05, 0.2)
        fail(first, 0.5 + step * 0.05, 1)
    assert machine.states(4.5) == {"open"}


def test_as_many_failures_over_a_longer_time_do_not(machine: Machine) -> None:
    first, second = machine.slots
    for step in range(300):
        now = 100.0 + step
        second.succeeded(now, now)
        fail(first, now, 1)
    assert machine.trouble() == [False, False]


def test_each_failed_probe_doubles_the_time_up_to_a_minute(machine: Machine) -> None:
    now = 100.0
    fail(machine.slots[0], now)
    for wait in (5.0, 10.0, 20.0, 40.0, 60.0, 60.0):
        machine.trouble()
        worker = random.Random(wait).randrange(WORKERS)
        assert machine.slots[worker].until(now) == pytest.approx(wait)
        now += wait
        assert attempt(machine, worker, now, well=False) == "probe"
        now += 0.001
        assert machine.states(now) == {"open"}
    assert machine.opened == 1, "it never closed meanwhile"


def test_an_upstreams_own_wish_lengthens_the_time(machine: Machine) -> None:
    first, second = machine.slots
    fail(first, 100.0, told=30.0)
    machine.trouble()
    assert second.until(100.0) == 30.0
    for slot in (first, second):
        fail(slot, 110.0, 1, told=10.0)
        assert slot.until(110.0) == 20.0, "it is not shortened"
    fail(second, 110.0, 1, told=500.0)
    assert first.until(110.0) == 60.0, "and a minute is the most"
    assert machine.opened == 1
    first.succeeded(111.0, 105.0)
    assert machine.states(111.0) == {"closed"}, "a wish is no new opening"


def test_an_attempt_that_fails_while_it_is_open_changes_nothing(machine: Machine) -> None:
    first, second = machine.slots
    fail(first, 100.0)
    machine.trouble()
    fail(second, 104.0, 50)
    assert second.until(104.0) == 1.0
    fail(second, 106.0, 50)
    assert machine.states(106.0) == {"half-open"}
    assert machine.opened == 1


def test_a_success_of_an_attempt_from_before_the_opening_does_not_close_it(machine: Machine) -> None:
    first, second = machine.slots
    fail(first, 100.0)
    machine.trouble()
    second.succeeded(101.0, 99.0)
    assert machine.states(101.0) == {"open"}
    second.succeeded(102.0, 101.0)
    assert machine.states(102.0) == {"closed"}
    assert machine.trouble() == [False, False]


def test_what_lies_before_a_recovery_counts_no_longer(machine: Machine) -> None:
    first, second = machine.slots
    for step in range(60):
        second.succeeded(100.0 + step / 10, 100.0)
        fail(first, 100.0 + step / 10, 1)
    fail(second, 106.0, 12)
    assert machine.states(106.0) == {"open"}
    assert attempt(machine, 1, 111.0, well=True) == "probe"
    assert machine.trouble() == [False, False]
    fail(first, 112.0, 4)
    assert machine.states(112.0) == {"closed"}, "the row begins anew, and so does the window"
    fail(first, 112.0, 1)
    assert machine.states(112.0) == {"open"}, "as does the history, which would ask for a longer row"


def test_failures_of_attempts_from_before_a_recovery_do_not_open_it_again(machine: Machine) -> None:
    first, second = machine.slots
    fail(first, 100.0)
    assert attempt(machine, 1, 105.0, well=True) == "probe"
    for slot in (first, second):
        for _ in range(40):
            slot.failed(107.0, 99.0)
    assert machine.trouble() == [False, False]


def test_a_dead_workers_opening_stays_and_so_does_its_closing(machine: Machine) -> None:
    first, second = machine.slots
    fail(first, 100.0)
    machine.file.retire(0)
    assert machine.states(101.0) == {"open"}
    assert attempt(machine, 1, 105.0, well=True) == "probe"
    machine.file.retire(1)
    assert machine.states(106.0) == {"closed"}
    fail(second, 107.0, 4)
    assert machine.states(107.0) == {"closed"}
    replacement = machine.worker(0)
    slot = replacement.slot("a")
    assert not replacement.trouble()
    fail(slot, 108.0, 1)
    assert machine.states(108.0) == {"open"}


def test_trouble_is_only_of_the_deployments_of_the_config(machine: Machine) -> None:
    fail(machine.slots[0], 100.0)
    assert machine.trouble() == [True, True]
    machine.file.name(["b"])
    assert machine.trouble() == [False, False]
    with pytest.raises(StateError, match="does not know deployment a"):
        machine.workers[0].slot("a")
    machine.file.name(["a", "b"])
    assert machine.trouble() == [True, True]
    assert machine.slots[1].state(101.0) == "open", "it is known since before"


def test_a_handle_stays_that_of_its_deployment_even_where_the_slot_changes(machine: Machine) -> None:
    first, second = machine.slots
    fail(first, 100.0)
    before = first.index
    machine.file.name(["b", "a", "c"])
    assert machine.workers[0].slot("a") is first
    machine.file.name(["c"])
    machine.file.name(["c", *(f"d{number}" for number in range(1022))])  # one more than there are unused slots
    machine.file.name(["c", "a"])
    assert machine.trouble() == [False, False]
    assert machine.workers[0].slot("a") is first
    assert first.index == second.index != before
    fail(second, 200.0)
    assert machine.states(200.0) == {"open"}


def test_a_handle_that_is_made_late_knows_what_was_before(machine: Machine) -> None:
    late = machine.workers[1]
    fail(machine.workers[0].slot("b"), 100.0)
    assert not late.trouble(), "it has nothing to do with deployment b yet"
    slot = late.slot("b")
    assert late.trouble()
    assert slot.state(101.0) == "open"


def test_a_worker_for_whom_the_file_has_no_room_is_refused(machine: Machine) -> None:
    with pytest.raises(StateError, match="no room for worker 2"):
        Health(machine.files[0], 2, lambda _: Cell(machine.openings, 0))


def test_the_gauges_are_of_the_whole_machine(machine: Machine) -> None:
    first, second = machine.slots
    first.begin()
    second.begin()
    a, b = (("deployment", "a"),), (("deployment", "b"),)
    in_flight = [Total("ajar_deployment_in_flight", a, 2, "gauge"), Total("ajar_deployment_in_flight", b, 0, "gauge")]

    def state(of_a: float) -> list[Total]:
        return [Total("ajar_deployment_state", a, of_a, "gauge"), Total("ajar_deployment_state", b, 0.0, "gauge")]

    assert machine.workers[0].totals(100.0) == [*in_flight, *state(0.0)]
    fail(second, 100.0)
    assert machine.workers[0].totals(101.0) == [*in_flight, *state(2.0)]
    assert machine.workers[0].totals(105.0) == [*in_flight, *state(1.0)]
    text = exposition(machine.workers[0].totals(101.0), HELP)
    assert '\najar_deployment_in_flight{deployment="a"} 2\n' in text
    assert '\najar_deployment_state{deployment="a"} 2\n' in text
    assert "# HELP ajar_deployment_state A deployment's circuit breaker" in text
    machine.file.name(["b"])
    assert len(machine.workers[0].totals(100.0)) == 2


@pytest.mark.parametrize("per_second", [1000.0, 30.0, 1.0, 0.1])
def test_a_deployment_that_fails_three_times_in_ten_never_opens_by_chance(machine: Machine, per_second: float) -> None:
    dice = random.Random(20)
    longest = row = 0
    for number in range(10_000):
        well = dice.random() >= 0.3
        row = 0 if well else row + 1
        longest = max(longest, row)
        assert attempt(machine, dice.randrange(WORKERS), 100.0 + number / per_second, well) == "attempt"
    assert longest >= 6, "rows that would open the breaker of a deployment that is usually well"
    assert machine.opened == 0


def test_nor_does_it_after_a_recovery(machine: Machine) -> None:
    dice = random.Random(5)
    fail(machine.slots[0], 50.0)
    assert attempt(machine, 1, 60.0, well=True) == "probe"
    for number in range(10_000):
        attempt(machine, dice.randrange(WORKERS), 100.0 + number / 2, dice.random() >= 0.3)
    assert machine.opened == 1


def test_the_window_begins_at_a_recovery_not_only_with_the_next_bucket(machine: Machine) -> None:
    fail(machine.slots[0], 100.0)
    for slot in machine.slots:
        slot.succeeded(105.1, 99.0)  # a bucket begins before the recovery
    assert attempt(machine, 1, 105.5, well=True) == "probe"
    for number in range(40):
        attempt(machine, number % WORKERS, 106.0 + number * 0.05, well=number % 5 == 4)
    assert machine.states(109.0) == {"open"}, "of 40 attempts within two seconds 32 failed"


def test_a_deployment_that_always_fails_opens_within_five_attempts_and_recovers_within_one(machine: Machine) -> None:
    dice = random.Random(4)
    now = 100.0
    for _ in range(500):
        attempt(machine, dice.randrange(WORKERS), now, well=True)
        now += 0.05
    outcomes: list[str] = []
    for _ in range(9000):  # it is gone for a quarter of an hour
        outcomes.append(attempt(machine, dice.randrange(WORKERS), now, well=False))
        now += 0.1
    assert outcomes[:6] == ["attempt"] * 5 + ["left alone"]
    assert outcomes.count("attempt") == 5
    assert outcomes.count("probe") == 17, "after 5, 15, 35 and 75 s, then once a minute"
    well = [attempt(machine, dice.randrange(WORKERS), now + step * 0.1, well=True) for step in range(1000)]
    assert well.count("probe") == 1
    assert well.index("probe") * 0.1 <= 60
    assert set(well[well.index("probe") + 1 :]) == {"attempt"}
    assert machine.opened == 1


def test_one_that_is_cured_and_falls_ill_again_opens_as_fast_as_at_first(machine: Machine) -> None:
    now = 100.0
    for _ in range(20):
        fallen = [attempt(machine, number % WORKERS, now + number / 10, well=False) for number in range(10)]
        assert fallen == ["attempt"] * 5 + ["left alone"] * 5
        assert attempt(machine, 0, now + 6, well=True) == "probe"
        now += 7
    assert machine.opened == 20


class Prober:
    """A worker in a process of its own."""

    def __init__(self, path: Path, worker: int) -> None:
        program = [sys.executable, str(Path(__file__).parent / "prober.py"), str(path), str(worker), "a"]
        self.process = subprocess.Popen(
            program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment()
        )

    def ask(self, method: str, *arguments: float | None) -> Any:
        """Call a method of its slot (or `trouble` of its health)."""
        self.tell(method, *arguments)
        return self.answer()

    def tell(self, method: str, *arguments: float | None) -> None:
        """The same without waiting."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps([method, *arguments]) + "\n")
        self.process.stdin.flush()

    def answer(self) -> Any:
        """What it answers to what it was told."""
        assert self.process.stdout is not None
        return json.loads(self.process.stdout.readline())

    def kill(self) -> None:
        """SIGKILL, and wait until it is gone."""
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def prober(machine: Machine) -> Iterator[Callable[[int], Prober]]:
    started: list[Prober] = []

    def start(worker: int) -> Prober:
        started.append(Prober(machine.path, worker))
        return started[-1]

    yield start
    for one in started:
        one.kill()


def test_one_probe_at_a_time_over_real_processes(machine: Machine, prober: Callable[[int], Prober]) -> None:
    probers = [prober(0), prober(1)]
    for _ in range(5):
        probers[1].ask("failed", 100.0, 99.0)
    assert [one.ask("trouble") for one in probers] == [True, True]
    assert [one.ask("claim", 104.0) for one in probers] == [False, False], "it is not half-open yet"
    for now in range(105, 155):
        for one in probers:
            one.tell("claim", now)
        allowed = [one.answer() for one in probers]
        assert sorted(allowed) == [False, True], "exactly one"
        holder = probers[allowed.index(True)]
        assert [one.ask("claim", now) for one in probers] == [False, False], "nor a second one in the same process"
        holder.ask("release")
        other = probers[allowed.index(False)]
        assert other.ask("claim", now), "it is free again"
        other.ask("release")
    assert [one.ask("state", 155.0) for one in probers] == ["half-open"] * 2, "a probe that said nothing leaves it so"
    assert probers[0].ask("claim", 155.0)
    probers[0].ask("succeeded", 156.0, 155.0)
    assert not probers[1].ask("claim", 156.0)
    probers[0].ask("release")
    assert [one.ask("claim", 156.0) for one in probers] == [False, False], "it is closed, there is nothing to probe"
    assert [one.ask("trouble") for one in probers] == [False, False]


def test_a_killed_worker_leaves_neither_a_claim_nor_attempts_in_flight(
    machine: Machine, prober: Callable[[int], Prober]
) -> None:
    dying, other = prober(0), prober(1)
    for _ in range(5):
        other.ask("failed", 100.0, 99.0)
    dying.ask("begin")
    dying.ask("begin")
    other.ask("begin")
    assert dying.ask("claim", 106.0)
    assert not other.ask("claim", 106.0)
    assert other.ask("in_flight") == 3
    dying.kill()
    assert other.ask("claim", 106.0), "the kernel gave it back"
    machine.file.retire(0)
    assert other.ask("in_flight") == 1
    replacement = prober(0)
    assert replacement.ask("trouble")
    assert replacement.ask("state", 106.0) == "half-open"
    assert not replacement.ask("claim", 106.0)
