"""Units of both arms put together in the order of their assignment, so that a block's arms met the same world."""

from __future__ import annotations

import msgspec


def least_controls(percent: float) -> int:
    """How many of the control a block needs where the candidate has `percent` of the units: a quarter of the ratio.

    Fewer make the control's mean as uncertain as the candidate's; more make blocks wait, and put more of the
    candidate's units, which are the scarce ones, into the same block. Raises ValueError for a share out of (0, 100).
    """
    if not 0 < percent < 100:
        raise ValueError(f"the candidate's share is {percent} per cent, and must lie between 0 and 100")
    return max(1, round((100 - percent) / percent / 4))


class Blocks(msgspec.Struct):
    """Cuts one stream of units into blocks without gaps.

    A block closes at the first unit with which it has at least one unit of the candidate and `least` of the control.
    Where it ends depends on the assignment alone, so that under equal arms its difference has the mean 0 whatever came
    before. Nothing is carried over: pairing each candidate with the next unused controls would drift apart in time.
    """

    least: int
    controls: int = 0
    candidates: int = 0
    control_sum: float = 0.0
    candidate_sum: float = 0.0

    def add(self, candidate: bool, value: float) -> float | None:
        """Take the next unit in. The difference of the arms' means over all units of the block that it closes, if any.

        It is candidate less control.
        """
        if candidate:
            self.candidates += 1
            self.candidate_sum += value
        else:
            self.controls += 1
            self.control_sum += value
        if self.candidates and self.controls >= self.least:
            difference = self.candidate_sum / self.candidates - self.control_sum / self.controls
            self.controls = self.candidates = 0
            self.control_sum = self.candidate_sum = 0.0
            return difference
        return None
