"""`ajar swap status`, `list` and `watch` on rollouts that are there."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ajar.cli.swap import charts
from ajar.cli.swap.follow import Follower
from ajar.cli.swap.follow import Told as Voice
from ajar.cli.swap.labels import labels
from ajar.cli.swap.shelf import shelf
from ajar.cli.swap.view import view
from ajar.rollout.document import Finding, GateRun, PairStanding, ShadowRun
from cli.swap.conftest import NOW
from traffic.conftest import environment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cli.swap.conftest import Told

STEPS = ((5, 2000), (25, 1200))

STATUS = """\
support: old → new
  canary, step 2 of 3 (25%), for {for_}

  Metric            Control  Candidate  Difference          Harm        As good
  solved (primary)    89.9%      88.0%  −1.9 (−7.5 … +3.7)  0.31 of 40  2.0 of 20
  no error            99.0%      99.8%  +0.8 (−1.1 … +2.8)  1.0 of 40   –

  Rollout    {id}, by ann on 2026-11-21 15:00:00 UTC: cheaper
  Units      320 of the candidate and 880 of the control at this share; the step takes 50 of the candidate, and \
10 min; 12 wait for their time to be over
  No unit    1.0% of the requests: they go to old and tell nothing
  Elsewhere  another deployment answered 2.0% of the candidate's requests, 0.0% of the control's
  Preflight  warning: unit: 1.2% of the requests have no unit
  Gate       PASS: triage · passed: no worse by 3%
  Shadow     skipped: the route's swap says share = 0
  Last look  {ago} ago: hold: this step has not had all of its units and time yet (evidence of harm: solved \
0.307 of 40, error 1 of 40)
  Record     .ajar/rollouts/{id}/record.md

  ajar swap watch support  the evidence as it grows
  ajar swap pause support  old gets all requests, until it goes on
  ajar swap abort support  end it: old stays
"""


def test_golden_status(told: Told, ajar: Callable[..., Any]) -> None:
    told.canary(*STEPS)
    ran = ajar("swap", "status")
    assert ran.code == 0
    lines = [line.rstrip() for line in ran.out.splitlines()]
    wanted = STATUS.format(id=told.id, for_="@", ago="@").splitlines()
    assert len(lines) == len(wanted)
    for line, want in zip(lines, wanted, strict=True):
        before, _, after = want.partition("@")
        assert line.startswith(before)
        assert line.endswith(after)
    assert ran.err == f"ajar: no Ajar runs on {Path.cwd()}/.ajar: rollouts go on when `ajar serve` does\n"


def test_status_for_programs(told: Told, ajar: Callable[..., Any]) -> None:
    told.canary(*STEPS)
    found = ajar("swap", "status", told.id, "--json").json
    (rollout,) = found["rollouts"]
    assert (found["running"], rollout["id"], rollout["state"]) == (False, told.id, "canary")
    assert rollout["last_look"]["number"] == rollout["looks"]
    assert rollout["last_look"]["look"]["standings"][0]["rollback_at"] == 40


def test_the_end_and_what_can_be_done_then(told: Told, ajar: Callable[..., Any]) -> None:
    told.canary((5, 400))
    told.end("promoted", 0, "proven not to be worse")
    ran = ajar("swap", "status", "support")
    assert "  promoted on 2026-11-21 16:00:00 UTC (exit code 0): proven not to be worse\n" in ran.out
    assert "ajar swap write support" in ran.out
    assert "ajar rollback support --to old " in ran.out
    assert "ajar swap pause" not in ran.out
    assert ran.err == ""
    (row,) = ajar("swap", "list", "--json").json
    assert (row["from"], row["to"], row["state"], row["exit_code"], row["ended"]) == ("old", "new", "promoted", 0, NOW)
    assert told.id in ajar("swap", "list", "support").out
    assert told.id not in ajar("swap", "list", "status").out


def test_a_pause_is_loud(told: Told, ajar: Callable[..., Any]) -> None:
    told.canary((5, 400))
    told.save(paused=NOW)
    out = ajar("swap", "status").out
    assert "PAUSED for " in out
    assert "old has all requests" in out
    assert "ajar swap resume support" in out


def test_it_tells_that_the_past_is_read_again(told: Told, ajar: Callable[..., Any]) -> None:
    told.canary(*STEPS)
    document = told.document
    began = document.created if document.traffic_began is None else document.traffic_began
    told.save(read_to=began + (time.time_ns() // 1000 - began) // 4)
    shown = ajar("swap", "status").out
    assert "; after a restart it reads its records again (25.0%), and decides nothing before it has" in shown


def test_golden_view(told: Told) -> None:
    told.canary(*STEPS)
    with shelf(told.state_dir) as rollouts:
        document, moments = rollouts.get(told.id), rollouts.looks(told.id)
    found = [point for point in map(charts.point, moments) if point is not None]
    now = document.steps[1].epochs[0].began + 600_000_000
    for width, height in ((80, 24), (120, 40), (61, 18)):
        lines = [line.plain for line in view(document, found, moments[-1], now, width, height)]
        assert len(lines) <= height
        assert max(map(len, lines)) <= width
    lines = [line.plain.rstrip() for line in view(document, found, moments[-1], now, 80, 24)]
    assert "\n".join(lines) == GOLDEN


GOLDEN = """\
support: old → new
canary, step 2 of 3 (25%), for 10 min
320 candidate units at this share · no unit 1.0% · elsewhere 2.0%

Harm 0.31 of 40 (roll back at 40)        As good 2.0 of 20 (for the last step)
   40 ┤━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━     20 ┤━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━
      │      ┊                                 │      ┊
      │      ┊                                 │      ┊                  ⢀⠤⡀ ⢀⠤⣀
    1 ┤⠤⠴⠢⢄⣄⡀╌╌╌╌⣀⡠⠤⠤⠤⠤⣀╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌      1 ┤⠜⣆⣀╌⣀⡜⢇⠤⣀╌╌╌╌╌╌╌╌╌⣀⡀╌╌╌⡠⠔⠁╌⠈⠢⠊╌╌
      │     ⠉⠉⠉⠉⠉       ⠉⠒⠊⠉⠉⠉⠑⠤⠤⠤⠤⠒⠢⠤⠤        │   ⠉⠉ ⠈  ⠑⠢⠤⠤⠤⠤⠤⠒⠉ ⠈⠉⠉⠉
       5%    25%              407 units         5%    25%              407 units
Difference in solved, in points: −1.9  (−7.5 … +3.7)  margin −5 ╌╌
+13.8 ┤   ⠈⠉⠉⠉⠉⠉⠉⠉⠉⠉⠑⠒⠤⠤⢄⣀⣀
      │               ┊    ⠉⠑⠒⠤⠤⠤⠤⠤⢄⣀⡀       ⣀⣀⣀⣀⣀⣀⣀         ⣀⣀⣀⣀⣀⣀⣀⡀
      │            ⣀⢄⣀┊              ⠈⠉⠉⠉⠉⠉⠉⠉       ⠉⠉⠉⠉⠉⠉⠉⠉⠉       ⠈⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉
    0 ┤───────⢀⠔⠢⠊⠉──⠈⠊⠉⠑⠒⠒⠒⠢⠤⠤⠤⠤⠤⠤⠤⢄⣀⣀⣀⣀⣀⣀⣀⣀⠤⠤⠤⠔⠒⠒⠒⠤⠤⠤⠤⠔⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒
   −5 ┤╌╌╌⢀⣀⠎⠉⠁╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌⣀⣀⣀⣀⣀⣀⣀⣀⣀⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤
−13.8 ┤   ⢀⣀⣀⣀⣀⣀⣀⣀⣀⡠⠢⠴⡠⠤⠤⠤⠤⠤⢄⣀⣀⣀⡠⠤⠤⠤⢄⣀⣀⣀⣀⠤⠤⠤⠒⠊⠉⠉⠉⠉⠉⠉
       5%             25%                                    407 candidate units

solved (primary)  89.9% → 88.0%  −1.9 (−7.5 … +3.7)  harm 0.31 of 40
no error          99.0% → 99.8%  +0.8 (−1.1 … +2.8)  harm 1.0 of 40
hold: this step has not had all of its units and time yet (evidence of harm: so…
Ctrl-C: the rollout goes on; `ajar swap abort support` ends it"""


def test_the_stages_before_there_is_evidence(told: Told) -> None:
    document = told.document
    document.preflight = [Finding("unit", "warning", "1.2% of the requests have no unit")]
    document.gate = GateRun(verdict="PASS", why="no worse")
    standing = PairStanding("error", 43, 1.0, 0.98, 1.2)
    document.shadow = ShadowRun(verdict="running", began=NOW, pairs=43, e=1.7, at=160.0, standings=(standing,))
    document.state = "shadow"
    document.note(NOW, "shadow", "the gate: PASS")
    lines = [line.plain for line in view(document, [], None, NOW + 90_000_000, 80, 24)]
    assert lines[:8] == [
        "support: old → new",
        "shadow, 43 of 100 pairs, for 90 s",
        "",
        "preflight  warning unit: 1.2% of the requests have no unit",
        "gate       PASS: no worse",
        "shadow     █████████████░░░░░░░░░░░░░░░░░ 43 of 100 pairs",
        "           evidence of harm 1.7 of 160",
        "           no error: live 1, copy 0.98 in 43 pairs",
    ]
    assert "16:00:00  shadow: the gate: PASS" in lines
    document.state = "canary"
    lines = [line.plain for line in view(document, [], None, NOW + 90_000_000, 100, 24)]
    assert "canary     no unit has entered yet: each does so 5 min after its first request" in lines


def test_in_a_pipe_the_shadow_is_told_too(told: Told) -> None:
    said: list[str] = []
    with shelf(told.state_dir) as rollouts:
        follower, voice = Follower(rollouts, told.document), Voice(said.append)
        told.save(state="shadow", shadow=ShadowRun(verdict="running", began=NOW, pairs=7, e=1.7, at=160.0))
        for _ in range(2):
            follower.poll()
            voice.tell(follower)
    assert [line.partition("  ")[2] for line in said] == ["ordered: cheaper", "shadow: 7 of 100 pairs, harm 1.7 of 160"]


def test_a_terminal_shows_the_charts_until_ctrl_c(told: Told, config: Path) -> None:
    told.canary(*STEPS)
    ours, theirs = pty.openpty()
    environ = {**environment(), "TERM": "xterm", "LINES": "24", "COLUMNS": "80"}
    command = [sys.executable, "-m", "ajar", "swap", "watch"]
    with subprocess.Popen(command, cwd=config.parent, env=environ, stdout=theirs, stderr=subprocess.DEVNULL) as process:
        os.close(theirs)
        shown = b""
        while "╌╌".encode() not in shown:
            shown += os.read(ours, 65536)
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 130
    os.close(ours)
    assert b"\x1b[?1049h" in shown, "on the other screen: what was there before comes back"
    assert "As good" in shown.decode(errors="replace")


def test_a_narrow_terminal_has_no_charts(told: Told) -> None:
    told.canary(*STEPS)
    with shelf(told.state_dir) as rollouts:
        document, moments = rollouts.get(told.id), rollouts.looks(told.id)
    found = [point for point in map(charts.point, moments) if point is not None]
    lines = [line.plain for line in view(document, found, moments[-1], NOW, 40, 12)]
    assert len(lines) <= 12
    assert any(line.startswith("gate       PASS") for line in lines)


def test_the_margin_lies_where_the_measure_has_it(told: Told) -> None:
    document = told.canary((5, 400))
    assert document.look is not None
    named = labels(document)
    assert {name: label.name for name, label in named.items()} == {"solved": "solved", "error": "no error"}
    assert named["solved"].limit(document.look.standings[0]) == -0.05
    assert named["error"].limit(document.look.standings[1]) is None


@pytest.fixture
def watching(told: Told, config: Path) -> Iterator[Callable[[], subprocess.Popen[str]]]:
    """Starts `ajar swap watch` in a process of its own."""
    started: list[subprocess.Popen[str]] = []

    def start() -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "ajar", "swap", "watch"]
        process = subprocess.Popen(
            command, cwd=config.parent, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_watching_in_a_pipe_ends_with_the_rollout(told: Told, watching: Callable[[], subprocess.Popen[str]]) -> None:
    told.canary(*STEPS)
    process = watching()
    assert process.stdout is not None
    lines = [process.stdout.readline() for _ in range(2)]
    assert lines[0].endswith("  ordered: cheaper\n")
    assert lines[1].endswith(
        "  step 2 of 3 (25%)  407 units  solved −1.9 (−7.5 … +3.7)  harm 0.31 of 40  as good 2.0 of 20  hold\n"
    )
    told.document.note(NOW, "rolled_back", "worse")
    told.end("rolled_back", 1, "worse")
    out, err = process.communicate(timeout=20)
    assert process.returncode == 1
    assert out.startswith("2026-11-21 16:00:00  rolled_back: worse\n")
    assert "rolled back on 2026-11-21 16:00:00 UTC (exit code 1): worse" in out
    assert err.startswith("ajar: no Ajar runs on /")


def test_ctrl_c_leaves_it_running(told: Told, watching: Callable[[], subprocess.Popen[str]]) -> None:
    process = watching()
    assert process.stdout is not None
    assert process.stdout.readline()
    time.sleep(0.1)
    os.kill(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "the rollout goes on; `ajar swap watch support` shows it again" in err
    assert not told.document.ended


def test_a_look_is_told_before_what_it_led_to(told: Told) -> None:
    said: list[str] = []
    with shelf(told.state_dir) as rollouts:
        follower, voice = Follower(rollouts, told.document), Voice(said.append)
        told.canary((5, 60))
        told.document.note(told.document.last_look, "canary", "step 2 of 3")
        told.save()
        follower.poll()
        voice.tell(follower)
    assert said[-2].endswith("hold")
    assert said[-1].endswith("canary: step 2 of 3")
