"""One answer to one case, scored: a line of a run's journal."""

from __future__ import annotations

from typing import Literal

import msgspec

from ajar.domain.usage import Usage
from ajar.evals.answer import Answer
from ajar.evals.score import Score

Arm = Literal["candidate", "baseline"]


class Failure(msgspec.Struct, frozen=True, omit_defaults=True):
    """Why there is no answer. `code` is one of a few words that can be counted; `status` is HTTP's."""

    code: str
    message: str = ""
    status: int | None = None


class Judged(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What the judges of one answer took: how many of their calls were answered, by whom, and for how much.

    `deployments` and `models` count the calls; `usage` adds up what was reported, and `cost_usd` what is known:
    `cost_unknown` calls are missing from it.
    """

    calls: int
    deployments: dict[str, int] = {}
    models: dict[str, int] = {}
    usage: Usage = Usage()
    cost_usd: float = 0.0
    cost_unknown: int = 0


class Sample(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Either `answer` with its `scores` by check, or the `error` that stands in its place: an error is data too.

    `case` counts from 0 in the suite's order, and `repeat` from 0. `attempts` is how many requests it took, and
    `judged` what its judges took, where one answered.
    """

    case: int
    id: str
    arm: Arm
    repeat: int
    answer: Answer | None = None
    error: Failure | None = None
    scores: dict[str, Score] = {}
    attempts: int = 1
    judged: Judged | None = None
