"""The live comparison of two arms over the epochs of a rollout."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from ajar.evidence.live.bounded_track import BoundedTrack
from ajar.evidence.live.look import Look, Ratio
from ajar.evidence.live.mean_track import MeanTrack
from ajar.evidence.live.measure import Measure, levels
from ajar.evidence.live.quantile_track import QuantileTrack
from ajar.evidence.live.sample_ratio import MISMATCH, SampleRatio

if TYPE_CHECKING:
    from ajar.evidence.live.observed import Observed

Track = BoundedTrack | MeanTrack | QuantileTrack


class Trial(msgspec.Struct):
    """Takes units in and says what they show. It is its own state: encoded and decoded by msgspec, it goes on.

    Each measure's evidence for a roll-back is over all epochs, its proof for a promotion from the present step alone:
    the epochs in a row with the same share.
    `alpha` bounds the chance of a wrong roll-back over the whole trial, all measures together, and that of a wrong
    promotion. The same calls give the same numbers, and looking changes none. Raises ValueError where `measures` or
    `alpha` cannot be: see `levels`.
    """

    measures: tuple[Measure, ...]
    alpha: float
    epoch: int = 0
    percent: float = 0.0
    last: tuple[int, str] = (-1, "")
    control_units: int = 0
    candidate_units: int = 0
    candidate_units_before: int = 0
    ratio: SampleRatio = msgspec.field(default_factory=SampleRatio)
    tracks: tuple[Track, ...] = ()
    levels: tuple[float | None, ...] = ()

    def __post_init__(self) -> None:
        self.measures = tuple(self.measures)
        self.levels = tuple(levels(self.measures, self.alpha))
        if not self.tracks:
            self.tracks = tuple(_track(measure) for measure in self.measures)

    def begin_epoch(self, percent: float) -> None:
        """From the next unit on, the candidate has `percent` of the units. To be called before the first unit too."""
        for track in self.tracks:
            track.begin_epoch(percent)
        self.ratio.begin((1 - percent / 100, percent / 100))
        self.epoch += 1
        self.percent = percent
        self.candidate_units_before += self.candidate_units
        self.control_units = self.candidate_units = 0

    def assigned(self, candidate: bool) -> None:
        """A unit was assigned, whether or not it will ever be observed."""
        self.ratio.add(1 if candidate else 0)

    def add(self, observed: Observed) -> None:
        """A unit of this epoch. Raises ValueError unless it comes after the last one in the order of (time, unit).

        Also for a value that its measure cannot have; the trial is of no use then.
        """
        time, unit, candidate, values = observed
        if time <= self.last[0] and (time, unit) <= self.last:
            raise ValueError(f"unit {unit} of {time} comes after {self.last[1]} of {self.last[0]}")
        self.last = (time, unit)
        if candidate:
            self.candidate_units += 1
        else:
            self.control_units += 1
        for track, value in zip(self.tracks, values, strict=True):
            if value is not None:
                track.add(candidate, value)

    def look(self) -> Look:
        """What is known now. Only after the first epoch began."""
        standings = (track.standing(self.alpha, level) for track, level in zip(self.tracks, self.levels, strict=True))
        return Look(
            epoch=self.epoch,
            percent=self.percent,
            control_units=self.control_units,
            candidate_units=self.candidate_units,
            candidate_units_ever=self.candidate_units_before + self.candidate_units,
            sample_ratio=Ratio(
                control=self.ratio.counts[0],
                candidate=self.ratio.counts[1],
                p_value=self.ratio.p_value,
                mismatch=self.ratio.p_value < MISMATCH,
            ),
            standings=tuple(standings),
        )


def _track(measure: Measure) -> Track:
    if measure.kind == "bounded":
        return BoundedTrack.of(measure)
    return QuantileTrack(measure) if measure.kind == "quantile" else MeanTrack(measure)
