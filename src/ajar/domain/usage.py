"""Token counts of one inference, in one arithmetic for all providers."""

from __future__ import annotations

import msgspec


class Usage(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """Tokens as OpenTelemetry's `gen_ai.usage.*` counts them.

    `input_tokens` includes cached input, `output_tokens` includes reasoning. A count that the upstream did not report
    is None: it is never estimated.
    """

    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    cache_write_input_tokens: int | None = None
    reasoning_output_tokens: int | None = None
