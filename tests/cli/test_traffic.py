"""`ajar traffic`: what a person sees, and what a program gets."""

from __future__ import annotations

import io
import json
import os
import pty
import re
import select
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ajar.domain.feedback import Feedback
from ajar.domain.usage import Usage
from ajar.traffic.columns import SCHEMA
from ajar.traffic.export import iso
from ajar.traffic.feedback import feedback_journal
from ajar.traffic.journal import Journal
from traffic.conftest import environment, record, seal_all, write

if TYPE_CHECKING:
    from collections.abc import Callable

NOW = time.time_ns() // 1000
MINUTE = 60_000_000


@pytest.fixture
def state(here: Path) -> Path:
    """Traffic of an hour: an answer a minute, some of them odd; the older half is in Parquet."""
    path = here / "state"
    records = [
        record(
            id=f"{minute:04}",
            time=NOW - minute * MINUTE,
            ttfb_ms=10.0 * minute,
            total_ms=100.0 * minute,
            usage=Usage(1000 * minute, minute),
        )
        for minute in range(59, 0, -1)
    ]
    records[10] = record(id="shadow", time=records[10].time, purpose="shadow", route="other")
    records[57] = record(
        id="failed",
        time=records[57].time,
        status=502,
        error="upstream_connect_failed",
        finish_reason=None,
        ttfb_ms=None,
        usage=None,
        total_ms=0.2,
        route="a-route-with-quite-a-long-name/of-production",
        deployment="mistral-large-in-europe",
    )
    write(path, records[:30])
    seal_all(path)
    write(path, records[30:])
    write(path, [record(id="old", time=NOW - 3 * 24 * 60 * MINUTE, caller="desk")])
    return path


def test_tail_shows_the_newest_last(state: Path, ajar: Callable[..., Any]) -> None:
    ran = ajar("traffic", "tail", "--state-dir", str(state))
    assert (ran.code, ran.err) == (0, "")
    head, *lines = ran.out.splitlines()
    assert head.split() == ["Time", "UTC", "Route", "Deployment", "Status", "First", "Total", "In", "Out", "End"]
    assert len(lines) == 20
    assert "\x1b" not in ran.out
    assert lines[-1].split()[-8:] == ["support-triage", "triage-v1", "200", "10ms", "100ms", "1000", "1", "stop"]
    failed = lines[-2].split()[-8:]
    assert failed[:3] == ["a-route-with-quite-a-long-name/of-production", "mistral-large-in-europe", "502"]
    assert failed[3:] == ["–", "<1ms", "–", "–", "upstream_connect_failed"]
    assert len({len(line) for line in lines}) == 1, "it is a table"


def test_tail_takes_filters_and_a_number(state: Path, ajar: Callable[..., Any]) -> None:
    def shown(*arguments: str) -> list[str]:
        ran = ajar("traffic", "tail", "--state-dir", str(state), "--json", *arguments)
        assert ran.code == 0
        return [json.loads(line)["id"] for line in ran.out.splitlines()]

    assert shown("-n", "3") == ["0003", "failed", "0001"]
    assert shown("-n", "0") == []
    assert shown("--errors") == shown("--status", "5xx") == shown("--status", "502") == ["failed"]
    assert shown("--purpose", "shadow") == shown("--route", "other") == ["shadow"]
    assert shown("--caller", "desk") == shown("--until", "1d") == ["old"]
    assert shown("--since", iso(NOW - 2 * MINUTE)) == ["failed", "0001"]
    assert shown("--since", iso(NOW - 2 * MINUTE), "--until", iso(NOW - MINUTE)) == ["failed"]
    assert len(shown("-n", "99")) == 60
    assert shown("--deployment", "none") == []


def test_tail_says_from_which_day_a_time_is_and_what_it_was_for(state: Path, ajar: Callable[..., Any]) -> None:
    old = ajar("traffic", "tail", "--state-dir", str(state), "--caller", "desk").out.splitlines()[1]
    assert old.startswith(time.strftime("%m-%d %H:%M:%S ", time.gmtime(NOW / 1e6 - 3 * 86_400)))
    assert "stop (shadow)" in ajar("traffic", "tail", "--state-dir", str(state), "--route", "other").out


def test_summary_is_of_live_traffic_of_a_day(state: Path, ajar: Callable[..., Any]) -> None:
    ran = ajar("traffic", "summary", "--state-dir", str(state))
    assert (ran.code, ran.err) == (0, "")
    head, first, second, third, note = (line.split() for line in ran.out.splitlines())
    assert head == ["Route", "Count", "Errors", "First", "byte", "In", "all", "Tokens", "Ends"]
    assert first == ["support-triage", "57", "0.0%", "300ms/562ms", "3.0s/5.6s", "1.72M/1719", "stop", "57"]
    assert second[1:] == ["1", "100.0%", "–/–", "<1ms/<1ms", "–/–", "–"]
    assert third[:3] == ["All", "58", "1.7%"]
    assert "percentile" in " ".join(note)
    assert "other" not in ran.out


def test_summary_for_programs(state: Path, ajar: Callable[..., Any]) -> None:
    found = ajar("traffic", "summary", "--state-dir", str(state), "--json", "--by", "caller", "--since", "7d").json
    assert found["by"] == "caller"
    assert [(one["key"], one["count"], one["errors"]) for one in found["groups"]] == [("shop", 58, 1), ("desk", 1, 0)]
    assert found["total"]["count"] == 59
    assert found["total"]["finish_reasons"] == {"stop": 58}
    found = ajar("traffic", "summary", "--state-dir", str(state), "--json", "--purpose", "shadow").json
    assert [one["key"] for one in found["groups"]] == ["other"]


def test_summary_of_nothing_says_so(state: Path, ajar: Callable[..., Any]) -> None:
    ran = ajar("traffic", "summary", "--state-dir", str(state), "--route", "none")
    assert (ran.code, ran.out) == (0, "No inference matches.\n")
    found = ajar("traffic", "summary", "--state-dir", str(state), "--route", "none", "--json").json
    assert (found["groups"], found["total"]["count"]) == ([], 0)


def test_export_to_a_pipe_and_to_a_file(state: Path, here: Path, ajar: Callable[..., Any]) -> None:
    ran = ajar("traffic", "export", "--state-dir", str(state))
    rows = [json.loads(line) for line in ran.out.splitlines()]
    assert len(rows) == 60
    assert list(rows[0]) == SCHEMA.names
    assert [row["id"] for row in rows[:2]] == ["old", "0059"]
    for kind in ("jsonl", "parquet"):
        target = here / f"out.{kind}"
        target.write_text("what was there before")
        ran = ajar("traffic", "export", "--format", kind, "-o", str(target), "--errors", "--state-dir", str(state))
        assert (ran.code, ran.out, ran.err) == (0, "", "")
        assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert json.loads((here / "out.jsonl").read_text())["id"] == "failed"
    table = pq.read_table(here / "out.parquet")
    assert table.schema.equals(SCHEMA)
    assert table["id"].to_pylist() == ["failed"]
    assert sorted(path.name for path in here.iterdir()) == ["out.jsonl", "out.parquet", "state"]


def test_export_of_parquet_into_a_pipe(state: Path) -> None:
    program = [sys.executable, "-m", "ajar", "traffic", "export", "--format", "parquet", "--state-dir", str(state)]
    done = subprocess.run(program, env=environment(), capture_output=True, check=True)
    assert pq.read_table(pa.py_buffer(done.stdout)).num_rows == 60
    assert pq.read_table(io.BytesIO(done.stdout)).schema.equals(SCHEMA)


def test_export_goes_where_it_can(state: Path, here: Path, ajar: Callable[..., Any]) -> None:
    assert ajar("traffic", "export", "-o", os.devnull, "--state-dir", str(state)).code == 0
    assert Path(os.devnull).is_char_device(), "what is no file is written to, and not replaced"
    ran = ajar("traffic", "export", "-o", str(here / "none" / "out"), "--state-dir", str(state))
    assert ran.code == 3
    assert "Cannot write" in ran.err
    assert "No such file or directory" in ran.err


def test_whoever_reads_the_export_may_leave(state: Path) -> None:
    write(state, [record(response="x" * 1000) for _ in range(300)])
    program = [sys.executable, "-m", "ajar", "traffic", "export", "--state-dir", str(state)]
    with subprocess.Popen(program, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["--since", "yesterday"], "write an age such as 30m"),
        (["--until", "1y"], "write an age such as 30m"),
        (["--status", "9xx"], "write a class such as 5xx"),
        (["--purpose", "fun"], "'live', 'eval'"),
        (["-n", "-1"], "x>=0"),
    ],
)
def test_wrong_usage(state: Path, ajar: Callable[..., Any], arguments: list[str], hint: str) -> None:
    ran = ajar("traffic", "tail", "--state-dir", str(state), *arguments)
    assert ran.code == 64
    assert hint in ran.err


def test_the_state_is_found_through_the_config(state: Path, here: Path, ajar: Callable[..., Any]) -> None:
    ran = ajar("traffic", "tail")
    assert ran.code == 3
    assert "There is no state directory" in ran.err
    assert "--state-dir PATH" in ran.err
    (here / "other.toml").write_text(
        '[server]\nstate_dir = "state"\n[deployments.a]\nprovider = "vllm"\nmodel = "m"\nbase_url = "http://127.0.0.1:1/v1"\n'
        '[routes.r]\nprimary = "a"\n'
    )
    assert len(ajar("traffic", "tail", "--config", "other.toml").out.splitlines()) == 21
    (here / "ajar.toml").write_text("what?")
    assert ajar("traffic", "tail").code == 3
    assert ajar("traffic", "tail", "--state-dir", str(state)).code == 0


def test_torn_records_are_warned_of_and_not_shown(state: Path, ajar: Callable[..., Any]) -> None:
    torn = state / "journal" / "1-w0.open"
    torn.write_bytes(b"0123")
    ran = ajar("traffic", "tail", "--state-dir", str(state), "--json", "-n", "99")
    assert ran.code == 0
    assert len(ran.out.splitlines()) == 60
    assert ran.err == f"{torn}: skipped a torn last record at byte 0\n"


def on_a_terminal(*arguments: str) -> list[str]:
    """The lines that a terminal of 80 columns gets."""
    master, slave = pty.openpty()
    program = [sys.executable, "-m", "ajar", "traffic", *arguments]
    process = subprocess.Popen(program, stdout=slave, env=environment() | {"TERM": "xterm", "COLUMNS": "80"})
    os.close(slave)
    chunks: list[bytes] = []
    try:
        while chunk := os.read(master, 65536):
            chunks.append(chunk)
    except OSError:  # Linux answers so when the other side has closed
        pass
    finally:
        os.close(master)
    assert process.wait(20) == 0
    return b"".join(chunks).decode().splitlines()


def test_a_terminal_of_80_columns(state: Path) -> None:
    lines = on_a_terminal("tail", "--state-dir", str(state))
    assert "\x1b[1m" in lines[0]
    assert "\x1b[31m" in lines[-2], "what failed is red"
    plain = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in lines]
    assert len(plain) == 21, "one line each"
    assert max(map(len, plain)) <= 80
    assert re.search(r" a-route\S*… mistral\S*… +502 .* upstream_\S*…", plain[-2])
    assert all(line.rstrip().endswith("stop") for line in plain[1:-2])
    plain = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in on_a_terminal("summary", "--state-dir", str(state))]
    assert max(map(len, plain)) <= 80
    assert "300ms/562ms" in plain[1]


@pytest.mark.parametrize("as_json", [True, False])
def test_tail_follows_within_half_a_second(state: Path, as_json: bool) -> None:
    arguments = ["-f", "-n", "1", "--route", "support-triage", "--state-dir", str(state)] + ["--json"] * as_json
    program = [sys.executable, "-m", "ajar", "traffic", "tail", *arguments]
    with subprocess.Popen(program, env=environment(), stdout=subprocess.PIPE, text=True, bufsize=1) as process:
        assert process.stdout is not None
        try:
            lines = [process.stdout.readline() for _ in range(1 if as_json else 2)]
            assert "0001" in lines[-1] or "triage-v1" in lines[-1]
            journal = Journal(state / "journal", 7)
            for number in range(3):
                journal.append(record(route="another"))
                journal.append(record(deployment=f"d{number}"))
                began = time.monotonic()
                assert select.select([process.stdout], [], [], 5)[0]
                took = time.monotonic() - began
                assert f"d{number}" in process.stdout.readline()
                assert took < 1, "half a second, and the rest for a machine under load"
            journal.close()
            assert not select.select([process.stdout], [], [], 0.5)[0], "nothing twice"
        finally:
            process.kill()


@pytest.fixture
def rated(here: Path) -> Path:
    """Feedback on two routes, one value of it corrected, and a check's."""
    path = here / "rated"
    shared: Any = {"caller": "shop", "route": "support"}
    about: Any = {**shared, "inference": "01234567-89ab-7cde-8f01-23456789abcd"}
    journal = feedback_journal(path, 0)
    for one in (
        Feedback(id="1", time=NOW - 3 * MINUTE, metric="solved", value=True, **about),
        Feedback(id="2", time=NOW - 2 * MINUTE, metric="comment", value="two\nlines \x1b[31m" + "x" * 200, **about),
        Feedback(id="1", time=NOW - MINUTE, metric="solved", value=False, said=NOW - 9 * MINUTE, **about),
        Feedback(id="3", time=NOW, metric="stars", value=4.5, unit_hash="ab12", **shared | {"route": "other"}),
        Feedback(id="4", time=NOW + 1, metric="valid", value=1.0, source="check", **about),
    ):
        journal.append(one)
    journal.close()
    return path


def test_feedback_is_shown_as_it_counts(rated: Path, ajar: Callable[..., Any]) -> None:
    ran = ajar("traffic", "feedback", "--state-dir", str(rated))
    assert (ran.code, ran.err) == (0, "")
    head, comment, solved, stars, valid = (re.split(r"  +", line.strip()) for line in ran.out.splitlines())
    assert head == ["Time UTC", "Route", "Metric", "Value", "About", "By"]
    assert comment[3].startswith("two lines [31mxxx")
    assert comment[3].endswith("x…")
    assert solved[1:] == ["support", "solved", "false", "01234567-89ab-7cde-8f01-23456789abcd", "shop"]
    assert stars[1:] == ["other", "stars", "4.5", "unit ab12", "shop"]
    assert valid[2:4] + valid[5:] == ["valid", "1.0", "check"]


def test_feedback_for_programs(rated: Path, ajar: Callable[..., Any]) -> None:
    ran = ajar("traffic", "feedback", "--state-dir", str(rated), "--json", "-n", "2")
    rows = [json.loads(line) for line in ran.out.splitlines()]
    assert [row["id"] for row in rows] == ["3", "4"]
    ran = ajar("traffic", "feedback", "--state-dir", str(rated), "--format", "jsonl", "-n", "1", "--metric", "solved")
    assert [json.loads(line) for line in ran.out.splitlines()] == [
        {
            "id": "1",
            "time": iso(NOW - MINUTE),
            "route": "support",
            "metric": "solved",
            "value": False,
            "caller": "shop",
            "source": "caller",
            "inference": "01234567-89ab-7cde-8f01-23456789abcd",
            "unit_hash": None,
            "said": iso(NOW - 9 * MINUTE),
        }
    ]
    ran = ajar("traffic", "feedback", "--state-dir", str(rated), "--json", "--route", "other")
    assert json.loads(ran.out)["unit_hash"] == "ab12"
    assert ajar("traffic", "feedback", "--state-dir", str(rated), "--route", "none").out == "No feedback matches.\n"
    assert ajar("traffic", "feedback", "--state-dir", str(rated), "--json", "--route", "none").out == ""


def test_help_explains_every_verb(ajar: Callable[..., Any]) -> None:
    out = ajar("traffic", "--help").out
    assert all(verb in out for verb in ("tail", "summary", "export"))
    for verb in ("tail", "summary", "export"):
        ran = ajar("traffic", verb, "--help")
        assert ran.code == 0
        assert all(option in ran.out for option in ("--since", "--state-dir", "--config", "--errors", "--purpose"))
