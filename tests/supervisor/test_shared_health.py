"""The health file in the supervisor's care: made before the workers, named with each config, cleared of the dead."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from typing import TYPE_CHECKING, Any

import pytest

from ajar.config.load import Loaded, parse
from ajar.errors import ConfigError
from ajar.supervisor.publish import Publisher
from ajar.traffic.health import HealthFile, is_served
from ajar.traffic.vitals import CLOSED, IN_FLIGHT, OPENED
from supervisor.served import Serve, eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

WORKER = "stand_in_worker"


@pytest.fixture
def health(serve: Serve) -> Iterator[Callable[[], HealthFile]]:
    """Opens the file of the running supervisor."""
    opened: list[HealthFile] = []

    def open_it() -> HealthFile:
        opened.append(HealthFile(serve.state / "run" / "health"))
        return opened[-1]

    yield open_it
    for file in opened:
        file.close()


def _set(file: HealthFile, name: str, field: int, worker: int, value: float) -> None:
    file.values[file.cell(file.names.present()[name], field, worker)] = value


def test_it_is_there_with_all_names_when_the_workers_are(serve: Serve, health: Callable[[], HealthFile]) -> None:
    serve.write({"a": "a.gguf", "b": serve.model("b.gguf")}, server="workers = 3", routes=("a",))
    serve.ready()
    file = health()
    assert file.workers == 3
    assert file.names.present().keys() == {"a", "b"}
    assert is_served(serve.state / "run" / "health")


def test_a_dead_workers_attempts_are_forgotten_and_its_breakers_stay(
    serve: Serve, health: Callable[[], HealthFile]
) -> None:
    serve.write({"a": "a.gguf"}, server="workers = 2")
    serve.ready()
    file = health()
    now = time.monotonic()
    for worker in range(2):
        _set(file, "a", IN_FLIGHT, worker, 4.0)
    pids = eventually(lambda: len(found := serve.children(WORKER)) == 2 and found)
    answers = {answer["worker"]: answer["pid"] for answer in (serve.get() for _ in range(40))}
    assert sorted(answers.values()) == sorted(pids)
    _set(file, "a", OPENED, 1, now)
    _set(file, "a", CLOSED, 0, now - 5)
    changes = bytes(file.changes)
    os.kill(answers[1], signal.SIGKILL)
    eventually(lambda: bytes(file.changes) != changes)
    vitals = file.vitals(file.names.present()["a"])
    assert vitals.in_flight == 4
    assert vitals.standing.opened == now
    assert vitals.standing.is_open
    assert (serve.state / "run" / "board").read_text() == "1\n", "the metrics' rows are cleared as before"


def test_names_follow_the_config_and_keep_their_slots(serve: Serve, health: Callable[[], HealthFile]) -> None:
    serve.ready()
    file = health()
    before = file.names.present()
    serve.write({"b": serve.model("b.gguf"), "a": "a.gguf"})
    eventually(lambda: "the config is in force" in serve.log())
    assert eventually(lambda: len(found := file.names.present()) == 2 and found)["a"] == before["a"]
    serve.write({"b": "b.gguf"})
    eventually(lambda: file.names.present().keys() == {"b"})
    assert serve.get()["snapshot"]["config"]["deployments"].keys() == {"b"}


def test_a_refused_config_leaves_the_names_as_they_were(serve: Serve, health: Callable[[], HealthFile]) -> None:
    serve.ready()
    file = health()
    serve.write({"unwanted": serve.model("unwanted.gguf")})
    eventually(lambda: "the config was refused" in serve.log())
    eventually(lambda: file.names.present().keys() == {"a"})
    assert file.names.all().keys() == {"a", "unwanted"}, "a worker that took it would have found its name"


class Known:
    """Takes the names, and stands in for keys, runtimes, revisions and workers; `refuses` says why it does so."""

    ever_created = False

    def __init__(self, refuses: str = "") -> None:
        self.names: set[str] = set()
        self.while_publishing: list[set[str]] = []
        self._refuses = refuses

    def name(self, names: Iterable[str]) -> None:
        self.names = set(names)

    def entries(self) -> tuple[Any, ...]:
        return ()

    def endpoints(self, plan: Any) -> dict[str, str]:
        return {}

    def over(self, config: Any) -> dict[str, Any]:
        return {}

    def settle(self, config: Any) -> None:
        pass

    async def publish(self, snapshot: Any) -> str:
        self.while_publishing.append(self.names)
        return self._refuses


def _loaded(*names: str) -> Any:
    tables = "".join(f'[deployments.{name}]\nprovider = "ollama"\nmodel = "m"\n' for name in names)
    text = f'{tables}[routes.r]\nprimary = "{names[0]}"\n'
    return Loaded(parse(text, "x"), None, "x", "0", {}, {})


@pytest.mark.parametrize("refuses", ["", "no"])
def test_while_workers_have_either_config_the_names_of_both_are_known(refuses: str) -> None:
    known: Any = Known(refuses)
    publisher = Publisher(known, known, known, known, True, _loaded("a", "b"), {})
    assert known.names == {"a", "b"}
    adopt = publisher.adopt(known, _loaded("b", "c"), {})
    if refuses:
        with pytest.raises(ConfigError):
            asyncio.run(adopt)
    else:
        asyncio.run(adopt)
    assert known.while_publishing == [{"a", "b", "c"}] * (2 if refuses else 1)
    assert known.names == ({"a", "b"} if refuses else {"b", "c"})


def test_a_config_that_has_no_room_is_refused_and_the_last_one_serves(
    serve: Serve, health: Callable[[], HealthFile]
) -> None:
    serve.ready()
    before = serve.get()
    table = '[deployments.d{}]\nprovider = "ollama"\nmodel = "m"\n'
    many = "".join(table.format(number) for number in range(1024))
    serve.replace(f'[server]\nport = 0\n{many}[routes.r]\nprimary = "d0"\n')
    eventually(lambda: "the config was refused" in serve.log())
    assert "brings 1024 new deployments, and there is room for 1023" in serve.log()
    assert serve.get() == before
    assert health().names.present().keys() == {"a"}


def test_a_new_supervisor_begins_with_a_new_file(serve: Serve, health: Callable[[], HealthFile]) -> None:
    serve.ready()
    path = serve.state / "run" / "health"
    _set(health(), "a", OPENED, 0, time.monotonic())
    serve.process.kill()
    serve.wait(5)
    assert not is_served(path)
    serve.ready()
    assert is_served(path)
    assert not health().vitals(0).standing.is_open
