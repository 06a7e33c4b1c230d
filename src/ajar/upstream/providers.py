"""The provider table: where each API lives, which formats it speaks, and how it wants to be asked."""

from __future__ import annotations

import datetime
import tomllib
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import msgspec

from ajar.config.facts import formats

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ajar.domain.dialog.parts import Format

Operation: TypeAlias = Literal[
    "openai-chat",
    "openai-responses",
    "anthropic",
    "anthropic-stream",
    "anthropic-count",
    "gemini",
    "gemini-stream",
    "bedrock",
    "bedrock-stream",
    "embeddings",
]
"""What a deployment can be asked for: a format, its streams where they have a path of their own, and two more."""


class Provider(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One row of `providers.toml`; its header explains each field."""

    name: str = ""
    base_url: str | None = None
    base_url_at: dict[str, str] = {}
    paths: dict[Operation, str]
    models: dict[str, dict[Operation, str]] = {}
    auth: str = "bearer"
    api_key_env: str | None = None
    key: Literal["required", "optional"] = "required"
    headers: dict[str, str] = {}
    body: dict[str, Any] = {}
    model_in_body: bool = True
    quirks: tuple[str, ...] = ()
    reasoning_field: Literal["reasoning_content", "reasoning"] = "reasoning_content"
    stream_usage: bool = True
    metered: bool = True
    retry: frozenset[int] = frozenset({408, 409, 429, 500, 502, 503, 504, 529})
    gen_ai: str
    source: str
    checked: datetime.date

    @property
    def formats(self) -> tuple[Format, ...]:
        """The formats that it speaks, in order of preference, where its `models` do not say otherwise."""
        return formats(self.paths)

    def paths_of(self, model: str) -> Mapping[Operation, str]:
        """The paths for this model by operation, formats in order of preference, placeholders not filled in."""
        begun = [prefix for prefix in self.models if model.startswith(prefix)]
        return self.models[max(begun, key=len)] if begun else self.paths


@cache
def providers() -> Mapping[str, Provider]:
    """All rows by name."""
    text = resources.files("ajar.upstream").joinpath("providers.toml").read_text("utf-8")
    rows = msgspec.convert(tomllib.loads(text), dict[str, Provider])
    return {name: msgspec.structs.replace(row, name=name) for name, row in rows.items()}
