"""What translation costs: CPU for each pair of a front and a back format, in this process and without a network.

`make bench` has it too; alone, it prints its tables and, with --write-docs, puts them into docs/benchmarks.md.
"""

from __future__ import annotations

import datetime
import json
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import click

import dialogs
import machine
import report
from ajar.domain.dialog.events import OpaqueDelta, TextDelta
from ajar.domain.dialog.losses import Losses
from ajar.gateway.issued import Issued
from ajar.store.origins import Origins
from ajar.wire.back import Back
from ajar.wire.formats import FORMATS
from ajar.wire.fronts import CHAT, MESSAGES, RESPONSES
from ajar.wire.made import Made

if TYPE_CHECKING:
    from collections.abc import Callable

    from ajar.gateway.target import Target
    from ajar.wire.fronts import Front

_DOCS = Path(__file__).resolve().parent.parent / "docs/benchmarks.md"
_FRONTS = (CHAT, RESPONSES, MESSAGES)
_BACKS = {
    "openai-chat": Back(model="bench-model"),
    "openai-responses": Back(model="bench-model"),
    "anthropic": Back(model="claude-sonnet-4-6"),
    "gemini": Back(model="gemini-3-pro"),
    "bedrock": Back(model="anthropic.claude-sonnet-4-6"),
}
_COST = [
    "caller's format",
    "deployment's format",
    "4 kB request µs",
    "87 kB request µs",
    "chunk µs",
    "more than passing µs",
]
_TARGETS = {"small_us": 150.0, "agent_us": 2000.0, "more_us": 5.0}
_CLAIMS = {
    "small_us": "Translating a 4 kB request",
    "agent_us": "Translating an 87 kB request with 12 tools",
    "more_us": "Translating a text chunk, beside passing it on",
}


class Size(NamedTuple):
    """How much is measured."""

    rounds: int
    small: int
    agent: int
    chunks: int


SIZES = {"full": Size(7, 200, 15, 2000), "quick": Size(3, 100, 8, 1000), "tiny": Size(2, 20, 2, 200)}


class _Named(NamedTuple):
    """As much of a deployment as the index wants to know."""

    name: str
    account: str


def measure(size: Size) -> dict[str, Any]:
    """Microseconds of CPU, the best of the rounds, for each pair; for the index of origins; and the judgement."""
    found: dict[str, Any] = {"pairs": [_pair(front, back, size) for front in _FRONTS for back in FORMATS]}
    found["index"] = _index(size)
    found["rounds"] = size.rounds
    found["date"] = datetime.datetime.now(datetime.UTC).date().isoformat()
    found["machine"] = machine.describe()
    found["targets"] = judge(found["pairs"])
    return found


def tables(found: dict[str, Any]) -> list[report.Section]:
    """The tables of a measurement."""
    rows: report.Rows = []
    for each in found["pairs"]:
        requests = [f"{each[key]:,.0f}" for key in ("small_us", "agent_us")]
        rows.append([each["front"], each["back"], *requests, f"{each['chunk_us']:.2f}", f"{each['more_us']:.2f}"])
    index = [[what, f"{took:.2f}"] for what, took in found["index"].items()]
    return [
        ("Translation: CPU for each", _COST, rows),
        ("The index of origins: CPU for each", ["what", "µs"], index),
        ("Translation's targets, at the worst pair", report.TARGETS, [report.target_row(e) for e in found["targets"]]),
    ]


def show(found: dict[str, Any]) -> None:
    """Print a measurement."""
    report.show_tables(tables(found))


def write_docs(found: dict[str, Any], path: Path) -> None:
    """Put a measurement's tables into `path`. Raises ValueError where the place for them is not marked there."""
    head = f"Measured on {found['date']}, the best of {found['rounds']} rounds. {report.machine_line(found)}\n\n"
    report.put(head + report.sections(tables(found)), path, "translation")


def _pair(front: Front, back: str, size: Size) -> dict[str, Any]:
    reads, writes = FORMATS[front.format].read_request, FORMATS[cast("Any", back)].write_request

    def translate(body: bytes) -> None:
        writes(reads(body), _BACKS[back], Losses())

    small, agent = (dialogs.request(front.format, each) for each in (dialogs.SMALL, dialogs.AGENT))
    chunk, passing = _chunks(front, back, size)
    return {
        "front": front.format,
        "back": back,
        "small_us": _best(size.rounds, lambda: _each(translate, [small] * size.small)),
        "agent_us": _best(size.rounds, lambda: _each(translate, [agent] * size.agent)),
        "chunk_us": chunk,
        "passing_us": passing,
        "more_us": chunk - passing,
    }


def _chunks(front: Front, back: str, size: Size) -> tuple[float, float]:
    """A text chunk through reader and writer, and the same text through the front's byte path."""
    head, pieces = dialogs.stream(back, size.chunks)
    own_head, own = dialogs.stream(front.format, size.chunks)
    request = FORMATS[front.format].read_request(dialogs.request(front.format, dialogs.SMALL))

    def translated() -> float:
        reader = FORMATS[cast("Any", back)].stream_reader()
        writer = front.writer(request, Made("0190", 1_790_000_000, "bench-model"), Losses())
        feed, write = reader.feed, writer.write
        write(feed(head))
        out: list[bytes] = []
        took = _each(lambda data: out.append(write(feed(data))), pieces)
        assert all(each.endswith(b"\n\n") for each in out), "a chunk in, an event out"
        return took

    def passed() -> float:
        stream = front.passing(False)
        stream.feed(own_head)
        out: list[bytes] = []
        feed = stream.feed
        return _each(lambda data: out.append(feed(data)), own)

    return _best(size.rounds, translated), _best(size.rounds, passed)


def _index(size: Size) -> dict[str, float]:
    """What looking for values that only their issuer understands costs."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        origins = Origins.create_or_open(Path(folder) / "origins")
        issued = Issued(origins, "caller", cast("Target", _Named("deployment", "account")))
        found: dict[str, float] = {}
        for front in _FRONTS:
            pieces = dialogs.stream(front.format, size.chunks)[1]
            scan = _passing(issued, front)
            name = f"a text chunk of {front.title} that passes"
            found[name] = _best(size.rounds, lambda scan=scan, pieces=pieces: _each(scan, pieces))
        texts = [[TextDelta(0, f" word{at}")] for at in range(size.chunks)]
        found["a text chunk that is translated"] = _best(size.rounds, lambda: _each(issued.events, texts))
        signed = [[OpaqueDelta(0, f"{at:06d}" * 60)] for at in range(size.chunks)]
        found["a signature of 360 characters"] = _best(size.rounds, lambda: _each(issued.events, signed))
        origins.close()
    return found


def _passing(issued: Issued, front: Front) -> Callable[[bytes], None]:
    return lambda data: issued.passing(front.format, data)


def _each(step: Callable[[Any], object], items: list[Any]) -> float:
    """Microseconds of CPU for each of `items`."""
    began = time.process_time_ns()
    for item in items:
        step(item)
    return (time.process_time_ns() - began) / len(items) / 1000


def _best(rounds: int, measured: Callable[[], float]) -> float:
    return min(measured() for _ in range(rounds))


def judge(pairs: list[dict[str, Any]]) -> list[dict[str, object]]:
    """Each target at the pair that is farthest from it."""
    judged: list[dict[str, object]] = []
    for key, limit in _TARGETS.items():
        worst = max(pairs, key=lambda each: each[key])
        value = worst[key]
        measured = f"{value:,.3g} µs" if value < 1000 else f"{value:,.0f} µs"
        judged.append(
            {
                "claim": f"{_CLAIMS[key]} ({worst['front']} → {worst['back']})",
                "target": f"≤ {limit:,g} µs",
                "measured": measured,
                "met": value <= limit,
            }
        )
    return judged


@click.command()
@click.option("--size", type=click.Choice(list(SIZES)), default="full", show_default=True, help="How much is measured.")
@click.option("--out", type=click.Path(path_type=Path), help="A JSON file for the figures.")
@click.option("--write-docs", "docs", is_flag=True, help="Put the tables into docs/benchmarks.md.")
def main(size: str, out: Path | None, docs: bool) -> None:
    """CPU that translating requests and streams costs, for each pair of formats."""
    found = measure(SIZES[size])
    show(found)
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(json.dumps(found, indent=1) + "\n")
    if docs:
        write_docs(found, _DOCS)


if __name__ == "__main__":
    main()
