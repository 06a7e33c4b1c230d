"""What a drill tells beside its numbers, a line each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ajar.evals.result import Result
    from ajar.evals.sample import Arm
    from ajar.rollout.drills.findings import Findings

_ARMS: Final[tuple[tuple[Arm, str], ...]] = (("baseline", "today"), ("candidate", "without"))


def lines(result: Result, found: Findings) -> Iterator[str]:
    """Who answered, what that cost, and what was not answered or not asked."""
    for name, which in _ARMS:
        arm = result.arms[name]
        who = ", ".join(f"{deployment} ({count:,})" for deployment, count in arm.deployments.items()) or "nobody"
        cost = f", for ${arm.cost_usd:.4g}" if arm.cost_usd else ""
        yield f"{which}: answered by {who}{cost}"
        for code, count in arm.errors.items():
            yield f"{which}: {count:,} of {arm.samples:,} ended in {code}"
        if arm.judge_calls:
            cost = "" if arm.judge_cost_usd is None else f", for ${arm.judge_cost_usd:.4g}"
            yield f"{which}: judged by {', '.join(arm.judges)} in {arm.judge_calls:,} calls{cost}"
    for code, count in found.unanswered.items():
        yield f"without: {count:,} of {result.arms['candidate'].samples:,} were not answered ({code})"
    if not any(name in result.arms["baseline"].deployments for name in found.loss.lost):
        yield f"{' and '.join(found.loss.lost)} answered none of these today: the others did, and do"
    if found.left_out:
        told = ", ".join(f"{count:,} {why}" for why, count in found.left_out.items())
        yield f"recorded requests that were left out: {told}"
