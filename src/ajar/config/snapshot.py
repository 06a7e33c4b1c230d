"""What a worker serves from: one immutable value, swapped whole."""

from __future__ import annotations

import hashlib

import msgspec

from ajar.config.model import Config
from ajar.config.revision import Revision


class KeyEntry(msgspec.Struct, frozen=True):
    """One valid key as workers see it: its id, the SHA-256 of its secret in hex, its name, and its rights."""

    id: str
    digest: str
    name: str
    direct: bool = False


class Snapshot(msgspec.Struct, frozen=True):
    """Config, the keys that are valid now, and where each started runtime listens now.

    `endpoints` maps a deployment to the base URL of its running child; a started runtime that is absent is not up.
    `loopback`: nobody but this machine can reach the service. `keyless` is true only then, and only while no key was
    ever created.
    """

    hash: str
    config: Config
    keys: tuple[KeyEntry, ...] = ()
    keyless: bool = False
    loopback: bool = False
    endpoints: dict[str, str] = {}
    revisions: dict[str, Revision] = {}
    """By route: those in force."""
    salt: str = ""
    """What units are hashed with, in hex: one secret for each state directory."""


def config_hash(config: Config) -> str:
    """The first 16 hex digits of the SHA-256 over the config's canonical JSON (defaults filled in, keys sorted)."""
    canonical = msgspec.json.encode(config, order="sorted")
    return hashlib.sha256(canonical).hexdigest()[:16]
