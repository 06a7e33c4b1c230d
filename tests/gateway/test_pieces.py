"""What is kept of answers takes no more than it may."""

from __future__ import annotations

from ajar.gateway.pieces import Pieces, Room


def test_all_of_it_or_nothing() -> None:
    pieces = Pieces(10)
    pieces.append(b"12345")
    assert pieces.whole() == b"12345"
    pieces.append(b"67890")
    assert (pieces.whole(), pieces.lack) == (b"1234567890", None)
    pieces.append(b"x")
    assert (pieces.whole(), pieces.lack) == (None, "too_large")


def test_many_share_one_room() -> None:
    room = Room(3000)
    first, second = Pieces(2000, room), Pieces(2000, room)
    for each in (first, second):
        each.append(b"a" * 1400)
    second.append(b"b" * 200)
    assert (first.whole(), second.whole(), second.lack) == (b"a" * 1400, None, "full")
    first.append(b"c" * 200)  # there is room again
    assert len(first.whole() or b"") == 1600
    first.release()
    first.release()
    assert room.left == 3000
    assert len(first.whole() or b"") == 1600


def test_small_pieces_cost_more_than_their_bytes() -> None:
    pieces = Pieces(None, Room(1000))
    for _ in range(100):
        pieces.append(b"x")
    assert pieces.lack == "full"
