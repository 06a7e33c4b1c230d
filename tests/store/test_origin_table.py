"""Entries of the table: whole, or none."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st

from ajar.store.origin_table import OriginTable

NOW = 1_800_000_000
HEADER = 4096
ENTRY = 40
DIGESTS = [bytes([number]) * 16 for number in range(1, 9)]


def table_in(folder: str) -> OriginTable:
    """One bucket, full: entry `n` knows `n`."""
    table = OriginTable.create_or_open(Path(folder) / "t", 8)
    for number, digest in enumerate(DIGESTS, 1):
        table.put(digest, bytes([100 + number]) * 16, NOW + number, 0)
    return table


def change(folder: str, at: int, data: bytes) -> None:
    with (Path(folder) / "t").open("r+b") as file:
        file.seek(HEADER + at)
        file.write(data)


@given(st.integers(0, 7), st.integers(0, 7), st.integers(0, ENTRY))
def test_an_entry_of_two_halves_is_none_or_one_of_the_two(first: int, second: int, cut: int) -> None:
    with TemporaryDirectory() as folder:
        table = table_in(folder)
        whole = (Path(folder) / "t").read_bytes()[HEADER:]
        entries = [whole[at : at + ENTRY] for at in range(0, 8 * ENTRY, ENTRY)]
        torn = entries[first][:cut] + entries[second][cut:]
        change(folder, first * ENTRY, torn)
        for number, digest in enumerate(DIGESTS):
            expected = (bytes([101 + number]) * 16, NOW + number + 1)
            assert table.get(digest) in (expected, None)
            if number != first:
                assert table.get(digest) == expected
        table.put(DIGESTS[first], bytes(16), NOW + 50, 3600)
        assert table.get(DIGESTS[first]) == (bytes(16), NOW + 50)
        table.close()


@given(st.integers(0, 8 * ENTRY - 1), st.binary(min_size=1, max_size=2 * ENTRY))
def test_whatever_stands_there_nothing_wrong_is_read(at: int, data: bytes) -> None:
    with TemporaryDirectory() as folder:
        table = table_in(folder)
        change(folder, at, data[: 8 * ENTRY - at])
        for number, digest in enumerate(DIGESTS):
            assert table.get(digest) in ((bytes([101 + number]) * 16, NOW + number + 1), None)
        table.put(b"\xfe" * 16, b"\xfd" * 16, NOW, 3600)
        assert table.get(b"\xfe" * 16) == (b"\xfd" * 16, NOW)
        table.close()


@given(st.binary(min_size=16, max_size=16), st.binary(min_size=16, max_size=16))
def test_an_empty_table_holds_nothing(digest: bytes, known: bytes) -> None:
    with TemporaryDirectory() as folder:
        table = OriginTable.create_or_open(Path(folder) / "t", 8)
        assert table.get(digest) is None
        assert table.get(bytes(16)) is None
        table.put(digest, known, NOW, 0)
        assert table.get(digest) == (known, NOW)
        table.close()


def test_what_is_fresh_is_not_written_again() -> None:
    with TemporaryDirectory() as folder:
        table = OriginTable.create_or_open(Path(folder) / "t", 8)
        table.put(DIGESTS[0], bytes(16), NOW, 60)
        table.put(DIGESTS[0], bytes(16), NOW + 60, 60)
        assert table.get(DIGESTS[0]) == (bytes(16), NOW)
        table.put(DIGESTS[0], bytes(16), NOW + 61, 60)
        assert table.get(DIGESTS[0]) == (bytes(16), NOW + 61)
        table.close()


def test_the_newer_of_two_counts() -> None:
    """Two processes that add the same at once may take a slot each."""
    with TemporaryDirectory() as folder:
        table = OriginTable.create_or_open(Path(folder) / "t", 8)
        table.put(DIGESTS[0], b"\x01" * 16, NOW, 0)
        first = (Path(folder) / "t").read_bytes()[HEADER : HEADER + ENTRY]
        table.put(DIGESTS[0], b"\x02" * 16, NOW + 1, 0)
        change(folder, 5 * ENTRY, first)
        assert table.get(DIGESTS[0]) == (b"\x02" * 16, NOW + 1)
        table.put(DIGESTS[0], b"\x03" * 16, NOW + 2, 0)
        assert table.get(DIGESTS[0]) == (b"\x03" * 16, NOW + 2)
        table.close()


def test_a_torn_entry_is_written_again_even_if_it_looks_the_same() -> None:
    with TemporaryDirectory() as folder:
        table = OriginTable.create_or_open(Path(folder) / "t", 8)
        table.put(DIGESTS[0], bytes(16), NOW, 60)
        change(folder, 36, b"\xff\xff\xff\xff")
        assert table.get(DIGESTS[0]) is None
        table.put(DIGESTS[0], bytes(16), NOW, 60)
        assert table.get(DIGESTS[0]) == (bytes(16), NOW)
        table.close()


def test_a_digest_is_looked_for_only_where_one_stands() -> None:
    with TemporaryDirectory() as folder:
        table = OriginTable.create_or_open(Path(folder) / "t", 8)
        table.put(DIGESTS[0], DIGESTS[1], NOW, 60)
        assert table.get(DIGESTS[1]) is None
        table.put(DIGESTS[1], DIGESTS[2], NOW, 60)
        assert table.get(DIGESTS[0]) == (DIGESTS[1], NOW)
        assert table.get(DIGESTS[1]) == (DIGESTS[2], NOW)
        table.close()
