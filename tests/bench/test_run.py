"""The whole benchmark with tiny loads. What it measures here is no figure to quote; that it measures is the point."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import run
from conftest import require
from run import percentile

RUN = str(Path(__file__).resolve().parents[2] / "bench" / "run.py")


def bench(only: str, tmp_path: Path) -> dict[str, Any]:
    """The JSON of a tiny run."""
    out = tmp_path / "bench.json"
    command = [sys.executable, RUN, "--size", "tiny", "--rounds", "2", "--only", only]
    done = subprocess.run([*command, "--out", str(out)], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    results = json.loads(out.read_text())
    assert results["absent"] == {}, done.stderr
    return results


def test_ajar_is_measured_with_keys_and_routes(tmp_path: Path) -> None:
    results = bench("ajar,ajar-10000", tmp_path)
    ajar = results["subjects"]["ajar"]
    assert len(ajar["rounds"]) == 2
    for each in ajar["rounds"]:
        cpu = each["requests"]["us"]
        assert cpu[""] == pytest.approx(cpu["its worker"] + cpu["its supervisor and steward"])
        assert 5 < cpu["its worker"] < 5000
        assert each["streams"]["us"][""] > 1
        assert each["streams"]["unchanged"]
        assert min(each["latency_us"]["p50"], each["direct_us"]["p50"]) > 10
    assert ajar["memory"]["open"] == 20
    assert ajar["memory"]["idle"]["its worker"]["pss"] > 5
    assert results["subjects"]["ajar-10000"]["rounds"][0]["requests"]["us"][""] > 5
    met = {each["claim"]: each["met"] for each in results["targets"]}
    assert met["CPU per request, beside nginx"] is None
    assert met["Memory of an idle worker (PSS)"] is not None


def test_nginx_is_the_floor(tmp_path: Path) -> None:
    require(shutil.which("nginx") or shutil.which("/usr/sbin/nginx"), "nginx")
    results = bench("nginx", tmp_path)
    nginx = results["subjects"]["nginx"]
    assert all(each["streams"]["unchanged"] for each in nginx["rounds"])
    assert 1 < nginx["rounds"][0]["requests"]["us"][""] < 500
    assert nginx["memory"]["open"] == 20


def test_what_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("peers.ENVIRONMENTS", tmp_path)
    subjects, absent = run.chosen("litellm,tensorzero")
    assert subjects == []
    assert absent == dict.fromkeys(("tensorzero", "litellm"), "not installed (make bench-peers)")


def test_a_percentile_is_one_of_the_values() -> None:
    values = [float(each) for each in range(100, 0, -1)]
    assert (percentile(values, 0.5), percentile(values, 0.99), percentile(values, 1)) == (50, 99, 100)
    assert percentile([7.0], 0.99) == 7
