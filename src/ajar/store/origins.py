"""Where a value came from that only its issuer understands: one index for all workers, which survives restarts.

It holds no values and no names, only digests under a random key that lies in the same file. A value is digested
together with its caller, so that nobody can use, or learn of, what another caller was given.
"""

from __future__ import annotations

import time
from hashlib import blake2b
from typing import TYPE_CHECKING, Final, Self

from ajar.store.origin_table import AHEAD_S, OriginTable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

SLOTS: Final = 2**19
"""21 MB: at three values an answer, room for some 5,800 answers a day over 30 days."""
KEEP_S: Final = 30 * 86_400

_MOST_NAMES: Final = 4096
_FRESH_S: Final = 3600
# Some clients decode base64 and encode it anew, in the other alphabet or without padding (google-genai does).
_ALPHABET: Final = bytes.maketrans(b"-_", b"+/")


class Origin:
    """The deployment and the account that issued a value, as digests that can be asked."""

    __slots__ = ("_digest", "_known")

    def __init__(self, known: bytes, digest: Callable[[str], bytes]) -> None:
        self._known = known
        self._digest = digest

    def deployment_is(self, name: str) -> bool:
        """Whether the deployment of that name issued it."""
        return self._known[:8] == self._digest(name)

    def account_is(self, account: str) -> bool:
        """Whether it was issued under that account."""
        return self._known[8:] == self._digest(account)


class Origins:
    """One process's view of the index. Use from one thread; any number of processes may have the same file open."""

    __slots__ = ("_callers", "_clock", "_fresh_s", "_keep_s", "_names", "_table")

    def __init__(self, table: OriginTable, keep_s: int, clock: Callable[[], float] = time.time) -> None:
        """`create_or_open` is the way in. `clock` tells seconds since 1970 UTC."""
        self._table = table
        self._keep_s = keep_s
        self._fresh_s = min(_FRESH_S, keep_s // 24)
        self._clock = clock
        self._callers: dict[str, blake2b] = {}
        self._names: dict[str, bytes] = {}

    @classmethod
    def create_or_open(
        cls, path: Path, slots: int = SLOTS, keep_s: int = KEEP_S, clock: Callable[[], float] = time.time
    ) -> Self:
        """The index in the file at `path`, which is made with room for `slots` values if it is not there.

        A file that is there keeps its size. A damaged one is set aside with a warning, and an empty one begins. Raises
        StateError where the file system does not let it.
        """
        return cls(OriginTable.create_or_open(path, slots), keep_s, clock)

    def note(self, caller: str, values: Iterable[str | bytes], deployment: str, account: str) -> None:
        """These values were given to `caller` by `deployment`, under `account`. The last one to give a value counts.

        Each is kept for `keep_s`, or for up to an hour less where it was noted before. With room for no more, the
        oldest of eight is forgotten.
        """
        known = self._name(deployment) + self._name(account)
        now = int(self._clock())
        for value in values:
            self._table.put(self._digest(caller, value), known, now, self._fresh_s)

    def find(self, caller: str, value: str | bytes) -> Origin | None:
        """Who gave `value` to `caller`; None where that is unknown, or too long ago."""
        found = self._table.get(self._digest(caller, value))
        if found is None or not -AHEAD_S <= int(self._clock()) - found[1] <= self._keep_s:
            return None
        return Origin(found[0], self._name)

    def close(self) -> None:
        """Let go of the file. What was noted stays."""
        self._table.close()

    def _digest(self, caller: str, value: str | bytes) -> bytes:
        begun = self._callers.get(caller)
        if begun is None:
            begun = self._begun(caller)
        if type(value) is str:
            value = value.encode("utf-8", "surrogatepass")
        assert type(value) is bytes
        digest = begun.copy()
        digest.update(value.translate(_ALPHABET, b"="))
        return digest.digest()

    def _begun(self, caller: str) -> blake2b:
        """A hash that has taken the caller in; its length first, so that no caller is the beginning of another."""
        if len(self._callers) >= _MOST_NAMES:
            self._callers.clear()
        name = caller.encode("utf-8", "surrogatepass")
        start = b"%d:%b" % (len(name), name)
        self._callers[caller] = begun = blake2b(start, digest_size=16, key=self._table.key, person=b"ajar value")
        return begun

    def _name(self, name: str) -> bytes:
        digest = self._names.get(name)
        if digest is None:
            if len(self._names) >= _MOST_NAMES:
                self._names.clear()
            text = name.encode("utf-8", "surrogatepass")
            digest = blake2b(text, digest_size=8, key=self._table.key, person=b"ajar name").digest()
            self._names[name] = digest
        return digest
