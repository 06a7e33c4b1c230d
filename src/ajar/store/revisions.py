"""Route revisions: one file for each route that a rollout or a roll-back changed, and the history of all.

A file is replaced whole and durable before a write returns, so it holds whatever dies, and needs no database.
"""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

import msgspec

from ajar.config.overlay import fault
from ajar.config.revision import Revision
from ajar.errors import StateError
from ajar.store import atomic
from ajar.store.begun import REVISION, ROUTES
from ajar.store.revision_history import RevisionHistory

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

_decode = msgspec.json.Decoder(Revision).decode


class Revisions:
    """`state_dir/routes/`. Every method reads anew; any may raise StateError. Any number of processes may use it."""

    def __init__(self, state_dir: Path) -> None:
        self.state_dir = state_dir
        self.folder = state_dir / ROUTES
        self._history = RevisionHistory(self.folder / "history.jsonl")

    def path(self, route: str) -> Path:
        """Where the route's revision is, if there is one."""
        return self.folder / f"{quote(route, safe='')}{REVISION}"

    def all(self) -> dict[str, Revision]:
        """By route. A damaged one raises StateError: it never counts as none."""
        found, damaged = self.read()
        for error in damaged.values():
            raise error
        return found

    def read(self) -> tuple[dict[str, Revision], dict[str, StateError]]:
        """By route: those that can be read, and what is wrong with each of the others."""
        found: dict[str, Revision] = {}
        damaged: dict[str, StateError] = {}
        with self._explained():
            names = sorted(path.name for path in self.folder.iterdir()) if self.folder.exists() else []
        for route in [unquote(name.removesuffix(REVISION)) for name in names if name.endswith(REVISION)]:
            try:
                revision = self.get(route)
            except StateError as error:
                damaged[route] = error
                continue
            if revision is not None:
                found[route] = revision
        return found, damaged

    def get(self, route: str) -> Revision | None:
        """The route's revision; None where the file's own table is in force."""
        path = self.path(route)
        with self._explained():
            try:
                data = path.read_bytes()
            except FileNotFoundError:
                return None
        try:
            revision = _decode(data)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise _damaged(path, route, str(error)) from error
        why = f"it is one of the route {revision.route}" if revision.route != route else fault(revision)
        if why:
            raise _damaged(path, route, why)
        return revision

    def history(self, route: str) -> list[Revision]:
        """All of the route's, oldest first. One `by` "file" says that the file's table took their place."""
        with self._explained():
            found = [one for one in self._history.all() if one.route == route]
        with contextlib.suppress(StateError):
            present = self.get(route)
            # A crash between the two writes of `write`.
            if present is not None and all(one.number != present.number for one in found):
                found.append(present)
        return found

    def next_number(self, route: str) -> int:
        """One more than any that the route ever had."""
        return max((one.number for one in self.history(route)), default=0) + 1

    def write(self, revision: Revision, *, after: int | None = None) -> None:
        """Put it in the place of the route's last one. Raises StateError where another has its number, or a later one.

        With `after`, also where the last one is not of that number (0: there never was one): so of two who change what
        they looked at, one succeeds.
        """
        why = fault(revision)
        if why:
            raise StateError(f"revision {revision.number} of the route {revision.route} cannot be: {why}")
        with self._changing():
            self._take_number(revision, after)
            data = msgspec.json.format(msgspec.json.encode(revision)) + b"\n"
            atomic.replace_at_any_rate(self.path(revision.route), data, self.folder / "spare")
            with contextlib.suppress(OSError):  # it is in force by now; the next writer adds it
                self._history.append(revision)
                atomic.keep_room(self.folder / "spare")

    def end(self, revision: Revision, by_file: Revision) -> bool:
        """Record that the file's table takes this revision's place, and remove it; False where a newer one is there."""
        with self._changing():
            if self.get(revision.route) != revision:
                return False
            self._take_number(by_file, None)
            self._history.append(by_file)
            self.path(revision.route).unlink()  # one that a crash brings back fits no better, and is ended once more
        return True

    def _take_number(self, revision: Revision, after: int | None) -> None:
        with contextlib.suppress(StateError):  # a damaged one is what a new one shall replace
            present = self.get(revision.route)
            if present is not None and present not in self._history.all():
                self._history.append(present)
        least = self.next_number(revision.route)
        if revision.number < least or after not in (None, least - 1):
            raise StateError(
                f"the route {revision.route} has been changed meanwhile: revision {revision.number} would follow "
                f"{least - 1}; look at it with `ajar routes`, and try again"
            )

    @contextlib.contextmanager
    def _changing(self) -> Generator[None]:
        with self._explained():
            if not self.folder.exists():
                self.state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
                self.folder.mkdir(mode=0o700, exist_ok=True)
                if os.geteuid() == 0:  # what root makes with `sudo` stays its owner's
                    owner = self.state_dir.stat()
                    os.chown(self.folder, owner.st_uid, owner.st_gid)
            with atomic.locked(self.folder / "lock"):
                yield

    @contextlib.contextmanager
    def _explained(self) -> Generator[None]:
        try:
            yield
        except OSError as error:
            why = (error.strerror or str(error)).lower()
            raise StateError(
                f"{error.filename or self.folder}: {why}; run this as the user who runs `ajar serve`, and see that "
                f"this user may read and write {self.state_dir}, and that its disk has room"
            ) from error


def _damaged(path: Path, route: str, why: str) -> StateError:
    return StateError(
        f"{path}: this revision of the route {route} is damaged or from a newer Ajar ({why}). "
        f"`ajar rollback {route} --to DEPLOYMENT` replaces it; to have the file's own table in force, remove it"
    )
