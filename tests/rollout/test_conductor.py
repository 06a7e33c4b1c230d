"""Whole rollouts, from the order to the record's end, without any process."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import update

from ajar.config.revision import Revision, table_digest
from ajar.config.snapshot import Snapshot
from ajar.errors import StateError
from ajar.rollout.document import decode
from ajar.store.audit import Audit
from ajar.store.database import Database
from ajar.store.revisions import Revisions
from ajar.store.tables import rollouts
from rollout.bench import MINUTE, ROUTE, Bench, config

if TYPE_CHECKING:
    from pathlib import Path

    from ajar.rollout.document import Rollout
    from ajar.store.rollouts import RolloutRow


def bench(state: Path, new: float = 0.95, **route: object) -> Bench:
    made = Bench(state, config(**route), quality={"old": 0.95, "new": new})
    made.begin(skip_gate="no suite yet", skip_preflight="nothing is recorded yet")
    return made


def until_canary(made: Bench) -> Rollout:
    return made.run(20, 0, until=lambda document: document.state == "canary")


def test_a_rollout_that_went_well(tmp_path: Path) -> None:
    made = bench(tmp_path, fallback=("new", "third"))
    document = until_canary(made)
    assert document.epoch is not None
    assert document.epoch.number == 1
    revision = made.revision()
    assert revision is not None
    assert revision.split is not None
    assert [(arm.deployment, arm.percent) for arm in revision.split.arms] == [("old", 90), ("new", 10)]
    document = made.run(1500, 20)
    assert (document.state, document.decision and document.decision.exit_code) == ("promoted", 0)
    revision = made.revision()
    assert revision is not None
    assert (revision.primary, revision.fallback, revision.split) == ("new", ("old", "third"), None)
    assert [step.percent for step in document.steps] == [10, 50]
    assert document.steps[0].epochs[0].candidate_units >= 20
    assert document.after is not None
    assert document.after.primary == "new"
    assert made.looks()[-1][2]["decision"] == "promote"


def test_a_worse_candidate_is_rolled_back(tmp_path: Path) -> None:
    made = bench(tmp_path, new=0.7)
    until_canary(made)
    document = made.run(1500, 20)
    assert (document.state, document.decision and document.decision.exit_code) == ("rolled_back", 1)
    revision = made.revision()
    assert revision is not None
    assert (revision.primary, revision.fallback, revision.split) == ("old", ("third",), None)
    assert document.decision is not None
    assert "error" in document.decision.why


def test_the_record_is_on_disk_and_in_the_audit_log(tmp_path: Path) -> None:
    made = bench(tmp_path, new=0.5)
    made.run(600, 20)
    document = made.document()
    folder = tmp_path / "rollouts" / document.id
    assert decode((folder / "record.json").read_bytes()) == document
    text = (folder / "record.md").read_text()
    for said in ("rolled back", "ann", "cheaper", "no suite yet", "| error | primary |", "looks.jsonl", "SHA-256"):
        assert said in text
    assert document.decision is not None
    assert "looks.jsonl" in document.decision.rests_on
    assert len((folder / "looks.jsonl").read_text().splitlines()) == document.looks == len(made.looks())
    database = Database.open(tmp_path)
    audit = Audit(database)
    assert audit.verify() == []
    assert [entry.subject for entry in audit.entries()] == [f"rollouts/{document.id}/record.json"]
    (folder / "record.json").write_bytes(b"{}")
    assert audit.verify() != []
    database.close()


def test_without_a_decision_the_control_stays(tmp_path: Path) -> None:
    made = bench(tmp_path, swap={"max_hours": 0.1})
    until_canary(made)
    document = made.run(400, 1)
    assert (document.state, document.decision and document.decision.exit_code) == ("inconclusive", 2)
    revision = made.revision()
    assert revision is not None
    assert revision.primary == "old"
    assert revision.split is None


def test_two_crashes_in_a_step_roll_back_at_once(tmp_path: Path) -> None:
    made = bench(tmp_path)
    until_canary(made)
    made.crash("old")
    made.crash()
    assert made.turn().state == "canary"
    made.restart()
    made.setting.crashes.clear()  # a steward that is started anew is not told of old ones
    assert made.turn().state == "canary"
    made.turn(5)
    made.crash()
    document = made.turn()
    assert document.state == "rolled_back"
    assert document.decision is not None
    assert "crashed 2 times" in document.decision.why


def test_abort_gives_the_control_its_traffic_back(tmp_path: Path) -> None:
    made = bench(tmp_path)
    until_canary(made)
    made.order("abort", "changed my mind")
    document = made.turn()
    assert document.state == "aborted"
    assert document.decision is not None
    assert document.decision.by == "ann"
    revision = made.revision()
    assert revision is not None
    assert revision.split is None
    made.begin(skip_gate="x", skip_preflight="y")  # there is room for another one


def test_pause_gives_the_control_all_traffic_and_time_stands_still(tmp_path: Path) -> None:
    made = bench(tmp_path, swap={"max_hours": 0.1})
    until_canary(made)
    made.run(30, 20)
    made.order("pause")
    document = made.turn()
    assert document.paused is not None
    revision = made.revision()
    assert revision is not None
    assert revision.split is None
    made.run(10, 20)
    document = made.turn(3600)
    assert (document.state, document.paused is not None) == ("canary", True)
    made.restart()
    made.order("resume")
    document = made.turn()
    assert document.paused is None
    revision = made.revision()
    assert revision is not None
    assert revision.split is not None
    assert revision.split.epoch == len(document.steps[0].epochs) == 2
    assert document.steps[0].percent == 10


def test_what_the_evidence_says_counts_in_a_pause_too(tmp_path: Path) -> None:
    made = bench(tmp_path, new=0.2, swap={"steps": (50,)})
    until_canary(made)
    made.run(12, 20)
    made.order("pause")
    assert made.turn().paused is not None
    document = made.run(60, 0)
    assert document.state == "rolled_back"


def test_the_file_wins(tmp_path: Path) -> None:
    made = bench(tmp_path)
    until_canary(made)
    made.reload(config(strict=True))
    document = made.turn()
    assert document.state == "aborted"
    assert document.decision is not None
    assert "the file changed" in document.decision.why
    assert made.revision() is None


@pytest.mark.parametrize("stage", ["queued", "canary"])
def test_a_candidate_that_left_the_file_ends_the_rollout(tmp_path: Path, stage: str) -> None:
    made = bench(tmp_path)
    if stage == "canary":
        until_canary(made)
    whole = config()
    left = {name: each for name, each in whole.deployments.items() if name != "new"}
    made.reload(type(whole)(server=whole.server, deployments=left, routes=whole.routes))
    document = made.turn()
    assert document.state == "aborted"
    assert document.decision is not None
    assert "new" in document.decision.why


def by_hand(made: Bench) -> Revision:
    """What `ajar rollback` writes while the rollout goes on."""
    revision = Revision(
        route=ROUTE,
        number=made.revisions.next_number(ROUTE),
        base=table_digest(config().routes[ROUTE]),
        time=made.now,
        by="bob",
        why="looks bad",
        primary="third",
    )
    made.revisions.write(revision)
    return revision


def test_a_roll_back_by_hand_ends_the_rollout(tmp_path: Path) -> None:
    made = bench(tmp_path)
    until_canary(made)
    theirs = by_hand(made)
    document = made.turn()
    assert (document.state, document.decision and document.decision.exit_code) == ("rolled_back", 1)
    assert document.decision is not None
    assert "bob" in document.decision.why
    assert made.revision() == theirs


def test_a_roll_back_by_hand_between_a_look_and_a_change_stands(tmp_path: Path) -> None:
    made = bench(tmp_path)
    until_canary(made)
    theirs = by_hand(made)
    made.order("pause")  # carried out before the rollout looks at its revision again
    document = made.run(5, 0)
    assert made.revision() == theirs
    assert (document.state, document.decision and document.decision.exit_code) == ("rolled_back", 1)


def test_a_sample_ratio_mismatch_stops_the_analysis(tmp_path: Path) -> None:
    made = bench(tmp_path)
    until_canary(made)
    for _ in range(300):
        if made.turn(1, 20, variant="old").ended:
            break
    document = made.document()
    assert document.state == "inconclusive"
    assert document.decision is not None
    assert document.decision.why.startswith("STOPPED")


def test_one_rollout_that_cannot_go_on_does_not_stop_the_others(tmp_path: Path) -> None:
    two = config()
    two = type(two)(server=two.server, deployments=two.deployments, routes={**two.routes, "other": two.routes[ROUTE]})
    made = Bench(tmp_path, two)
    made.begin(skip_gate="x", skip_preflight="y")
    from ajar.rollout.ordering import Asked, begin, status

    other = begin(tmp_path, two, "other", "new", who="ann", asked=Asked(skip_gate="x", skip_preflight="y"))
    (tmp_path / "routes").mkdir(exist_ok=True)
    (tmp_path / "routes" / "triage.json").write_text("{damaged")
    for _ in range(8):
        made.turn()
    assert status(tmp_path, other)[0].state == "canary"
    assert any("it tries again" in line for line in made.said)
    assert len([line for line in made.said if "it tries again" in line]) < 5  # it backs off


def test_a_rollout_that_nobody_can_look_after_loses_its_traffic(tmp_path: Path) -> None:
    made = bench(tmp_path)
    until_canary(made)
    database = tmp_path / "ajar.db"
    made.conductor.close()
    made.conductor = made.make()
    for name in ("ajar.db", "ajar.db-wal", "ajar.db-shm"):
        if (tmp_path / name).exists():
            (tmp_path / name).rename(tmp_path / f"{name}.aside")
    database.mkdir()
    for _ in range(100):
        made.now += 1_000_000
        made.conductor.turn()
    revision = made.revision()
    assert revision is not None
    assert revision.split is None
    assert revision.rollout is not None
    database.rmdir()
    for name in ("ajar.db", "ajar.db-wal", "ajar.db-shm"):
        if (tmp_path / f"{name}.aside").exists():
            (tmp_path / f"{name}.aside").rename(tmp_path / name)
    made.turn(60)
    document = made.turn(60)
    assert document.paused is not None
    assert document.state == "canary"
    made.restart()


def looks_of(made: Bench) -> list[object]:
    return [(number, look["decision"], look["look"]) for number, _, look in made.looks()]


def kills_change_nothing(state: Path, monkeypatch: pytest.MonkeyPatch, new: float, every: int) -> str:
    """The same rollout twice, once with a kill after so many turns each time; how it ended."""
    # The places of the units hang on the rollout's id.
    monkeypatch.setattr("ajar.rollout.ordering.uuid7", lambda: "01234567-89ab-7000-8000-000000000000")
    found: list[list[object]] = []
    for name in ("whole", "killed"):
        made = Bench(state / name, config(), quality={"old": 0.95, "new": new})
        made.begin(skip_gate="x", skip_preflight="y")
        for number in range(1500):
            if name == "killed" and number % every == 0:
                made.restart()
            document = made.turn(1, 20)
            while document.read_to is not None:
                document = made.turn(0)
            if document.ended:
                break
        found.append([made.document().state, *looks_of(made)])
    assert found[0] == found[1]
    assert len(found[0]) > 10
    return made.document().state


ENDS = pytest.mark.parametrize(("new", "ends"), [(0.97, "promoted"), (0.8, "rolled_back")])


@ENDS
def test_kills_change_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, new: float, ends: str) -> None:
    assert kills_change_nothing(tmp_path, monkeypatch, new, 9) == ends


@ENDS
@pytest.mark.usefixtures("small_parts")
def test_kills_change_nothing_where_the_past_comes_in_parts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, new: float, ends: str
) -> None:
    assert kills_change_nothing(tmp_path, monkeypatch, new, 37) == ends


def reading(state: Path, new: float) -> Bench:
    """A rollout that reads its past in parts: the steward was started anew, and much came while there was none."""
    made = bench(state, new=new, swap={"steps": (50,)}, maturity_s=1)
    until_canary(made)
    made.run(5, 4)
    made.restart()
    for _ in range(300):
        made.now += 100_000
        made.request()
    assert made.turn().read_to is not None
    return made


@pytest.mark.usefixtures("small_parts")
def test_nothing_is_decided_on_a_part_of_the_past(tmp_path: Path) -> None:
    made = reading(tmp_path, 0.0)
    before, turns, read_to = looks_of(made), 0, 0
    while (document := made.turn(0.01)).read_to is not None:
        assert document.state == "canary"
        assert looks_of(made) == before
        assert document.read_to >= read_to
        read_to, turns = document.read_to, turns + 1
    assert turns > 20
    assert document.state == "rolled_back"
    assert len(looks_of(made)) == len(before) + 1


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize("kind", ["abort", "pause", "crash"])
def test_orders_and_crashes_do_not_wait_for_the_past(tmp_path: Path, kind: str) -> None:
    made = reading(tmp_path, 0.95)
    if kind == "crash":
        made.crash()
        made.turn(0.01)
        made.crash()
    else:
        made.order(kind)
    document = made.turn(0.01)
    revision = made.revision()
    assert revision is not None
    assert revision.split is None
    if kind == "pause":
        assert document.paused is not None
        assert document.read_to is not None
        made.order("resume")
        while (document := made.turn(0.01)).read_to is not None:
            pass
        assert (document.state, document.epochs) == ("canary", 2)
    else:
        assert document.state == {"abort": "aborted", "crash": "rolled_back"}[kind]
        assert document.read_to is None


def test_a_kill_between_promise_and_revision(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = bench(tmp_path)
    made.turn()
    made.turn()
    written = made.conductor._desk
    assert written is not None

    def dead(revision: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(written.revisions, "write", dead)
        with pytest.raises(KeyboardInterrupt):
            made.run(10, 0)
    assert made.document().state == "canary"
    assert made.revision() is None
    made.restart()
    made.turn()
    revision = made.revision()
    assert revision is not None
    assert revision.split is not None


def abort_and_kill(made: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """The decision is taken, and the steward dies before it seals the rollout."""
    desk = made.conductor._desk
    assert desk is not None
    made.order("abort")

    def dead(document: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(desk, "seal", dead)
        with pytest.raises(KeyboardInterrupt):
            made.turn()


def test_a_kill_between_decision_and_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = bench(tmp_path)
    until_canary(made)
    abort_and_kill(made, monkeypatch)
    document = made.document()
    assert document.decision is not None
    assert not document.ended
    made.restart()
    assert made.turn(10 * MINUTE / 1e6).state == "aborted"
    database = Database.open(tmp_path)
    assert Audit(database).verify() == []
    database.close()


@pytest.mark.parametrize("kind", ["abort", "pause", "resume"])
def test_an_order_after_a_restart_does_not_undo_a_roll_back_by_hand(tmp_path: Path, kind: str) -> None:
    made = bench(tmp_path)
    until_canary(made)
    if kind == "resume":
        made.order("pause")
        made.turn()
    made.restart()
    theirs = by_hand(made)
    made.order(kind)
    document = made.run(5, 0)
    assert made.revision() == theirs
    assert (document.state, document.decision and document.decision.by) == ("rolled_back", "hand")


@pytest.mark.parametrize("damaged", [False, True])
def test_a_share_of_traffic_without_a_running_rollout_is_taken_back(tmp_path: Path, damaged: bool) -> None:
    """Also where the revision of another route cannot be read."""
    made = bench(tmp_path)
    until_canary(made)
    made.conductor.close()
    for path in tmp_path.glob("ajar.db*"):  # as the advice for a damaged one says
        path.rename(tmp_path / f"aside {path.name}")
    if damaged:
        Revisions(tmp_path).path("other").write_bytes(b"{")
    made.conductor = made.make()
    made.conductor.turn()
    revision = made.revision()
    assert revision is not None
    assert (revision.primary, revision.split) == ("old", None)
    assert any("no rollout that runs" in line for line in made.said)


def test_a_route_that_comes_back_into_the_file_brings_no_split_back(tmp_path: Path) -> None:
    made = bench(tmp_path)
    until_canary(made)
    whole = config()
    made.setting.snapshot = Snapshot(
        "other", type(whole)(server=whole.server, deployments=whole.deployments, routes={})
    )
    assert made.turn().state == "aborted"
    made.setting.snapshot = Snapshot("h", whole)
    made.turn()
    revision = made.revision()
    assert revision is not None
    assert (revision.primary, revision.split) == ("old", None)


def test_a_rollout_that_cannot_be_read_loses_its_traffic(tmp_path: Path) -> None:
    made = bench(tmp_path)
    until_canary(made)
    made.restart()
    database = Database.open(tmp_path)
    with database.writing() as connection:
        connection.execute(update(rollouts).values(document=b"{damaged"))
    database.close()
    for _ in range(100):
        made.now += 1_000_000
        made.conductor.turn()
    revision = made.revision()
    assert revision is not None
    assert revision.split is None


def test_a_roll_back_that_cannot_be_recorded_takes_the_traffic_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = bench(tmp_path)
    until_canary(made)
    desk = made.conductor._desk
    assert desk is not None

    def full(document: object) -> None:
        raise StateError("its disk is full")

    monkeypatch.setattr(desk, "close_looks", full)
    made.order("abort")
    made.turn()
    revision = made.revision()
    assert revision is not None
    assert revision.split is None


def test_an_order_to_a_rollout_that_has_just_begun_is_not_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = Bench(tmp_path, config())
    desk = made.conductor._opened()
    running = desk.rollouts.running

    def then_one_begins() -> list[RolloutRow]:
        found = running()
        monkeypatch.setattr(desk.rollouts, "running", running)
        made.begin(skip_gate="no suite yet", skip_preflight="nothing is recorded yet")
        made.order("abort")
        return found

    monkeypatch.setattr(desk.rollouts, "running", then_one_begins)
    made.conductor.turn()
    assert made.run(3, 0).state == "aborted"


def test_a_step_that_a_kill_cut_off_is_in_the_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = bench(tmp_path)
    desk = made.conductor._opened()

    def dead(revision: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(desk.revisions, "write", dead)
        with pytest.raises(KeyboardInterrupt):
            made.run(10, 0)
    made.restart()
    assert [event.kind for event in made.turn().events][-1] == "canary"


def test_not_all_looks_are_in_memory_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ajar.rollout.desk._AT_ONCE", 2)
    made = bench(tmp_path, new=0.5)
    until_canary(made)
    made.run(45, 1)
    desk = made.conductor._desk
    assert desk is not None
    present, counts = desk.rollouts.looks, []

    def read(*args: Any, **options: Any) -> list[tuple[int, int, bytes]]:
        counts.append(len(found := present(*args, **options)))
        return found

    monkeypatch.setattr(desk.rollouts, "looks", read)
    made.order("abort")
    document = made.turn()
    data = (tmp_path / "rollouts" / document.id / "looks.jsonl").read_bytes()
    assert [json.loads(line)["number"] for line in data.splitlines()] == [number for number, *_ in made.looks()]
    assert document.looks > max(counts) == 2
    assert document.decision is not None
    assert document.decision.rests_on == {"looks.jsonl": hashlib.sha256(data).hexdigest()}


def test_a_decision_that_a_kill_cut_off_is_posted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = bench(tmp_path, swap={"webhook": "http://127.0.0.1:1/"})
    until_canary(made)
    abort_and_kill(made, monkeypatch)
    made.restart()
    posted: list[Any] = []
    monkeypatch.setattr(made.conductor._webhook, "post", lambda url, body, done: posted.append(body))
    made.turn()
    assert [(body["state"], body["event"]["kind"]) for body in posted] == [("aborted", "aborted")]
