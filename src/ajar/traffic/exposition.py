"""Metrics as text, in the format that Prometheus reads (version 0.0.4)."""

from __future__ import annotations

from itertools import groupby
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from ajar.traffic.board import OVERFLOW
from ajar.traffic.totals import Total, family, number

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_OWN_HELP: Final = {OVERFLOW: "Observations that were lost because a process has too many label sets."}


def exposition(totals: Iterable[Total], helps: Mapping[str, str] = MappingProxyType({})) -> str:
    """The text for totals as `Board.totals` gives them. `helps` maps a metric's name to one sentence on it."""
    lines: list[str] = []
    for name, group in groupby(totals, family):
        rows = list(group)
        sentence = helps.get(name) or _OWN_HELP.get(name) or name.replace("_", " ")
        lines.append(f"# HELP {name} {_escape_help(sentence)}\n# TYPE {name} {rows[0].kind}\n")
        lines += map(_row, rows)
    return "".join(lines)


def _row(total: Total) -> str:
    if not total.labels:
        return f"{total.name} {number(total.value)}\n"
    labels = ",".join(f'{key}="{_escape_label(value)}"' for key, value in total.labels)
    return f"{total.name}{{{labels}}} {number(total.value)}\n"


def _escape_help(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n")


def _escape_label(text: str) -> str:
    return _escape_help(text).replace('"', '\\"')
