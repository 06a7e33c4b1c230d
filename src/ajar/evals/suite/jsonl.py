"""A JSONL file of which only the places of its rows are kept, 20 bytes for each, however long they are."""

from __future__ import annotations

import os
import stat
import weakref
import zlib
from array import array
from typing import TYPE_CHECKING

from ajar.errors import ConfigError
from ajar.evals.suite.document import LARGEST, decoded, unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_BOM = b"\xef\xbb\xbf"


class JsonLines:
    """An open file. `rows` goes through it once; `keep` says which rows `row` can get again, in the order of keeping.

    The file stays open, so a file that takes its place is not seen; of one that is written over, no changed row is
    ever returned.
    """

    def __init__(self, path: Path) -> None:
        self.name = str(path)
        try:
            self._fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except (OSError, ValueError) as error:
            raise unreadable(self.name, error) from error
        weakref.finalize(self, os.close, self._fd)
        if stat.S_ISDIR(os.fstat(self._fd).st_mode):
            raise ConfigError([f"{self.name}: this is a directory; `cases` names a JSONL file"])
        if not stat.S_ISREG(os.fstat(self._fd).st_mode):
            raise ConfigError([f"{self.name}: cases are read several times, and this is no regular file; write one"])
        self._offsets = array("Q")
        self._lengths = array("I")
        self._sums = array("I")
        self._lines = array("I")

    def rows(self) -> Iterator[tuple[int, int, bytes]]:
        """The line, offset and bytes of every line that is not empty. Raises ConfigError for what is no line."""
        offset = 0
        with open(self._fd, "rb", closefd=False) as file:
            for line in range(1, 2**32):
                data = file.readline(LARGEST + 1)
                if not data:
                    return
                if len(data) > LARGEST:
                    size = LARGEST // 1024 // 1024
                    raise ConfigError([f"{self.name}:{line}: this line is over {size} MB; a case stands on one line"])
                if line == 1:
                    decoded(data[:4] if data.startswith((b"\xff\xfe", b"\xfe\xff")) else b"", self.name)
                skipped = len(_BOM) if line == 1 and data.startswith(_BOM) else 0
                if not data[skipped:].isspace() and len(data) > skipped:
                    yield line, offset + skipped, data[skipped:].rstrip(b"\r\n")
                offset += len(data)

    def keep(self, line: int, offset: int, data: bytes) -> None:
        """Make the row available to `row`."""
        self._offsets.append(offset)
        self._lengths.append(len(data))
        self._sums.append(zlib.crc32(data))
        self._lines.append(line)

    def line(self, index: int) -> int:
        """The line of a kept row."""
        return self._lines[index]

    def row(self, index: int) -> bytes:
        """The bytes of a kept row. Raises ConfigError where the file no longer holds them."""
        data = os.pread(self._fd, self._lengths[index], self._offsets[index])
        if zlib.crc32(data) != self._sums[index]:
            where = f"{self.name}:{self._lines[index]}"
            raise ConfigError(
                [f"{where}: the file was changed while it was in use; start again with the file as it is"]
            )
        return data
