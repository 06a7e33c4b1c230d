from __future__ import annotations

import asyncio

import pytest

from ajar.errors import ConfigError
from ajar.evals.run.options import RunOptions
from ajar.evals.run.switchboard import Switchboard
from ajar.upstream.client import Client
from evals.run.small import target

URL = "http://127.0.0.1:9/v1"


def test_a_target_has_one_line_whatever_it_is_called() -> None:
    async def main() -> None:
        board = Switchboard(Client(), RunOptions())
        one = board.line(target(URL, "new", model="m"), "eval")
        assert board.line(target(URL, "old", model="m"), "eval") is one
        others = [
            board.line(target(URL, "new", model="m"), "judge"),
            board.line(target(URL, "new", model="n"), "eval"),
            board.line(target(URL, "new", model="m", key="k"), "eval"),
            board.line(target("http://127.0.0.1:8/v1", "new", model="m"), "eval"),
        ]
        assert len({one, *others}) == 5

    asyncio.run(main())


def test_each_judge_of_an_endpoint_has_its_own() -> None:
    async def main() -> None:
        board = Switchboard(Client(), RunOptions(max_concurrency=5))
        endpoint = target(URL, "judges", model="")
        assert board.judge(endpoint, "a") is board.judge(endpoint, "a") is not board.judge(endpoint, "b")
        assert board.limits() == {"the judge a": 5, "the judge b": 5}
        assert (board.running, board.held_s(0)) == (0, 0)

    asyncio.run(main())


def test_a_target_without_an_address_is_refused() -> None:
    async def main() -> None:
        with pytest.raises(ConfigError, match=r"^new: "):
            Switchboard(Client(), RunOptions()).line(target("nowhere", "new"), "eval")

    asyncio.run(main())
