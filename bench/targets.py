"""What Ajar promises of its own cost, and whether a run shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from summary import Figure, Summary

_WORKER = "its worker"


@dataclass(frozen=True)
class Target:
    """One promise. `at_least` turns the limit round."""

    claim: str
    limit: float
    unit: str
    measure: Callable[[Summary], float | None]
    at_least: bool = False

    def met(self, value: float) -> bool:
        """Whether `value` keeps the promise."""
        return value >= self.limit if self.at_least else value <= self.limit


def _requests(above: str, below: str) -> Callable[[Summary], float | None]:
    return lambda summary: _ratio(summary.request(above), summary.request(below))


def _chunks(above: str, below: str) -> Callable[[Summary], float | None]:
    return lambda summary: _ratio(summary.chunk(above), summary.chunk(below))


def _ratio(above: Figure | None, below: Figure | None) -> float | None:
    return above.median / below.median if above and below else None


def _thousand_streams(summary: Summary) -> float | None:
    return summary.held("ajar") if summary.streams_held("ajar") == 1000 else None


TARGETS = (
    Target("CPU per request, beside nginx", 6, "×", _requests("ajar", "nginx")),
    Target("CPU per chunk, beside nginx", 2.2, "×", _chunks("ajar", "nginx")),
    Target("CPU per request, beside TensorZero", 0.5, "×", _requests("ajar", "tensorzero")),
    Target("CPU per chunk, beside TensorZero", 0.6, "×", _chunks("ajar", "tensorzero")),
    Target("LiteLLM's CPU per request, in Ajar's", 100, "×", _requests("litellm", "ajar"), at_least=True),
    Target("LiteLLM's CPU per chunk, in Ajar's", 60, "×", _chunks("litellm", "ajar"), at_least=True),
    Target("Memory of an idle worker (PSS)", 90, " MB", lambda summary: summary.idle("ajar", _WORKER)),
    Target("Memory that 1,000 open streams add (PSS)", 80, " MB", _thousand_streams),
    Target("CPU per request with 10,000 routes and keys, beside 10", 1.1, "×", _requests("ajar-10000", "ajar")),
)


def judge(summary: Summary) -> list[dict[str, object]]:
    """Each promise with what was measured and whether it is met; None where it was not measured."""
    judged: list[dict[str, object]] = []
    for target in TARGETS:
        value = target.measure(summary)
        sign = "≥" if target.at_least else "≤"
        judged.append(
            {
                "claim": target.claim,
                "target": f"{sign} {target.limit:g}{target.unit}",
                "measured": None if value is None else f"{value:.3g}{target.unit}",
                "met": None if value is None else target.met(value),
            }
        )
    return judged
