"""A database for each test, of both kinds that the store is written for."""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ajar.store.database import Database
from conftest import require

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

_numbers = itertools.count()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty one."""
    url = request.getfixturevalue("postgresql") if request.param == "postgresql" else None
    with contextlib.closing(Database.open(tmp_path / "state", url)) as opened:
        yield opened


@pytest.fixture
def postgresql(_server: str) -> str:
    """The URL of an empty PostgreSQL database; skips where PostgreSQL is not installed."""
    import psycopg

    name = f"test_{next(_numbers)}"
    with psycopg.connect(f"host={_server} user=ajar dbname=postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    return f"postgresql+psycopg://ajar@/{name}?host={_server}"


@pytest.fixture(scope="session")
def _server() -> Iterator[str]:
    programs = require(_programs(), "PostgreSQL")
    with (
        tempfile.TemporaryDirectory(dir="/tmp") as folder,
        _running(Path(folder), Path(programs)),
    ):  # a short socket path
        yield folder


def _programs() -> str | None:
    """The folder of PostgreSQL's programs, which Debian leaves out of the PATH; None where it is not installed."""
    found = shutil.which("initdb")
    if found is not None:
        return str(Path(found).resolve().parent)
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: path.parent.name.zfill(3))
    return str(folders[-1]) if folders else None


@contextlib.contextmanager
def _running(folder: Path, programs: Path) -> Generator[None]:
    """A server of our own; it refuses to run as root, so that root runs it as the user of the package."""
    user = "postgres" if os.geteuid() == 0 else None
    if user:
        shutil.chown(folder, user)
    make = [
        programs / "initdb",
        "--pgdata",
        folder / "data",
        "--username",
        "ajar",
        "--auth",
        "trust",
        "--no-sync",
        "-E",
        "UTF8",
    ]
    subprocess.run(make, check=True, capture_output=True, user=user, cwd=folder)
    serve = [programs / "postgres", "-D", folder / "data", "-k", folder, "-c", "listen_addresses=", "-c", "fsync=off"]
    with subprocess.Popen(serve, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, user=user, cwd=folder) as server:
        try:
            assert server.stderr is not None
            for line in server.stderr:
                if b"ready to accept connections" in line:
                    break
            else:
                pytest.fail("PostgreSQL did not start")
            yield
        finally:
            server.terminate()
            server.communicate(timeout=30)
