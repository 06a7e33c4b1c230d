"""Writes a suite as a person would: block by block, texts of several lines as they are."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar, cast

import msgspec
import yaml

from ajar.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

MOST_INLINE = 500
"""Cases that still read well in one file; more of them go into a JSONL file beside it."""

_WIDTH = 112
_BREAKS = re.compile("[\r\x85\u2028\u2029]")


def write(suite: Mapping[str, Any], path: Path, *, force: bool = False) -> list[Path]:
    """Write the suite, and return the files that came to be: `path` and, for many cases, a JSONL file beside it.

    What is loaded from them is what was given. Raises ConfigError rather than write over a file, unless `force`.
    """
    head, cases = dict(suite), cast("object", suite.get("cases"))
    rows = path.with_name(f"{path.stem}.cases.jsonl")
    files = {path: ""}
    if isinstance(cases, list) and len(cast("list[object]", cases)) > MOST_INLINE:
        head["cases"] = rows.name
        listed = cast("list[object]", cases)
        files[rows] = "".join(f"{msgspec.json.encode(case).decode()}\n" for case in listed)
    files[path] = dumped(head)
    there = [file for file in files if file.exists() and not force]
    if there:
        raise ConfigError([f"{file}: this file is there already; remove it, or name another" for file in there])
    for file, text in files.items():
        try:
            file.write_text(text, encoding="utf-8", newline="\n")
        except OSError as error:
            raise ConfigError([f"{file}: cannot be written: {(error.strerror or str(error)).lower()}"]) from error
    return list(files)


def dumped(value: Mapping[str, Any]) -> str:
    """The YAML of plain values. Reading it gives the same values."""
    plain = msgspec.to_builtins(value, str_keys=True)
    text: str = yaml.dump(
        plain, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=_WIDTH, default_flow_style=False
    )
    return text


def _resolvers() -> dict[str, list[tuple[str, re.Pattern[str]]]]:
    """What the dumper takes for numbers: by YAML 1.1, which it knows, and by 1.2."""
    known: dict[str, list[tuple[str, re.Pattern[str]]]] = cast("Any", yaml.SafeDumper).yaml_implicit_resolvers
    number = re.compile(r"(?:[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|0o[0-7]+)\Z")
    first = {key: [("tag:yaml.org,2002:float", number)] for key in "-+.0123456789"}
    return {char: [*known.get(char, []), *first.get(char, [])] for char in {**known, **first}}


class _Dumper(yaml.SafeDumper):
    """Quotes what YAML 1.1 or 1.2 would read as anything but text."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - the signature of PyYAML
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002, FBT
        """Indent lists too."""
        super().increase_indent(flow, False)

    def text(self, data: str) -> yaml.ScalarNode:
        style = '"' if _BREAKS.search(data) else "|" if "\n" in data.strip() else None
        return cast("Any", self).represent_scalar("tag:yaml.org,2002:str", data, style)

    def listed(self, data: list[Any]) -> yaml.SequenceNode:
        short = all(isinstance(item, str | int | float) and len(str(item)) < 40 for item in data)
        flow = short and len(str(data)) < _WIDTH and not any("\n" in str(item) for item in data)
        return self.represent_sequence("tag:yaml.org,2002:seq", data, flow_style=flow)

    yaml_representers: ClassVar[Any] = {**yaml.SafeDumper.yaml_representers, str: text, list: listed}
    yaml_implicit_resolvers: ClassVar[Any] = _resolvers()
