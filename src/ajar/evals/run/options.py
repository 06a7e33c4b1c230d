"""How a run goes about its work."""

from __future__ import annotations

import msgspec

from ajar.evals.run.target import Target


class RunOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked follows from `repeats` and `seed`; the others only decide how it is got.

    At most `max_concurrency` requests are on their way at once, those of both models and of judges together. A request
    is sent again at most `retries` times, and never once `give_up_s` seconds have passed since it was first sent; each
    time it has `timeout_s`. The run stops after `breaker` equal errors of a target in a row (0: never), unless the
    target then answers what it answered before. With `retry_errors`, a resumed run asks again what ended in an error or
    could not be scored. Judges are asked at `judge`; where that is None, what they are to score has no value.
    """

    repeats: int = 1
    seed: int = 0
    max_concurrency: int = 64
    retries: int = 3
    timeout_s: float = 600
    give_up_s: float = 1200
    breaker: int = 10
    retry_errors: bool = False
    judge: Target | None = None
