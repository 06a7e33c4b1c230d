"""Lines of events, as an obvious regular expression finds them."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from ajar.wire.passing import data_lines

_oracle = re.compile(rb"^data: ?(.*?)\r?$", re.MULTILINE)


@given(st.lists(st.sampled_from([b"data:", b"data: ", b" ", b"\r", b"\n", b"x", b"event: y\n", b"{}"])).map(b"".join))
def test_the_data_of_every_line(events: bytes) -> None:
    assert data_lines(events) == _oracle.findall(events)
