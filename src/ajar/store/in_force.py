"""What the running service has in force, for commands beside it. The supervisor writes it once all workers have it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from ajar.config.facts import is_started
from ajar.config.revision import table_digest
from ajar.errors import StateError

if TYPE_CHECKING:
    from pathlib import Path

    from ajar.config.snapshot import Snapshot


class RouteInForce(msgspec.Struct, frozen=True):
    """The route's table in the file, and the number of the revision over it; 0: none."""

    base: str
    primary: str
    fallback: tuple[str, ...]
    revision: int = 0


class InForce(msgspec.Struct, frozen=True):
    """`config` is the file's hash; `down` are the deployments that Ajar starts a runtime for, and that is not up."""

    config: str
    deployments: tuple[str, ...]
    routes: dict[str, RouteInForce]
    down: tuple[str, ...] = ()


def in_force(snapshot: Snapshot) -> InForce:
    """What this snapshot puts in force."""
    config = snapshot.config
    numbers = {route: revision.number for route, revision in snapshot.revisions.items()}
    routes = {
        name: RouteInForce(table_digest(route), route.primary, route.fallback, numbers.get(name, 0))
        for name, route in config.routes.items()
    }
    started = [name for name, deployment in config.deployments.items() if is_started(deployment)]
    down = tuple(name for name in started if name not in snapshot.endpoints)
    return InForce(snapshot.hash, tuple(config.deployments), routes, down)


def path(state_dir: Path) -> Path:
    """Where it stands. It is as old as the service: it says nothing where none runs."""
    return state_dir / "run" / "routes.json"


def write(state_dir: Path, now: InForce) -> None:
    """Replace what stands there. It need not survive a crash of the machine. Raises OSError."""
    beside = path(state_dir).with_suffix(".new")
    beside.write_bytes(msgspec.json.encode(now))
    beside.replace(path(state_dir))


def read(state_dir: Path) -> InForce | None:
    """What stands there; None where nothing does. Raises StateError where it cannot be read."""
    try:
        return msgspec.json.decode(path(state_dir).read_bytes(), type=InForce)
    except FileNotFoundError:
        return None
    except OSError as error:
        why = f"{path(state_dir)} cannot be read ({error.strerror}): run this as the user that runs `ajar serve`"
        raise StateError(why) from error
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
