"""Every revision that was ever made: one line of JSON each, in a file that only grows."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import msgspec

from ajar.config.revision import Revision

if TYPE_CHECKING:
    from pathlib import Path

_decode = msgspec.json.Decoder(Revision).decode


class RevisionHistory:
    """`history.jsonl`. Writers take turns by a lock of their own. Every method may raise OSError."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def all(self) -> list[Revision]:
        """Oldest first. A line that a crash cut off in the middle is passed over."""
        try:
            data = self.path.read_bytes()
        except FileNotFoundError:
            return []
        found: list[Revision] = []
        for line in data.splitlines():
            try:
                found.append(_decode(line))
            except (msgspec.DecodeError, UnicodeDecodeError):
                continue
        return found

    def append(self, revision: Revision) -> None:
        """Add one; it is durable before this returns."""
        fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            if os.geteuid() == 0:  # what root writes with `sudo` stays its owner's
                owner = self.path.parent.stat()
                os.fchown(fd, owner.st_uid, owner.st_gid)
            size = os.fstat(fd).st_size
            torn = size > 0 and os.pread(fd, 1, size - 1) != b"\n"
            os.write(fd, (b"\n" if torn else b"") + msgspec.json.encode(revision) + b"\n")
            os.fsync(fd)
        finally:
            os.close(fd)
