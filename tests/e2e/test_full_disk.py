"""The journal's disk is full: by the operator's choice callers are refused or served, and it mends by itself.

The kernel refuses to let a worker's files grow (RLIMIT_FSIZE), as it does on a full disk or over a quota.
"""

from __future__ import annotations

import asyncio
import json
import resource
import urllib.request
from typing import TYPE_CHECKING

from e2e.crowd import Answer, Caller, Model

if TYPE_CHECKING:
    from collections.abc import Callable

    from e2e.conftest import Running


def config(model: Model, rule: str) -> str:
    return f"""
[server]
journal_full = "{rule}"
[deployments.a]
provider = "openai-compatible"
base_url = "{model.url}"
model = "m"
[routes.r]
primary = "a"
"""


class Disk:
    """The worker's."""

    def __init__(self, service: Running) -> None:
        (self._worker,) = service.children("ajar.gateway.worker")
        self._journal = service.folder / ".ajar" / "journal"
        self._room = resource.prlimit(self._worker, resource.RLIMIT_FSIZE)

    def fill(self) -> None:
        """Room for a few kilobytes more: the last record that fits is torn."""
        size = max(path.stat().st_size for path in self._journal.glob("*.open"))
        resource.prlimit(self._worker, resource.RLIMIT_FSIZE, (size + 5000, self._room[1]))

    def empty(self) -> None:
        """Room again."""
        resource.prlimit(self._worker, resource.RLIMIT_FSIZE, self._room)


async def ask(service: Running, times: int) -> list[Answer]:
    """Ask one after the other, every other time for a stream."""
    caller = Caller(service.port)
    answers = [await caller.ask("r", stream=bool(number % 2)) for number in range(times)]
    caller.leave()
    return answers


async def in_force(service: Running, times: int) -> None:
    """Wait until that many configs are in force."""
    async with asyncio.timeout(10):
        while said(service, "the config is in force") < times:
            await asyncio.sleep(0.05)


def said(service: Running, words: str) -> int:
    """How many lines of the log hold these words."""
    return sum(words in line for line in (service.folder / "log").read_text().splitlines())


def metric(service: Running, name: str) -> int:
    with urllib.request.urlopen(f"http://127.0.0.1:{service.port}/metrics") as page:
        return sum(int(line.rpartition(b" ")[2]) for line in page if line.startswith(name.encode()))


def recorded(service: Running) -> list[str]:
    rows = [json.loads(line) for line in service.ajar("traffic", "export", "--format", "jsonl").splitlines()]
    return [row["id"] for row in rows]


def test_refused_by_default_served_where_chosen_and_mended_by_itself(serve: Callable[..., Running]) -> None:
    async def main() -> tuple[Running, list[Answer], list[Answer]]:
        async with Model(pause_s=0.001) as model:
            service = await asyncio.to_thread(serve, config(model, "refuse"))
            disk = Disk(service)
            answers = await ask(service, 10)
            assert all(answer.good for answer in answers)

            disk.fill()
            full = await ask(service, 40)
            fitted = [answer for answer in full if answer.good]
            refused = full[len(fitted) :]
            assert len(refused) > 20
            assert not any(answer.good for answer in refused), "it is full from some record on"
            for answer in refused:
                assert b"journal_unavailable" in answer.body
                if answer.status == 200:
                    assert not answer.whole, "a stream that ends with an error has no end mark"
                else:
                    assert (answer.status, answer.headers["retry-after"]) == (503, "5")
            assert said(service, "File too large. The operator has to free space") == 1
            assert said(service, "no inference is answered (server.journal_full). Records not kept: 1") == 1
            assert metric(service, 'ajar_requests_refused_total{code="journal_unavailable"}') >= len(refused)
            answers += fitted

            (service.folder / "ajar.toml").write_text(config(model, "serve"))
            await in_force(service, 1)
            lost = await ask(service, 20)
            assert all(answer.good for answer in lost)
            assert metric(service, "ajar_records_lost_total") == 20
            assert said(service, "File too large") == 1, "at most one line a minute"

            disk.empty()
            answers += await ask(service, 20)
            assert metric(service, "ajar_records_lost_total") == 20

            (service.folder / "ajar.toml").write_text(config(model, "refuse"))
            await in_force(service, 2)
            answers += await ask(service, 10)
            return service, answers, lost

    service, answers, lost = asyncio.run(main())
    assert all(answer.good for answer in answers)
    ids = recorded(service)
    assert sorted(ids) == sorted(answer.headers["x-ajar-inference"] for answer in answers)
    assert not {answer.headers["x-ajar-inference"] for answer in lost} & set(ids)
