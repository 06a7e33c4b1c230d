"""What an answer in a front format holds that no upstream said: Ajar makes it."""

from __future__ import annotations

from typing import NamedTuple


class Made(NamedTuple):
    """`id` is the inference's, a UUID; `created` is in seconds since 1970 UTC; `model` stands in for an unnamed one."""

    id: str
    created: int
    model: str
