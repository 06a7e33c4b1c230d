from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest

from ajar.domain.usage import Usage
from ajar.errors import StateError
from ajar.evals.answer import Answer
from ajar.evals.run.cache import Cache, key

if TYPE_CHECKING:
    from pathlib import Path

ANSWER = Answer(text="yes", usage=Usage(1, 2), cost_usd=0.5, latency_ms=3.25)


def test_an_answer_outlives_its_run(tmp_path: Path) -> None:
    path = tmp_path / "new" / "cache"
    for _ in range(2):
        cache = Cache(path)
        assert cache.get(key("http://h/v1", b"{}", 1)) is None
        cache.put(key("http://h/v1", b"{}", 0), ANSWER)
        cache.close()
    cache = Cache(path)
    assert cache.get(key("http://h/v1", b"{}", 0)) == ANSWER
    cache.close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_address_body_and_repeat_tell_requests_apart() -> None:
    keys = [key("a", b"x", 0), key("b", b"x", 0), key("a", b"y", 0), key("a", b"x", 1)]
    assert len(set(keys)) == 4


def test_two_runs_may_share_it(tmp_path: Path) -> None:
    one, two = Cache(tmp_path / "c"), Cache(tmp_path / "c")
    one.put(b"k", ANSWER)
    assert two.get(b"k") == ANSWER
    one.close()
    two.close()


def test_a_file_that_is_no_cache_is_refused(tmp_path: Path) -> None:
    (tmp_path / "c").write_bytes(b"hello " * 999)
    with pytest.raises(StateError, match="cannot be used: file is not a database; remove it"):
        Cache(tmp_path / "c")
    with pytest.raises(StateError, match="cannot be used"):
        Cache(tmp_path)


def test_a_fault_costs_its_answers_only(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "c")
    cache._base.execute("INSERT INTO answers VALUES (?, ?)", (b"k", b"{no"))
    assert cache.get(b"k") is None
    cache._base.execute("DROP TABLE answers")
    cache.put(b"k", ANSWER)
    assert cache.get(b"k") is None
    cache.close()
