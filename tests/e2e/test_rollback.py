"""`ajar rollback` beside a service with two workers under traffic, whatever else is dead."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import time
from typing import TYPE_CHECKING, Any, Self

from ajar.config.load import load
from ajar.config.revision import Arm, Revision, Split, table_digest
from ajar.store import in_force
from ajar.store.revisions import Revisions
from e2e.conftest import eventually
from e2e.crowd import Answer, Caller, Crowd, Model

if TYPE_CHECKING:
    from collections.abc import Callable

    from e2e.conftest import Running


def config(old: Model, new: Model) -> str:
    deployment = '[deployments.{}]\nprovider = "openai-compatible"\nbase_url = "{}"\nmodel = "m"\n'
    return deployment.format("old", old.url) + deployment.format("new", new.url) + '[routes.r]\nprimary = "old"\n'


def put(service: Running, **fields: Any) -> Revisions:
    """What a rollout writes; all workers have it on return."""
    revisions = Revisions(service.folder / ".ajar")
    base = table_digest(load(service.folder / "ajar.toml").config.routes["r"])
    values = {"route": "r", "base": base, "time": 1, "by": "rollout 1", "why": "a step"}
    one = Revision(**values, number=revisions.next_number("r"), **fields)
    revisions.write(one)
    eventually(lambda: in_force.read(revisions.state_dir).routes["r"].revision == one.number)  # type: ignore[union-attr]
    return revisions


class Watch:
    """Asks on a new connection every 20 ms: when each request began, and who answered it. An async context manager."""

    def __init__(self, port: int) -> None:
        self.seen: list[tuple[float, str]] = []
        self._port = port

    async def __aenter__(self) -> Self:
        self._over = asyncio.Event()
        self._asking = asyncio.create_task(self._ask_on())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._over.set()
        await self._asking

    async def _ask_on(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            while not self._over.is_set():
                tasks.create_task(self._ask())
                await asyncio.sleep(0.02)

    async def _ask(self) -> None:
        began = time.time()
        answer = await ask(self._port, stream=False)
        assert answer.good
        self.seen.append((began, answer.headers["x-ajar-deployment"]))

    def last(self, deployment: str) -> float:
        """When the last request that it answered began; 0 where there is none."""
        return max((at for at, name in self.seen if name == deployment), default=0.0)


async def ask(port: int, *, stream: bool) -> Answer:
    caller = Caller(port)
    answer = await caller.ask("r", stream=stream)
    caller.leave()
    return answer


def test_it_takes_effect_on_every_worker_within_a_second_and_streams_end_where_they_are(
    serve: Callable[..., Running],
) -> None:
    async def main() -> None:
        async with Model() as old, Model() as new:
            service = await asyncio.to_thread(serve, config(old, new), "--workers", "2")
            revisions = await asyncio.to_thread(lambda: put(service, primary="new", fallback=("old",)))
            watch = Watch(service.port)
            async with Crowd(service.port, 12) as crowd, watch:
                new.pause_s = 0.8
                streams = [asyncio.create_task(ask(service.port, stream=True)) for _ in range(8)]
                await asyncio.sleep(0.3)
                # Nobody who decides is alive: neither the steward nor, so, what it would say.
                for pid in service.children("ajar.steward"):
                    os.kill(pid, signal.SIGSTOP)
                out = await asyncio.to_thread(service.ajar, "rollback", "r", "--json")
                ran = json.loads(out)
                after = [await ask(service.port, stream=False) for _ in range(40)]
                cut = [await one for one in streams]
            for pid in service.children("ajar.steward"):
                os.kill(pid, signal.SIGCONT)
        assert crowd.bad == []
        assert (ran["from"], ran["to"], ran["running"]) == ("new (then old)", ["old", []], True)
        assert ran["in_force_s"] < 1
        assert {answer.headers["x-ajar-deployment"] for answer in after} == {"old"}
        assert {(one.headers["x-ajar-deployment"], one.good) for one in cut} == {("new", True)}
        written = revisions.all()["r"].time / 1_000_000
        took = watch.last("new") - written
        print(f"in force after {ran['in_force_s']} s; the last request that the other one got began {took:+.3f} s")
        assert watch.last("new") > 0
        assert took < 1

    asyncio.run(main())


def test_a_split_ends_and_records_say_which_revision(serve: Callable[..., Running]) -> None:
    async def main() -> Running:
        async with Model() as old, Model() as new:
            service = await asyncio.to_thread(serve, config(old, new), "--workers", "2")
            split = Split("1", 1, (Arm("old", 50), Arm("new", 50)))
            await asyncio.to_thread(lambda: put(service, primary="old", split=split))
            out = await asyncio.to_thread(service.ajar, "rollback", "r", "--why", "it is rude")
            assert out.startswith("r: 50 % old, 50 % new → old, as revision 2.\nIn force on every worker after 0.")
            for _ in range(12):
                assert (await ask(service.port, stream=False)).headers["x-ajar-deployment"] == "old"
            return service

    service = asyncio.run(main())
    rows = [json.loads(line) for line in service.ajar("traffic", "export", "--format", "jsonl").splitlines()]
    assert {(row["revision"], row["experiment"]) for row in rows} == {(2, None)}
    shown = json.loads(service.ajar("routes", "--json"))["routes"][0]["revision"]["revision"]
    assert (shown["number"], shown["why"]) == (2, "it is rude")


def test_it_holds_where_the_whole_service_was_dead(serve: Callable[..., Running]) -> None:
    async def main() -> None:
        async with Model() as old, Model() as new:
            first = await asyncio.to_thread(serve, config(old, new))
            await asyncio.to_thread(lambda: put(first, primary="new", fallback=("old",)))
            await asyncio.to_thread(first.process.kill)
            await asyncio.to_thread(first.process.wait)
            out = await asyncio.to_thread(first.ajar, "rollback", "r")
            assert out.splitlines() == [
                "r: new (then old) → old, as revision 2.",
                f"No Ajar runs on {first.folder / '.ajar'}: it holds from the next start.",
            ]
            state = str(first.folder / ".ajar")
            second = await asyncio.to_thread(serve, config(old, new), "--state-dir", state)
            answer = await ask(second.port, stream=False)
            assert answer.headers["x-ajar-deployment"] == "old"

    asyncio.run(main())


def test_the_file_wins_and_check_names_it(serve: Callable[..., Running]) -> None:
    async def main() -> None:
        async with Model() as old, Model() as new:
            service = await asyncio.to_thread(serve, config(old, new))
            revisions = await asyncio.to_thread(lambda: put(service, primary="new", fallback=("old",)))
            (service.folder / "ajar.toml").write_text(config(old, new) + "strict = true\n")
            await asyncio.to_thread(lambda: eventually(lambda: revisions.get("r") is None))
            assert (await ask(service.port, stream=False)).headers["x-ajar-deployment"] == "old"
            said = await asyncio.to_thread(service.ajar, "check")
            assert "CONFLICT: the file's table for the route has changed since" in said
            await asyncio.to_thread(service.ajar, "rollback", "r", "--to-revision", "1")
            assert (await ask(service.port, stream=False)).headers["x-ajar-deployment"] == "new"
            assert [one.by for one in revisions.history("r")][:2] == ["rollout 1", "file"]
            assert revisions.all()["r"].number == 3

    asyncio.run(main())
