"""The scorers by name, and a scorer built from what a suite says of it."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Collection, Mapping
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast

import msgspec

from ajar.config.problem import hint
from ajar.errors import ConfigError
from ajar.evals import scorers
from ajar.evals.scorer import Scorer
from ajar.evals.scorers.option import faults
from ajar.evals.scorers.python import Python

if TYPE_CHECKING:
    from pathlib import Path


@cache
def scorer_kinds() -> Mapping[str, type[Scorer]]:
    """Every scorer of this package by the name that suites use, in the order of the names."""
    kinds: dict[str, type[Scorer]] = {}
    for found in pkgutil.iter_modules(scorers.__path__, f"{scorers.__name__}."):
        module = importlib.import_module(found.name)
        for _, member in inspect.getmembers(module, inspect.isclass):
            if issubclass(member, Scorer) and member.__module__ == module.__name__:
                kinds[member.name] = member
    return MappingProxyType(dict(sorted(kinds.items())))


def build(spec: str | Mapping[str, Any], *, allow: Collection[str] = (), folder: Path | None = None) -> Scorer:
    """The scorer that `spec` describes: its name, or a mapping of `scorer` (the name) and its options.

    `allow` are the modules whose functions a `python` scorer may call: no other is imported. They may lie in `folder`,
    the suite's. Raises ConfigError with one sentence for each fault.
    """
    name, options = _parts(spec)
    kind = scorer_kinds().get(name)
    if kind is None:
        raise ConfigError([f"there is no scorer `{name}`; {hint(name, scorer_kinds(), 'the scorers')}"])
    found = list(faults(kind, options))
    if found:
        raise ConfigError([f"scorer `{name}`: {fault}" for fault in found])
    try:
        scorer = msgspec.convert(options, kind)
        if isinstance(scorer, Python):
            scorer.admit(allow, folder)
    except (msgspec.ValidationError, ValueError) as error:  # of `__post_init__`: options that do not go together
        raise ConfigError([f"scorer `{name}`: {error}"]) from None
    return scorer


def _parts(spec: object) -> tuple[str, dict[str, Any]]:
    if isinstance(spec, str):
        return spec, {}
    if not isinstance(spec, Mapping):
        raise ConfigError(
            ["a check is the name of a scorer, or a mapping such as `{scorer: exact, ignore_case: true}`"]
        )
    options = {str(key): value for key, value in cast("Mapping[object, Any]", spec).items()}
    name: object = options.pop("scorer", None)
    if not isinstance(name, str):
        known = ", ".join(f"`{known}`" for known in scorer_kinds())
        raise ConfigError([f"`scorer` is missing or is not text; add `scorer: NAME`, where the scorers are {known}"])
    return name, options
