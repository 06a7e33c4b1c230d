"""The benchmark of harnesses with few cases. Its costs here are none to quote; what it counts and compares is exact."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import cases
import overhead
import pytest
import tables
from click.testing import CliRunner
from harness import CONCURRENCY
from harnesses.ajar import Ajar
from harnesses.inspect_ai import InspectAI
from harnesses.promptfoo import Promptfoo

from program import Broken

if TYPE_CHECKING:
    from pathlib import Path

    from harness import Harness


def test_ajar_finds_the_right_ones_right(tmp_path: Path, model: str) -> None:
    cost = Ajar().run(tmp_path / "room", 30, model)
    assert (cost.right, cost.asked) == (26, 30)
    assert 1 < cost.most <= CONCURRENCY
    assert 0.1 < cost.cpu_s < 60
    assert 20 < cost.peak_mb < 2000


@pytest.mark.parametrize("kind", [Ajar, InspectAI, Promptfoo])
def test_each_harness_is_asked_the_same(kind: type[Harness], tmp_path: Path) -> None:
    command, _ = kind().prepare(tmp_path, 12, "http://127.0.0.1:9/v1")
    lines = [json.loads(line) for line in (tmp_path / "cases.jsonl").read_text().splitlines()]
    assert [line.get("vars", line) for line in lines] == [
        {"input": cases.prompt(at), "target": cases.target(at)} for at in range(12)
    ]
    written = " ".join([*command, *(path.read_text() for path in tmp_path.iterdir())])
    for part in (cases.MODEL, "http://127.0.0.1:9/v1", str(cases.MAX_TOKENS), f" {CONCURRENCY} "):
        assert part in written


def test_memory_stays_flat(tmp_path: Path, model: str) -> None:
    small, large = (Ajar().run(tmp_path / str(count), count, model) for count in (500, 5_000))
    assert (small.right, large.right) == (cases.count_right(500), cases.count_right(5_000))
    assert large.peak_mb - small.peak_mb < 0.6 + 200 * 4_500 / 1e6  # MB: noise, and the place of each case
    assert (
        sum(len(cases.prompt(at)) for at in range(500, 5_000)) > 1.3e6
    )  # kept as objects they take several times that


def test_a_harness_that_asks_too_little_is_told(tmp_path: Path, model: str) -> None:
    class Lazy(Ajar):
        def prepare(self, room: Path, count: int, url: str) -> tuple[list[str], dict[str, str]]:
            return super().prepare(room, count - 1, url)

    with pytest.raises(Broken, match="something else than the 5 cases"):
        Lazy().run(tmp_path / "room", 5, model)


def test_a_harness_that_fails_is_named_and_the_others_go_on(tmp_path: Path, model: str) -> None:
    class Failing(Ajar):
        name = "failing"

        def prepare(self, room: Path, count: int, url: str) -> tuple[list[str], dict[str, str]]:
            return ["sh", "-c", "echo out of paper >&2; exit 4"], {}

    bench = overhead.Bench(tmp_path, model)
    bench.compare([Failing(), Ajar()], 3, rounds=1)
    assert list(bench.results) == ["ajar"]
    assert len(bench.results["ajar"]["rounds"]) == 1
    assert "exit code 4" in bench.absent["failing"]
    assert bench.absent["failing"].endswith("out of paper")


def test_what_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("peers.ENVIRONMENTS", tmp_path)
    harnesses, absent = overhead.chosen(None)
    assert [each.name for each in harnesses] == ["ajar"]
    assert absent == dict.fromkeys(("inspect-ai", "promptfoo"), "not installed (make bench-peers)")


def test_a_run_writes_json_and_the_docs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page, out = tmp_path / "page.md", tmp_path / "out.json"
    page.write_text("before\n<!-- evals: begin -->\nold\n<!-- evals: end -->\nafter\n")
    monkeypatch.setattr(overhead, "_DOCS", page)
    options = [
        "--only",
        "ajar",
        "--rounds",
        "1",
        "--cases",
        "10",
        "--growth",
        "20",
        "--out",
        str(out),
        "--write-docs",
    ]
    done = CliRunner().invoke(overhead.main, [*options, "--write-docs"], catch_exceptions=False)
    assert "Ajar's memory as a suite grows" in done.output
    results = json.loads(out.read_text())
    assert [each["cases"] for each in results["growth"]] == [20]
    assert results["harnesses"]["ajar"]["rounds"][0]["all"]["right"] == 9
    text = page.read_text()
    assert text.startswith("before\n")
    assert "old" not in text
    assert "### 10 cases: median (least–most) of 1 rounds" in text


def a_run(name: str, one: float, all_s: float) -> dict[str, Any]:
    cost = {"wall_s": 9.0, "peak_mb": 80.0, "most": 32}
    rounds = [{"one": {"cpu_s": one, **cost}, "all": {"cpu_s": all_s, **cost}}]
    return {"title": name, "version": "1", "rounds": rounds}


def test_targets_are_judged_by_all_of_a_run() -> None:
    results = {
        "cases": 2_001,
        "rounds": 1,
        "harnesses": {"ajar": a_run("Ajar", 1.0, 2.0), "promptfoo": a_run("promptfoo", 0.5, 1.5)},
        "growth": [
            {"cases": 1_000, "peak_mb": 80.0, "cpu_s": 1.0, "wall_s": 1.0},
            {"cases": 101_000, "peak_mb": 110.0, "cpu_s": 9.0, "wall_s": 60.0},
        ],
    }
    inspect, promptfoo, memory = tables.judge(results)
    assert inspect["met"] is None
    assert (promptfoo["measured"], promptfoo["met"]) == ("1.33×", False)
    assert (memory["measured"], memory["met"]) == ("300 bytes", False)
    cost, growth, _ = tables.tables(results)
    assert cost[2][0][2:6] == ["1.00 (1.00–1.00)", "1.0", "1.00 (1.00–1.00)", "0.50 (0.50–0.50)"]
    assert growth[2][1][:4] == ["101,000", "110.0", "30.0", "300"]


def test_the_model_is_wrong_where_it_is_said_to_be() -> None:
    assert [cases.answer(at) == cases.target(at) for at in range(50)] == [cases.right(at) for at in range(50)]
    assert len({cases.prompt(at) for at in range(1_000)}) == 1_000
