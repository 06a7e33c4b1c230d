"""Write docs/faults.md: what becomes of each fault of an upstream, by playing it to a running gateway."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[0] = str(ROOT / "tests")  # in place of this folder, where `faults` is this file

_PAGE = """# What becomes of faults

Made by `make faults`, which plays each fault to a running gateway over real sockets: in each of the three formats that
callers speak, streamed and not, alone and with a healthy fallback (of the same format, and of another one that it is
translated into), and with a faulty deployment that speaks another format than its caller. `make test` fails if the
gateway does something else.

A *metered* deployment may bill for an answer that was lost on the way; one's *own* does not. Routes have the default
`repeat = "own"` here, and a budget of two attempts. A whole answer counts 11 tokens in and 7 out. Of a broken one, what
its upstream has told by then is billed: Messages tells its input first.

In every cell, beside what the table says:

- there is one record, and it tells the outcome;
- text is neither missing nor repeated, and nothing that broke off ends as if it were whole;
- a caller waits at most a second longer than the limits that ran out, and no attempt outlives him by more than 250 ms;
- the whole process, with the test's own upstreams and callers in it, grows by less than 80 MB.

{table}

To fail over from a primary whose address refuses connections added {added_ms:.1f} ms to a request when this was written
(the median of {pairs} pairs).
"""


def main() -> int:
    """Play them all, and write the page. Exits 1 where a cell is not what it should be."""
    from faults import page, speed
    from faults.cell import KEY
    from faults.matrix import run
    from faults.table import FAULTS

    logging.disable(logging.WARNING)  # what an operator would be told of all these faults
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        del os.environ[name]
    os.environ[KEY] = "secret"
    table, wrong = list(page.HEAD), 0
    for fault in FAULTS:
        with tempfile.TemporaryDirectory() as state:
            played = asyncio.run(run(fault, Path(state)))
        found, problems = page.lines(played), list(played.problems())
        print("\n".join((*found, *(f"  {problem}" for problem in problems))), flush=True)
        table += found
        wrong += len(problems)
    with tempfile.TemporaryDirectory() as state:
        added_ms = asyncio.run(speed.added(Path(state))) * 1000
    text = _PAGE.format(table="\n".join(table), added_ms=added_ms, pairs=speed.ROUTES)
    (ROOT / "docs/faults.md").write_text(text, "utf-8")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
