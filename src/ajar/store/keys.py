"""The API keys that callers of this Ajar hold: made, listed and revoked. Only hashes are stored."""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import secrets
import string
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
from msgspec import Meta

from ajar.config.snapshot import KeyEntry
from ajar.errors import StateError
from ajar.store import atomic

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

_ID_LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: no i, l, o, u to misread
_SECRET_LETTERS = string.digits + string.ascii_letters
_SECRET_LENGTH = 43  # 62^43 > 2^256


class StoredKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One key that was ever made. `digest` is the SHA-256 of its secret's text, in hex. Times are UTC."""

    id: Annotated[str, Meta(pattern=r"\A[0-9a-z]{12}\Z")]
    digest: Annotated[str, Meta(pattern=r"\A[0-9a-f]{64}\Z")]
    name: Annotated[str, Meta(min_length=1, max_length=128)]
    direct: bool
    created: Annotated[datetime.datetime, Meta(tz=True)]
    revoked: Annotated[datetime.datetime, Meta(tz=True)] | None = None

    def entry(self) -> KeyEntry:
        """The key as workers see it."""
        return KeyEntry(self.id, self.digest, self.name, self.direct)


class _Document(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    version: Literal[1]
    keys: tuple[StoredKey, ...]


class KeyFile:
    """`keys.json` in the state directory. Every method reads the file anew; any may raise StateError."""

    def __init__(self, state_dir: Path) -> None:
        self.state_dir = state_dir
        self.path = state_dir / "keys.json"

    def all(self) -> tuple[StoredKey, ...]:
        """Every key that was ever made, oldest first; none where there is no key file.

        A file that cannot be read or understood raises StateError: it never counts as "no keys".
        """
        with self._explained():
            try:
                data = self.path.read_bytes()
            except FileNotFoundError:
                return ()
            if self.path.stat().st_mode & 0o022:
                raise StateError(
                    f"{self.path}: other users may write this file, and so make keys for themselves. Run "
                    f"`chmod 600 {self.path}`, then look through `ajar key list`"
                )
        return self._understood(data)

    def entries(self) -> tuple[KeyEntry, ...]:
        """The keys that are valid now."""
        return tuple(key.entry() for key in self.all() if key.revoked is None)

    @property
    def ever_created(self) -> bool:
        """Whether any key was ever made, revoked ones included."""
        return bool(self.all())

    def create(self, name: str, direct: bool) -> tuple[KeyEntry, str]:
        """A new key, and its full text, which is stored nowhere. It is durable before this returns."""
        ident = "".join(secrets.choice(_ID_LETTERS) for _ in range(12))
        secret = _base62(secrets.token_bytes(32))
        digest = hashlib.sha256(secret.encode()).hexdigest()
        key = StoredKey(ident, digest, name, direct, created=_now())
        with self._changing() as keys:
            self._write((*keys, key))
        return key.entry(), f"ajar_{ident}_{secret}"

    def revoke(self, id_or_name: str) -> StoredKey:
        """End a key's validity, and return it; one that was revoked before stays as it was.

        Raises StateError where no key, or more than one valid key, is called so.
        """
        with self._changing() as keys:
            key = self._called(id_or_name, keys)
            if key.revoked is not None:
                return key
            ended = msgspec.structs.replace(key, revoked=_now())
            self._write(tuple(ended if one is key else one for one in keys))
        return ended

    def _called(self, id_or_name: str, keys: tuple[StoredKey, ...]) -> StoredKey:
        for key in keys:
            if key.id == id_or_name:
                return key
        named = [key for key in keys if key.name == id_or_name]
        valid = [key for key in named if key.revoked is None]
        if len(valid) > 1:
            ids = ", ".join(key.id for key in valid)
            raise StateError(f"{len(valid)} valid keys are named {id_or_name}: revoke them one by one, by id: {ids}")
        if not named:
            raise StateError(f"{self.path}: no key has this id or name; `ajar key list` shows them all")
        return valid[0] if valid else named[-1]

    @contextlib.contextmanager
    def _changing(self) -> Generator[tuple[StoredKey, ...]]:
        """The keys as they are, and nobody else changes them meanwhile."""
        with self._explained():
            self.state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
            with atomic.locked(self.state_dir / "keys.lock"):
                yield self.all()

    def _write(self, keys: tuple[StoredKey, ...]) -> None:
        atomic.replace(self.path, msgspec.json.format(msgspec.json.encode(_Document(1, keys)), indent=1) + b"\n")

    @contextlib.contextmanager
    def _explained(self) -> Generator[None]:
        try:
            yield
        except OSError as error:
            why = (error.strerror or str(error)).lower()
            raise StateError(
                f"{error.filename or self.path}: {why}; run this as the user who runs `ajar serve`, and see that "
                f"this user may read and write {self.state_dir}"
            ) from error

    def _understood(self, data: bytes) -> tuple[StoredKey, ...]:
        try:
            keys = msgspec.json.decode(data, type=_Document).keys
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise self._damaged(str(error)) from error
        if len({key.id for key in keys}) != len(keys):
            raise self._damaged("an id stands twice")
        return keys

    def _damaged(self, why: str) -> StateError:
        return StateError(
            f"{self.path}: the key file is damaged or from a newer Ajar ({why}); restore it from a backup. "
            "To begin anew, move it away and create new keys: the old ones then end"
        )


def _base62(data: bytes) -> str:
    number = int.from_bytes(data)
    letters: list[str] = []
    for _ in range(_SECRET_LENGTH):
        number, digit = divmod(number, 62)
        letters.append(_SECRET_LETTERS[digit])
    return "".join(letters)


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC).replace(microsecond=0)
