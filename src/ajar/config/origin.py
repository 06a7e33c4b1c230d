"""Where each value of the config comes from: a line of the file, or a default."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import msgspec

from ajar.config.problem import dotted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ajar.config.model import Config
    from ajar.config.problem import KeyPath

DEFAULT = "default"


def values(config: Config) -> Iterator[tuple[KeyPath, object]]:
    """Every value of the config with its key, defaults filled in, in the order of the file's description."""
    yield from _values(config, ())


def origins(config: Config, lines: Mapping[KeyPath, int], name: str) -> dict[str, str]:
    """For each value's dotted key, `ajar.toml:12` where the file sets it and `default` where it does not."""
    return {dotted(path): f"{name}:{lines[path]}" if path in lines else DEFAULT for path, _ in values(config)}


def _values(value: object, path: KeyPath) -> Iterator[tuple[KeyPath, object]]:
    if isinstance(value, msgspec.Struct):
        for field in value.__struct_fields__:
            yield from _values(getattr(value, field), (*path, field))
    elif isinstance(value, dict):
        for key, item in cast("Mapping[str, object]", value).items():
            yield from _values(item, (*path, key))
    else:
        yield path, value
