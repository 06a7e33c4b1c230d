"""The importers by the names of the tools."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

from ajar.config.problem import hint
from ajar.errors import ConfigError
from ajar.evals.importers import inspect_samples, openai_evals, pydantic_evals
from ajar.evals.importers.promptfoo import config as promptfoo

if TYPE_CHECKING:
    from pathlib import Path

    from ajar.evals.importers.imported import Imported


class _Reader(Protocol):
    def __call__(self, path: Path, *, allow_code: bool = False) -> Imported: ...


_READERS: MappingProxyType[str, _Reader] = MappingProxyType(
    {
        "promptfoo": promptfoo.read,
        "openai-evals": openai_evals.read,
        "inspect": inspect_samples.read,
        "pydantic-evals": pydantic_evals.read,
    }
)
NAMES = frozenset(_READERS)


def read(kind: str, path: Path, *, allow_code: bool = False) -> Imported:
    """The suite in a file of another tool, which is one of `NAMES`.

    Nothing of the file is ever run. What would run code, and files that it names, are refused; with `allow_code` they
    are said to be lost, or read. Raises ConfigError for a file that is not what it should be, or with everything that
    is refused.
    """
    reader = _READERS.get(kind)
    if reader is None:
        raise ConfigError([f"`{kind}` is no format that can be imported; {hint(kind, NAMES, 'the formats')}"])
    return reader(path, allow_code=allow_code)
