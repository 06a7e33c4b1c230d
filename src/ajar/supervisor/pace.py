"""How often the supervisor looks, and how long it waits."""

from __future__ import annotations

import msgspec


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """All in seconds. Only tests change them."""

    poll_s: float = 0.25
    """Between two looks at a watched file."""

    health_every_s: float = 2.0
    health_limit_s: float = 1.0
    wedged_s: float = 10.0
    """A runtime without a good health answer for this long is ended and started again."""

    load_limit_s: float = 600.0
    """A runtime may take this long to load its model."""

    boot_limit_s: float = 30.0
    """A worker may take this long until it is ready."""

    ping_every_s: float = 5.0
    """Between two questions to each worker whether it lives."""

    apply_limit_s: float = 10.0
    """A worker that has not answered after this long, be it a snapshot or a ping, hangs, and is replaced."""

    quick_drain_s: float = 2.0
    """After SIGINT running inferences may take this long."""

    stop_now_s: float = 0.3
    """The same after a second SIGINT: long enough for workers to record what they cut."""

    stop_s: float = 0.7
    """Between the wish that a process ends and SIGKILL. With `quick_drain_s` it stays below 3 s."""
