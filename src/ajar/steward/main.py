"""The steward's process: it seals the journal every two seconds, and its other duties have threads of their own.

It goes on until its parent ends it or is gone. Everything it does may be cut off at any point, so it never makes anyone
wait: it ends within a second, done or not.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from ajar.runtimes.parent import claim_stdout, die_with_parent, say
from ajar.steward import told
from ajar.steward.duties import duties

if TYPE_CHECKING:
    from collections.abc import Callable

_EVERY_S = 2.0
_GRACE_S = 0.7
_COULD_NOT_RUN = 3


def main() -> int:
    """Serve the parent. Returns the exit code."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal's Ctrl-C is the supervisor's to answer
    # Before anything heavy is imported: threads that libraries start inherit the mask, and one without it would take
    # the signal and end the process.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # pyarrow loads numpy where it is installed
    stop = threading.Event()
    _watch(lambda: signal.sigwait({signal.SIGTERM}), stop)
    die_with_parent()
    voice = claim_stdout()
    lines = told.lines(os.dup(0))
    try:
        start = told.start(next(lines, b""))
    except msgspec.DecodeError as error:
        log(f"the steward got no start message on stdin ({error}); `ajar serve` starts it, nobody else")
        return _COULD_NOT_RUN
    setting = start.setting()
    _watch(lambda: told.follow(lines, setting, log), stop)
    _settle()
    say(voice, {"kind": "ready", "pid": os.getpid()})
    from ajar.steward.sealer import Sealer

    sealer = Sealer(setting.state_dir, log)
    threads = [duty.start(stop) for duty in duties(setting, start.answers_fd, log)]
    while not stop.is_set():
        sealer.turn(stop)
        stop.wait(_EVERY_S)
    for thread in threads:  # the interpreter must not end below one that works; the grace ends them all
        thread.join()
    return 0


def log(text: str) -> None:
    """One line for the operator, after the time in UTC."""
    sys.stderr.write(f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} {text}\n")
    sys.stderr.flush()


def _watch(wait: Callable[[], object], stop: threading.Event) -> None:
    """Stop when `wait` returns: by asking, and shortly afterwards without asking."""

    def run() -> None:
        wait()
        stop.set()
        time.sleep(_GRACE_S)
        os._exit(0)

    threading.Thread(target=run, daemon=True).start()


def _settle() -> None:
    """Take little of the machine: one thread for Parquet, and a collector that leaves what is loaded alone.

    Arrow's own allocator takes memory in huge pages and gives it back between two seals: with the system's, which does
    neither, a record is sealed in 5.7 µs of CPU for 8.7 (pyarrow 26, Linux 6.18, 2026-11).
    """
    from ajar.traffic.arrow import pa

    pa.set_memory_pool(pa.system_memory_pool())
    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


if __name__ == "__main__":
    sys.exit(main())
