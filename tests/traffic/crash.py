"""Runs one step in a process that ends without warning at the n-th thing that it asks of the file system.

`python -m traffic.crash seal|compact TEMPLATE TARGET` copies the state directory TEMPLATE to TARGET/1, TARGET/2, … and
ends the step in copy n at its n-th call, until a copy gets through. Prints how many copies there are.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ajar.traffic.compact import compact
from ajar.traffic.parquet import seal
from ajar.traffic.segments import list_segments

if TYPE_CHECKING:
    from collections.abc import Callable

_CALLS = ("open", "rename", "unlink", "fsync", "mkdir", "replace", "write")
_CRASHED = 9


def _seal(state: Path) -> None:
    for segment in list_segments(state / "journal"):
        seal(segment, state / "traffic", warn=lambda _: None)


def _compact(state: Path) -> None:
    while compact(state / "traffic", "2099-01-01", []):
        pass


def _end_at(number: int) -> None:
    """Before or after the call takes effect is the same as after the one before."""
    count = 0

    def counted(call: Callable[..., Any]) -> Callable[..., Any]:
        def instead(*args: Any, **options: Any) -> Any:
            nonlocal count
            count += 1
            if count == number:
                os._exit(_CRASHED)
            return call(*args, **options)

        return instead

    for name in _CALLS:
        setattr(os, name, counted(getattr(os, name)))


def main(step: str, template: Path, target: Path) -> None:
    """See above."""
    work = {"seal": _seal, "compact": _compact}[step]
    number = 0
    status = _CRASHED
    while status == _CRASHED:
        number += 1
        copy = target / str(number)
        shutil.copytree(template, copy)
        child = os.fork()
        if child == 0:
            _end_at(number)
            work(copy)
            os._exit(0)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert status == 0
    print(number)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
