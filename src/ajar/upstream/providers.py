"""The provider table: where each compatible API lives and how it wants to be asked."""

from __future__ import annotations

import datetime
import tomllib
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Literal

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping


class Provider(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One row of `providers.toml`; its header explains each field."""

    name: str = ""
    base_url: str | None = None
    api_key_env: str | None = None
    auth: str = "bearer"
    chat: str = "/chat/completions"
    embeddings: str = "/embeddings"
    stream_usage: bool = True
    key: Literal["required", "optional"] = "required"
    metered: bool = True
    gen_ai: str
    source: str
    checked: datetime.date

    @property
    def needs_api_version(self) -> bool:
        """Whether a deployment must give `api_version`."""
        return "{api_version}" in self.chat


@cache
def providers() -> Mapping[str, Provider]:
    """All rows by name."""
    text = resources.files("ajar.upstream").joinpath("providers.toml").read_text("utf-8")
    rows = msgspec.convert(tomllib.loads(text), dict[str, Provider])
    return {name: msgspec.structs.replace(row, name=name) for name, row in rows.items()}
