"""The benchmark of translation, with little to do. Its figures here are none to quote."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import dialogs
import translation
from ajar.domain.dialog.events import TextDelta
from ajar.domain.dialog.losses import Losses
from ajar.wire.back import Back
from ajar.wire.formats import FORMATS

RUN = str(Path(__file__).resolve().parents[2] / "bench" / "run.py")
FRONTS = ("openai-chat", "openai-responses", "anthropic")


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    return translation.measure(translation.SIZES["tiny"])


def test_every_pair_is_measured(found: dict[str, Any]) -> None:
    assert {(each["front"], each["back"]) for each in found["pairs"]} == {(a, b) for a in FRONTS for b in FORMATS}
    for each in found["pairs"]:
        assert 5 < each["small_us"] < each["agent_us"] < 50_000
        assert 0 < each["passing_us"] < each["chunk_us"] < 500
    assert all(0 < took < 500 for took in found["index"].values())
    assert len(found["targets"]) == 3


@pytest.mark.parametrize("size", [dialogs.SMALL, dialogs.AGENT])
@pytest.mark.parametrize("front", FRONTS)
def test_the_requests_are_what_they_are_called(front: Any, size: int) -> None:
    body = dialogs.request(front, size)
    assert len(body) == size
    request = FORMATS[front].read_request(body)
    calls = [part for message in request.messages for part in message.parts if type(part).__name__ == "ToolCall"]
    assert len(request.tools) == (dialogs.TOOLS if size == dialogs.AGENT else 1)
    assert len(calls) == ((dialogs.TURNS - 1) // 2 if size == dialogs.AGENT else 1)
    for back in FORMATS:
        losses = Losses()
        written = FORMATS[back].write_request(request, Back(model="m"), losses)
        assert len(written) > size * 0.7
        assert set(losses.names) <= {"cache_control", "parallel_tool_calls"}


@pytest.mark.parametrize("back", FORMATS)
def test_the_streams_are_text(back: Any) -> None:
    head, pieces = dialogs.stream(back, 20)
    reader = FORMATS[back].stream_reader()
    reader.feed(head)
    events = [event for piece in pieces for event in reader.feed(piece)]
    said = [event.text for event in events if isinstance(event, TextDelta)]
    assert said == [f" word{at}" for at in range(20)]


def test_targets_are_judged_at_the_worst_pair() -> None:
    pairs = [
        {"front": "a", "back": "b", "small_us": 10.0, "agent_us": 2500.0, "more_us": 1.0},
        {"front": "a", "back": "c", "small_us": 20.0, "agent_us": 900.0, "more_us": 5.0},
    ]
    small, agent, more = translation.judge(pairs)
    assert (small["claim"], small["measured"], small["met"]) == (
        "Translating a 4 kB request (a → c)",
        "20 µs",
        True,
    )
    assert (agent["measured"], agent["met"]) == ("2,500 µs", False)
    assert more["met"] is True


def test_alone_it_writes_json_and_the_docs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, found: dict[str, Any]
) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- translation: begin -->\nold\n<!-- translation: end -->\nafter\n")
    monkeypatch.setattr(translation, "_DOCS", page)
    monkeypatch.setattr(translation, "measure", lambda size: found)
    done = CliRunner().invoke(
        translation.main,
        ["--size", "tiny", "--out", str(tmp_path / "out.json"), "--write-docs"],
        catch_exceptions=False,
    )
    assert "Translation: CPU for each" in done.output
    assert json.loads((tmp_path / "out.json").read_text())["rounds"] == 2
    text = page.read_text()
    assert text.startswith("before\n")
    assert text.endswith("<!-- translation: end -->\nafter\n")
    assert "old" not in text
    assert "### Translation's targets" in text


def test_it_is_a_part_of_the_benchmark(tmp_path: Path) -> None:
    out = tmp_path / "bench.json"
    options = ["--size", "tiny", "--rounds", "1", "--only", "translation", "--out", str(out)]
    done = subprocess.run([sys.executable, RUN, *options], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert "Translation's targets" in done.stdout
    results = json.loads(out.read_text())
    assert results["subjects"] == {}
    assert len(results["translation"]["pairs"]) == 15
