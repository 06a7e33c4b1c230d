"""What was lost of an answer."""

from __future__ import annotations

from ajar.domain.dialog.losses import Losses

_ENVELOPE = frozenset(
    {
        "system_fingerprint",
        "provider",
        "x_groq",
        "object",
        "prompt_filter_results",
        "content_filter_results",
        "metrics",
        "request_id",
        "time_info",
        "seed",
        "performanceConfig",
        "usage_breakdown",
    }
)
"""Fields that tell of the provider's machinery and not of the answer: nobody misses them in another format."""


class AnswerLosses(Losses):
    """Adds to the losses of the request, and is true where there are any of the answer itself."""

    __slots__ = ("_all",)

    def __init__(self, losses: Losses) -> None:
        super().__init__()
        self._all = losses

    def add(self, name: str) -> None:
        """Something called `name` was dropped."""
        if name.removeprefix("finish.") not in _ENVELOPE:
            super().add(name)
            self._all.add(name)
