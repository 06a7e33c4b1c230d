"""One number of each sample, by case and repeat: so that what is computed from them hangs on no order of arrival."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ajar.evals.sample import Arm

Numbers = npt.NDArray[np.float64]
Indexes = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


class Grid:
    """The numbers of every metric of both arms: 8 bytes for each sample and metric. What is not there is nan."""

    def __init__(self, cases: int, repeats: int) -> None:
        self.cases = cases
        self.repeats = repeats
        self._numbers: dict[tuple[Arm, str], Numbers] = {}

    def put(self, arm: Arm, metric: str, case: int, repeat: int, value: float) -> None:
        """Note one number."""
        numbers = self._numbers.get((arm, metric))
        if numbers is None:
            numbers = self._numbers[arm, metric] = np.full((self.cases, self.repeats), np.nan)
        numbers[case, repeat] = value

    def metrics(self) -> Iterator[str]:
        """Every metric that some sample has, in the order of their names."""
        yield from sorted({metric for _, metric in self._numbers})

    def all(self, arm: Arm, metric: str) -> Numbers:
        """Every number there is, by case and then by repeat."""
        numbers = self._numbers.get((arm, metric))
        if numbers is None:
            return np.empty(0)
        flat = numbers.ravel()
        return flat[~np.isnan(flat)]

    def known(self, metric: str) -> Flags:
        """The cases of which some sample has it, whichever model's."""
        known = np.zeros(self.cases, np.bool_)
        for (_, name), numbers in self._numbers.items():
            if name == metric:
                known |= ~np.isnan(numbers).all(axis=1)
        return known

    def missing(self, arm: Arm, metric: str, cases: Flags) -> int:
        """Of how many samples of these cases it is not there."""
        numbers = self._numbers.get((arm, metric))
        if numbers is None:
            return int(cases.sum()) * self.repeats
        return int(np.isnan(numbers[cases]).sum())

    def means(self, arm: Arm, metric: str) -> Numbers:
        """The mean of each case over its repeats; nan where one of them is missing."""
        numbers = self._numbers.get((arm, metric))
        if numbers is None:
            return np.full(self.cases, np.nan)
        means: Numbers = numbers.mean(axis=1)
        return means
