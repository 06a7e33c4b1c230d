"""Route revisions while it serves: overlaid where they fit, and the file's where they do not."""

from __future__ import annotations

import os
import signal
import stat
import time
from typing import TYPE_CHECKING, Any

import pytest

from ajar.config.load import load
from ajar.config.revision import Arm, Revision, Split, table_digest
from ajar.store import in_force
from ajar.store.revisions import Revisions
from supervisor.served import Serve, eventually

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def two(serve: Serve) -> Serve:
    """Two deployments, and a route to each; not started."""
    serve.write({"a": "a.gguf", "b": serve.model("b.gguf")})
    return serve


def revision(serve: Serve, number: int = 1, route: str = "r-a", **fields: Any) -> Revision:
    base = table_digest(load(serve.config).config.routes[route])
    values = {"route": route, "number": number, "base": base, "time": 1, "by": "a test", "why": "so", "primary": "b"}
    return Revision(**values | fields)


def seen(serve: Serve) -> dict[str, int]:
    """The number of each revision that the workers have, by route."""
    return {route: one["number"] for route, one in serve.get()["snapshot"]["revisions"].items()}


def test_a_worker_that_hangs_keeps_none_from_the_others(two: Serve) -> None:
    two.write({"a": "a.gguf", "b": "b.gguf"}, server="workers = 2")
    two.ready()
    hanging, other = two.children("stand_in_worker")
    os.kill(hanging, signal.SIGSTOP)

    def has(number: int) -> bool:
        try:
            found = two.get(timeout=0.2)
        except TimeoutError:  # that was the one that hangs
            return False
        return found["pid"] == other and found["snapshot"]["revisions"].get("r-a", {}).get("number") == number

    revisions = Revisions(two.state)
    for number in (1, 2):
        revisions.write(revision(two, number))
        eventually(lambda number=number: has(number), within_s=4)
    assert in_force.read(two.state).routes["r-a"].revision == 0, "not all have it"  # type: ignore[union-attr]


def test_one_that_is_there_at_the_start_holds_from_the_start(two: Serve) -> None:
    split = Split("x", 1, (Arm("a", 90), Arm("b", 10)))
    Revisions(two.state).write(revision(two, primary="a", split=split))
    two.ready()
    found = two.get()["snapshot"]["revisions"]["r-a"]
    assert found["split"]["arms"][1] == {"deployment": "b", "percent": 10}
    assert two.get()["snapshot"]["hash"] == load(two.config).hash, "the file's, whatever lies over it"


def test_one_that_comes_holds_on_all_workers_within_a_second(two: Serve) -> None:
    two.write({"a": "a.gguf", "b": "b.gguf"}, server="workers = 2")
    two.ready()
    assert seen(two) == {}
    hashed = two.get()["snapshot"]["hash"]
    revisions = Revisions(two.state)
    for number in (1, 2, 3):
        revisions.write(revision(two, number))
        began = time.monotonic()
        eventually(lambda number=number: in_force.read(two.state).routes["r-a"].revision == number)  # type: ignore[union-attr]
        assert time.monotonic() - began < 1
        assert [seen(two) for _ in range(12)] == [{"r-a": number}] * 12
    assert two.get()["snapshot"]["hash"] == hashed
    assert "route r-a: revision 3 takes effect (a test: so)" in two.log()


def test_a_deployment_that_only_a_revision_names_is_waited_for_at_the_start(two: Serve) -> None:
    two.write({"a": "a.gguf", "b": two.model("b.gguf", "broken")}, routes=("a",))
    Revisions(two.state).write(revision(two))
    assert two.ready()["failed"].keys() == {"b"}


def test_an_experiment_that_nobody_ends_in_time_is_over(two: Serve) -> None:
    two.ready()
    split = Split("x", 1, (Arm("b", 50), Arm("a", 50)))
    until = time.time_ns() // 1000 + 1_500_000
    Revisions(two.state).write(revision(two, split=split, until=until))

    def share() -> Any:
        return two.get()["snapshot"]["revisions"].get("r-a", {}).get("split", "absent")

    eventually(lambda: isinstance(share(), dict), within_s=1.4)
    eventually(lambda: seen(two) == {"r-a": 1} and share() == "absent", within_s=4)
    assert "nobody has ended the experiment of revision 1 in time" in two.log()


def test_removing_the_file_of_one_gives_the_route_back_to_the_config(two: Serve) -> None:
    revisions = Revisions(two.state)
    revisions.write(revision(two))
    two.ready()
    revisions.path("r-a").unlink()
    eventually(lambda: seen(two) == {})
    assert "its revision was removed, the file is in force again" in two.log()


def test_a_changed_table_wins_for_good_and_that_is_recorded(two: Serve) -> None:
    revisions = Revisions(two.state)
    revisions.write(revision(two))
    revisions.write(revision(two, route="r-b", primary="a"))
    two.ready()
    before = two.config.read_text()
    two.replace(before.replace('[routes.r-a]\nprimary = "a"', '[routes.r-a]\nstrict = true\nprimary = "a"'))
    eventually(lambda: seen(two) == {"r-b": 1})
    first, last = eventually(lambda: len(found := revisions.history("r-a")) == 2 and found)
    assert (first.number, last.number, last.by, last.primary) == (1, 2, "file", "a")
    assert last.base == table_digest(load(two.config).config.routes["r-a"])
    eventually(lambda: revisions.get("r-a") is None)
    said = eventually(lambda: [line for line in two.log().splitlines() if "in place of revision 1" in line])
    assert "the file's table for the route has changed since" in said[0]
    assert "`ajar rollback r-a --to-revision 1` brings that one back" in said[0]
    two.replace(before)
    eventually(lambda: two.get()["snapshot"]["hash"] == load(two.config).hash)
    assert seen(two) == {"r-b": 1}, "what lost does not come back unasked"


def test_a_deployment_that_is_gone_ends_it_too(two: Serve) -> None:
    revisions = Revisions(two.state)
    revisions.write(revision(two))
    two.ready()
    two.write({"a": "a.gguf"})
    eventually(lambda: revisions.get("r-a") is None)
    assert seen(two) == {}
    eventually(lambda: "the file no longer has the deployment b" in two.log())


def test_what_does_not_fit_at_the_start_ends_once_it_serves(two: Serve) -> None:
    revisions = Revisions(two.state)
    revisions.write(revision(two, base="0" * 16))
    two.ready()
    assert seen(two) == {}
    eventually(lambda: revisions.get("r-a") is None)
    assert revisions.history("r-a")[-1].by == "file"


def test_one_that_comes_for_another_table_is_said_once_and_does_not_hold(two: Serve) -> None:
    two.ready()
    revisions = Revisions(two.state)
    revisions.write(revision(two, base="0" * 16))
    eventually(lambda: "revision 1 is NOT in force: the file's table for the route has changed" in two.log())
    revisions.write(revision(two, route="r-b", primary="a"))
    eventually(lambda: seen(two) == {"r-b": 1})
    assert two.log().count("NOT in force") == 1
    assert revisions.get("r-a") is not None, "its config may still be on the way"


def test_one_over_a_config_that_comes_a_moment_later_holds_then(two: Serve) -> None:
    two.ready()
    text = two.config.read_text().replace('[routes.r-a]\nprimary = "a"', '[routes.r-a]\nstrict = true\nprimary = "a"')
    (two.folder / "next.toml").write_text(text)
    base = table_digest(load(two.folder / "next.toml").config.routes["r-a"])
    Revisions(two.state).write(revision(two, base=base))
    eventually(lambda: "NOT in force" in two.log())
    two.replace(text)
    eventually(lambda: seen(two) == {"r-a": 1})


def test_a_route_that_is_not_in_the_file_keeps_its_revision(two: Serve) -> None:
    revisions = Revisions(two.state)
    revisions.write(revision(two, route="r-b", primary="a"))
    two.ready()
    whole = two.config.read_text()
    two.write({"a": "a.gguf", "b": "b.gguf"}, routes=("a",))
    eventually(lambda: seen(two) == {})
    two.replace(whole)
    eventually(lambda: seen(two) == {"r-b": 1})


def test_a_damaged_one_stops_the_start(two: Serve) -> None:
    revisions = Revisions(two.state)
    revisions.write(revision(two))
    revisions.path("r-a").write_text("{")
    two.start()
    assert two.wait(5) == 3
    assert f"{revisions.path('r-a')}: this revision of the route r-a is damaged" in two.log()
    assert "remove it" in two.log()


def test_while_it_serves_a_damaged_one_leaves_the_last_good_one_in_force(two: Serve) -> None:
    revisions = Revisions(two.state)
    revisions.write(revision(two))
    two.ready()
    revisions.path("r-a").write_text("{")
    revisions.write(revision(two, route="r-b", primary="a"))
    eventually(lambda: seen(two) == {"r-a": 1, "r-b": 1})
    assert two.log().count("what the route had before stays in force") == 1
    revisions.write(revision(two, 2))
    eventually(lambda: seen(two) == {"r-a": 2, "r-b": 1})


def test_what_is_in_force_is_written_down_for_commands(two: Serve) -> None:
    two.ready()
    now = in_force.read(two.state)
    assert now is not None
    assert now.config == two.get()["snapshot"]["hash"]
    assert set(now.deployments) == {"a", "b"}
    assert now.routes["r-a"].revision == 0
    assert stat.S_IMODE((two.state / "run").stat().st_mode) == 0o700


def test_what_an_earlier_service_wrote_down_is_gone_before_the_next_one_serves(
    two: Serve, make_serve: Callable[..., Serve]
) -> None:
    two.ready()
    two.process.kill()
    two.wait(5)
    assert in_force.read(two.state) is not None
    two.write({"fatal": "a.gguf"})
    two.start()
    assert two.wait(5) == 3
    assert in_force.read(two.state) is None


def test_all_workers_have_the_salt_of_the_state_directory(two: Serve) -> None:
    two.ready()
    salt = two.get()["snapshot"]["salt"]
    assert bytes.fromhex(salt) == (two.state / "salt").read_bytes()
    two.process.kill()
    two.wait(5)
    two.ready()
    assert two.get()["snapshot"]["salt"] == salt
