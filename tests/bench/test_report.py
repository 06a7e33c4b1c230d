from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import report
from summary import Figure, Summary
from targets import judge

if TYPE_CHECKING:
    from pathlib import Path


def subject(name: str, request: list[float], chunk: float | None = None, memory: bool = False) -> dict[str, Any]:
    """Results of a subject with these CPU figures in its rounds."""
    part = {"": 1, "its worker": 1} if name == "ajar" else {"": 1}
    rounds = []
    for each in request:
        one: dict[str, Any] = {"requests": {"count": 10, "per_second": 100, "us": dict.fromkeys(part, each)}}
        if chunk is not None:
            one["streams"] = {"streams": 2, "count": 20, "events_per_read": 1.0, "us": dict.fromkeys(part, chunk)}
            one["added_us"] = {"p50": 100.0, "p99": 200.0}
        rounds.append(one)
    found: dict[str, Any] = {"title": name, "version": "1", "rate": 200, "parts": list(part), "rounds": rounds}
    if memory:
        small, large = {"pss": 50.0, "rss": 60.0}, {"pss": 70.0, "rss": 85.0}
        found["memory"] = {
            "asked": 1000,
            "open": 1000,
            "idle": dict.fromkeys(part, small),
            "full": dict.fromkeys(part, large),
        }
    return found


@pytest.fixture
def results() -> dict[str, Any]:
    """A run without LiteLLM, in which Ajar's chunks are too dear."""
    found = {
        "date": "2026-11-21",
        "command": "python bench/run.py",
        "rounds": 3,
        "machine": dict.fromkeys(
            ("cores", "cpu", "memory_gb", "system", "python", "uvloop", "httptools", "load_average"), "?"
        ),
        "subjects": {
            "nginx": subject("nginx", [10, 9, 14], 5, memory=True),
            "ajar": subject("ajar", [50, 55, 52], 15, memory=True),
            "ajar-10000": subject("ajar-10000", [53, 53, 53]),
        },
        "absent": {"litellm": "not installed (make bench-peers)"},
    }
    found["targets"] = judge(Summary(found))
    return found


def test_a_figure_is_the_median_with_its_spread(results: dict[str, Any]) -> None:
    assert Summary(results).request("nginx") == Figure(10, 9, 14)
    assert Summary(results).chunk("ajar-10000") is None
    assert Summary(results).request("litellm") is None
    assert Summary(results).held("ajar", kind="rss") == 25


def test_targets_are_met_missed_or_not_measured(results: dict[str, Any]) -> None:
    judged = {each["claim"]: (each["measured"], each["met"]) for each in results["targets"]}
    assert judged["CPU per request, beside nginx"] == ("5.2×", True)
    assert judged["CPU per chunk, beside nginx"] == ("3×", False)
    assert judged["LiteLLM's CPU per chunk, in Ajar's"] == (None, None)
    assert judged["Memory that 1,000 open streams add (PSS)"] == ("20 MB", True)


def test_the_docs_get_the_tables_between_their_markers(results: dict[str, Any], tmp_path: Path) -> None:
    page = tmp_path / "benchmarks.md"
    page.write_text("# Before\n<!-- bench: begin -->\nold\n<!-- bench: end -->\nafter\n")
    for _ in range(2):
        report.write_docs(results, page)
    text = page.read_text()
    assert text.startswith("# Before\n")
    assert text.endswith("<!-- bench: end -->\nafter\n")
    assert "old" not in text
    assert "| nginx | 10.0 (9.0–14.0) | 1.00 | 5.0 (5.0–5.0) | 1.00 | 0.10 (0.10–0.10) | 0.20 (0.20–0.20) |" in text
    assert "litellm: not installed (make bench-peers)" in text
    assert "| CPU per chunk, beside nginx | ≤ 2.2× | 3× | missed |" in text


def test_docs_without_markers_stay_as_they_are(results: dict[str, Any], tmp_path: Path) -> None:
    page = tmp_path / "benchmarks.md"
    page.write_text("# By hand\n")
    with pytest.raises(ValueError, match="lacks the lines"):
        report.write_docs(results, page)
    assert page.read_text() == "# By hand\n"


def test_a_run_is_shown(results: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    report.show(results)
    shown = capsys.readouterr().out
    assert "Ajar's targets" in shown
    assert "not measured" in shown
