"""Making snapshots, and bringing them to the workers."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol

from ajar.config.snapshot import KeyEntry, Snapshot
from ajar.errors import ConfigError, StateError
from ajar.supervisor.log import log

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from ajar.config.load import Loaded
    from ajar.supervisor.crew import Crew
    from ajar.supervisor.fleet import Fleet, Plan
    from ajar.supervisor.overlay import Overlay
    from ajar.supervisor.own_key import OwnKey


class Keys(Protocol):
    """The keys that are valid now. Both raise StateError where they cannot be read."""

    def entries(self) -> tuple[KeyEntry, ...]:
        """All of them."""
        ...

    @property
    def ever_created(self) -> bool:
        """Whether there ever was one, valid or revoked."""
        ...


class Names(Protocol):
    """Where the workers share what they know of deployments."""

    def name(self, names: Iterable[str]) -> None:
        """Let these deployments, and no others, be known there. Raises ConfigError where they are too many."""
        ...


class Publisher:
    """Holds the config in force, and the only one who publishes: all other parts ask it to."""

    def __init__(
        self,
        fleet: Fleet,
        keys: Keys,
        names: Names,
        overlay: Overlay,
        loopback: bool,
        loaded: Loaded,
        plan: Plan,
        *,
        salt: str = "",
        own_key: OwnKey | None = None,
        told: Sequence[Callable[[Snapshot], None]] = (),
    ) -> None:
        """`own_key` is valid wherever callers need one. Each of `told` is called with what all workers have.

        Raises StateError where the keys cannot be read.
        """
        self.loaded = loaded
        self.plan = plan
        self._fleet = fleet
        self._keys = keys
        self._names = names
        self._overlay = overlay
        self._salt = salt
        self._own_keys = () if own_key is None else (own_key.entry,)
        self._told = told
        self._entries = keys.entries()
        self._loopback = loopback
        self._keyless = loopback and not keys.ever_created
        self._due = asyncio.Event()
        self._turn = self._told_turn = 0
        names.name(loaded.config.deployments)

    @property
    def has_keys(self) -> bool:
        """Whether any key is valid."""
        return bool(self._entries)

    @property
    def keyless(self) -> bool:
        """Whether callers need no key."""
        return self._keyless

    def snapshot(self) -> Snapshot:
        """The config in force, the revisions over it and the keys as last read, and the endpoints of this moment."""
        return Snapshot(
            hash=self.loaded.hash,
            config=self.loaded.config,
            keys=self._entries if self._keyless else (*self._entries, *self._own_keys),
            keyless=self._keyless,
            loopback=self._loopback,
            endpoints=self._fleet.endpoints(self.plan),
            revisions=self._overlay.over(self.loaded.config),
            salt=self._salt,
        )

    def request(self) -> None:
        """Something changed: publish soon. Changes that come together are published together."""
        self._due.set()

    def read_keys(self) -> None:
        """Read the keys again and publish. Where they cannot be read, those read last stay in force."""
        try:
            entries, ever_created = self._keys.entries(), self._keys.ever_created
        except StateError as error:
            log(f"the keys cannot be read, those read last stay in force: {error}")
            return
        # A key file that vanishes must not open what a key once closed.
        self._entries, self._keyless = entries, self._keyless and not ever_created
        self.request()

    async def end_experiments(self, every_s: float) -> None:
        """Publish whenever the time of an experiment has run out, for ever."""
        while True:
            await asyncio.sleep(every_s)
            if self._overlay.expired():
                self.request()

    def read_revisions(self) -> None:
        """Read the route revisions again, and publish where they changed."""
        if self._overlay.read(self.loaded.config):
            self.request()

    def settle(self) -> None:
        """The config is in force: it wins for good over revisions that do not fit it."""
        self._overlay.settle(self.loaded.config)

    async def run(self, crew: Crew) -> None:
        """Publish whenever asked to, for ever. While one worker takes its time, what changes reaches the others."""
        async with asyncio.TaskGroup() as publishing:
            while True:
                await self._due.wait()
                self._due.clear()
                publishing.create_task(self._publish_known(crew))

    async def _publish_known(self, crew: Crew) -> None:
        why = await self.publish(crew)
        if why:
            log(f"a worker refused the config in force: {why}")

    async def publish(self, crew: Crew) -> str:
        """Bring the snapshot of this moment to all workers. Returns "" or why one refused it.

        Another may begin before this one's end: every worker gets them in the order in which they began.
        """
        self._turn += 1
        turn, snapshot = self._turn, self.snapshot()
        why = await crew.publish(snapshot)
        if not why and turn > self._told_turn:
            self._told_turn = turn
            for tell in self._told:
                tell(snapshot)
        return why

    async def adopt(self, crew: Crew, loaded: Loaded, plan: Plan) -> None:
        """Put another config in force. Raises ConfigError where a worker refuses it; then the last one is in force."""
        before = self.loaded, self.plan
        # A worker must find the names of whichever of the two it has.
        self._names.name([*self.loaded.config.deployments, *loaded.config.deployments])
        self.loaded, self.plan = loaded, plan
        why = await self.publish(crew)
        if why:
            self.loaded, self.plan = before
            await self.publish(crew)
        self._names.name(self.loaded.config.deployments)
        if why:
            raise ConfigError([why])
        self.settle()
