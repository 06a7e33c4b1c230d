"""`ajar routes`: what a person sees, and what a program gets, with and without a running Ajar."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ajar.config.load import load
from ajar.config.revision import Arm, Revision, Split, table_digest
from ajar.config.snapshot import Snapshot
from ajar.store import in_force
from ajar.store.revisions import Revisions
from traffic.conftest import environment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CONFIG = """
[deployments.a]
provider = "openai"
model = "gpt-6.1-sol"
max_concurrent = 16

[deployments.b]
runtime = "llama.cpp"
model = "missing.gguf"

[deployments.c]
runtime = "vllm"
base_url = "http://127.0.0.1:1/v1"
model = "m"

[routes.one]
primary = "a"
fallback = ["b", "c"]

[routes.two]
primary = "c"
"""


@pytest.fixture
def config(here: Path) -> Path:
    """A config that this machine could not serve: it lacks a key and a model file."""
    path = here / "ajar.toml"
    path.write_text(CONFIG)
    return path


@pytest.fixture
def running(here: Path) -> Iterator[subprocess.Popen[str]]:
    """An Ajar that runs on .ajar, as far as its health file is concerned."""
    program = [sys.executable, str(Path(__file__).parent / "stand_in_health.py"), str(here / ".ajar/run/health")]
    process = subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment())
    assert process.stdout is not None
    assert process.stdout.readline() == "made\n"
    yield process
    process.kill()
    process.communicate()


def rows(text: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines()]


def test_without_a_running_ajar_the_config_alone_is_shown(config: Path, ajar: Callable[..., Any]) -> None:
    ran = ajar("routes")
    assert (ran.code, ran.err) == (0, "")
    assert rows(ran.out) == [
        ["Route", "Deployment", "At", "Model", "State", "In", "flight"],
        ["one", "a", "openai", "gpt-6.1-sol", "not", "running", "–"],
        ["b", "llama.cpp", "missing.gguf", "not", "running", "–"],
        ["c", "vllm", "m", "not", "running", "–"],
        ["two", "c", "vllm", "m", "not", "running", "–"],
    ]
    assert not (config.parent / ".ajar").exists(), "looking makes nothing"


def test_with_a_running_one_each_deployment_has_its_state(
    config: Path, running: subprocess.Popen[str], ajar: Callable[..., Any]
) -> None:
    ran = ajar("routes")
    assert (ran.code, ran.err) == (0, "")
    seconds = rows(ran.out)[2][6]
    assert 30 < int(seconds) <= 42
    assert rows(ran.out)[1:] == [
        ["one", "a", "openai", "gpt-6.1-sol", "closed", "3", "/", "16"],
        ["b", "llama.cpp", "missing.gguf", "open", "for", "another", seconds, "s", "0"],
        ["c", "vllm", "m", "half-open", "0"],
        ["two", "c", "vllm", "m", "half-open", "0"],
    ]
    running.kill()
    running.wait()
    assert "not running" in ajar("routes").out, "what it left behind is not shown as the present"


def test_json_is_for_programs(config: Path, running: subprocess.Popen[str], ajar: Callable[..., Any]) -> None:
    found = ajar("routes", "--json").json
    assert (found["config"], found["running"]) == ("ajar.toml", True)
    one, two = found["routes"]
    assert (one["route"], two["route"]) == ("one", "two")
    a, b, c = one["deployments"]
    assert a == {
        "deployment": "a",
        "provider": "openai",
        "runtime": None,
        "model": "gpt-6.1-sol",
        "state": "closed",
        "retry_s": None,
        "in_flight": 3,
        "up": None,
        "max_concurrent": 16,
    }
    assert (b["runtime"], b["state"], b["in_flight"], b["max_concurrent"]) == ("llama.cpp", "open", 0, None)
    assert b["up"] is True
    assert 30 < b["retry_s"] <= 42.4
    assert (c["state"], c["retry_s"]) == ("half-open", None)
    running.kill()
    running.wait()
    stopped = ajar("routes", "--json").json
    assert stopped["running"] is False
    step = stopped["routes"][0]["deployments"][0]
    assert (step["state"], step["in_flight"], step["max_concurrent"]) == (None, None, 16)


def test_a_runtime_that_is_not_up_is_told(
    config: Path, here: Path, running: subprocess.Popen[str], ajar: Callable[..., Any]
) -> None:
    in_force.write(here / ".ajar", in_force.in_force(Snapshot("1", load(config).config)))
    assert rows(ajar("routes").out)[2] == ["b", "llama.cpp", "missing.gguf", "its", "runtime", "is", "not", "up", "0"]
    one, _ = ajar("routes", "--json").json["routes"]
    assert [step["up"] for step in one["deployments"]] == [None, False, None]


def test_a_deployment_that_the_running_one_does_not_have_is_said_to_be_not_in_force(
    config: Path, running: subprocess.Popen[str], ajar: Callable[..., Any]
) -> None:
    config.write_text(CONFIG.replace("deployments.c]", "deployments.d]").replace('"c"', '"d"'))
    lines = rows(ajar("routes").out)
    assert lines[3] == ["d", "vllm", "m", "not", "in", "the", "config", "that", "is", "in", "force", "–"]
    assert lines[1][-3:] == ["3", "/", "16"]


def test_the_state_is_where_the_config_or_the_option_says(
    config: Path, running: subprocess.Popen[str], here: Path, ajar: Callable[..., Any]
) -> None:
    (here / "other.toml").write_text(f'[server]\nstate_dir = "elsewhere"\n{CONFIG}')
    assert ajar("routes", "--config", "other.toml", "--json").json["running"] is False
    assert ajar("routes", "--config", "other.toml", "--state-dir", ".ajar", "--json").json["running"] is True
    assert ajar("routes", "--state-dir", "elsewhere", "--json").json["running"] is False


def test_a_config_with_faults_is_refused_with_all_of_them(config: Path, ajar: Callable[..., Any]) -> None:
    config.write_text(CONFIG + '[routes.three]\nprimary = "nobody"\nfallback = ["nothing"]\n')
    ran = ajar("routes")
    assert (ran.code, ran.out) == (3, "")
    assert ran.err.count("ajar: ajar.toml:") == 2


def test_state_that_cannot_be_read_is_no_traceback(config: Path, here: Path, ajar: Callable[..., Any]) -> None:
    file = here / ".ajar" / "run" / "health"
    file.parent.mkdir(parents=True)
    file.symlink_to(file)
    ran = ajar("routes")
    assert (ran.code, ran.out) == (3, "")
    assert "run this as the user that runs `ajar serve`" in ran.err


def test_what_another_version_left_behind_is_not_read(config: Path, here: Path, ajar: Callable[..., Any]) -> None:
    file = here / ".ajar" / "run" / "health"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"old")
    assert "not running" in ajar("routes").out


def test_the_builtin_config_has_a_route_too(here: Path, ajar: Callable[..., Any]) -> None:
    assert rows(ajar("routes").out)[1][:3] == ["support-triage", "triage-v2", "llama.cpp"]


def revise(here: Path, **fields: Any) -> Revisions:
    """A revision of the route `two`."""
    base = table_digest(load(here / "ajar.toml").config.routes["two"])
    values = {"route": "two", "number": 1, "base": base, "time": 0, "by": "rollout 7", "why": "step 1", "primary": "c"}
    revisions = Revisions(here / ".ajar")
    revisions.write(Revision(**values | fields))
    return revisions


SPLIT = Split("7", 1, (Arm("c", 95), Arm("a", 5)))
MADE = "revision 1 (rollout 7, 1970-01-01 00:00 UTC: step 1)"


def test_a_routes_revision_is_shown_with_its_shares(config: Path, here: Path, ajar: Callable[..., Any]) -> None:
    revise(here, split=SPLIT, fallback=("b",))
    ran = ajar("routes")
    assert (ran.code, ran.err) == (0, "")
    assert [line[:2] for line in rows(ran.out)[4:7]] == [["two", "c"], ["a", "openai"], ["b", "llama.cpp"]]
    assert ran.out.endswith(f"Changed while they served\n  two: 95 % c, 5 % a (then b), by {MADE}.\n")
    one, two = ajar("routes", "--json").json["routes"]
    assert one["revision"] is None
    assert (two["revision"]["conflict"], two["revision"]["revision"]["number"]) == ("", 1)
    assert two["revision"]["revision"]["split"]["arms"][1] == {"deployment": "a", "percent": 5}


def test_a_revision_that_the_file_wins_over_is_a_conflict(config: Path, here: Path, ajar: Callable[..., Any]) -> None:
    revise(here, split=SPLIT)
    config.write_text(CONFIG + "strict = true\n")
    out = ajar("routes").out
    assert [line[:2] for line in rows(out)[4:5]] == [["two", "c"]]
    assert f"two: as the file has it, not 95 % c, 5 % a as {MADE} has it." in out
    assert "CONFLICT: the file's table for the route has changed since, so the file wins. To have it all the" in out
    assert "`ajar rollback two --to-revision 1`" in out


def test_a_revision_that_cannot_be_read_is_named(config: Path, here: Path, ajar: Callable[..., Any]) -> None:
    revisions = revise(here)
    revisions.path("two").write_text("{")
    ran = ajar("routes")
    assert (ran.code, ran.out) == (3, "")
    assert "routes/two.json: this revision of the route two is damaged" in ran.err
