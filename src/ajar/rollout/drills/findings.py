"""What a drill found: the numbers, a verdict as a gate's, and its files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from ajar.evals.conclude import about, write
from ajar.evals.gate.decide import decide
from ajar.evals.reports import junit
from ajar.evals.result import Decision, Gate
from ajar.evals.run.lines import Replay
from ajar.evals.tally import tally
from ajar.rollout.drills.loss import Loss
from ajar.rollout.drills.unanswered import count_unanswered, is_unanswered

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ajar.evals.folder import Folder
    from ajar.evals.gate.demand import Demand
    from ajar.evals.result import Result, Timing
    from ajar.evals.suite.suite import Suite


class Findings(msgspec.Struct, frozen=True, kw_only=True):
    """What stands in `drill.json` beside the result. `unanswered` counts what nobody answered after the loss, by code.

    `left_out` are recorded requests that were not asked, by reason.
    """

    loss: Loss
    unanswered: dict[str, int] = {}
    left_out: dict[str, int] = {}


def names(loss: Loss) -> tuple[str, str]:
    """What reports call the route after the loss, and as it is."""
    return f"{loss.route} without {' and '.join(loss.lost)}", f"{loss.route} today"


def conclude(
    folder: Folder, suite: Suite, loss: Loss, confidence: float, demands: Sequence[Demand], left_out: dict[str, int]
) -> tuple[Result, Timing, Findings]:
    """Work out what the drill in this folder found, and write its files. Raises StateError.

    The gate's rule decides, but who answered is no concern of it here: a route answers with whatever deployment it
    has, today and after the loss.
    """
    samples = Replay(folder.journal)
    header = samples.header
    run = about(header, suite, confidence)
    result, timing = tally(suite, run, header.targets, samples)
    found = Findings(loss=loss, unanswered=count_unanswered(samples), left_out=left_out)
    nameless = {name: msgspec.structs.replace(arm, deployments={}) for name, arm in result.arms.items()}
    seen = (msgspec.structs.replace(result, arms=nameless), timing)
    gate = decide(demands, {demand.suite: seen for demand in demands})
    result = msgspec.structs.replace(result, gate=_told(gate, loss), complete=samples.ledger.count() >= header.total)
    if found.unanswered:
        # How fast an error came is no latency to be shown.
        timing = tally(suite, run, header.targets, (each for each in samples if not is_unanswered(each)))[1]
    write(folder, suite, result, timing, samples)
    _keep(folder, found)
    return result, timing, found


def lost_all(folder: Folder | None, loss: Loss, why: str, metric: str, margin: float) -> Gate:
    """The verdict on a route that has nothing left; its files, where somebody wants them."""
    name = names(loss)[0]
    gate = Gate(verdict="FAIL", decisions=[Decision(suite=name, metric=metric, margin=margin, verdict="FAIL", why=why)])
    if folder is not None:
        folder.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.put(folder.path / "gate.json", _json(gate))
        folder.put(folder.junit, junit.decided(gate).encode("utf-8", "replace"))
        _keep(folder, Findings(loss=loss))
    return gate


def _told(gate: Gate, loss: Loss) -> Gate:
    """In the words of a drill: the candidate is the route after its loss."""
    after, today = names(loss)

    def worded(decision: Decision) -> Decision:
        why = decision.why.replace("the candidate", after).replace("the baseline", today)
        return msgspec.structs.replace(decision, why=why)

    return msgspec.structs.replace(gate, decisions=[worded(decision) for decision in gate.decisions])


def _keep(folder: Folder, found: Findings) -> None:
    folder.put(folder.path / "drill.json", _json(found))


def _json(value: object) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n"
