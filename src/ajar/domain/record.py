"""What is kept of one inference."""

from __future__ import annotations

from typing import Literal

import msgspec

from ajar.domain.usage import Usage

Purpose = Literal["live", "eval", "judge", "shadow", "drill", "probe"]
"""Why the inference was asked for. Only `live` enters experiments, summaries and drift."""


class Attempt(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One call to one deployment. Times are milliseconds; `start_ms` counts from the inference's start."""

    deployment: str
    start_ms: float
    ttfb_ms: float | None = None
    total_ms: float | None = None
    status: int | None = None
    error: str | None = None


class InferenceRecord(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One request answered, or given up. Appended to the journal before the last byte of the answer is sent.

    `time` is microseconds since 1970 UTC, other times are milliseconds. `status` is what the caller saw (499: it left
    first), but for a stream that broke off after its 200: there it is the failure's own. `error` is an `ajar.errors`
    code. `usage_raw` is the JSON text of the provider's own usage block, as it came. `revision` 0 is the route as the
    file has it. `dropped` names what could not be carried between two formats.
    `variant` is the deployment that the unit was assigned, whoever answered. `copy_of` is the live inference whose copy
    this one is. `request` and `response` are kept only where the route says `bodies = "all"`.
    """

    id: str
    time: int
    operation: str
    route: str | None
    config: str
    caller: str
    purpose: Purpose
    status: int
    stream: bool
    total_ms: float
    revision: int = 0
    experiment: str | None = None
    epoch: int | None = None
    unit_hash: str | None = None
    variant: str | None = None
    deployment: str | None = None
    upstream_model: str | None = None
    finish_reason: str | None = None
    error: str | None = None
    ttfb_ms: float | None = None
    usage: Usage | None = None
    usage_raw: str | None = None
    attempts: tuple[Attempt, ...] = ()
    dropped: tuple[str, ...] = ()
    request: str | None = None
    response: str | None = None
    copy_of: str | None = None
