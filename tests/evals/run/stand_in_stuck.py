"""A program whose scorer never returns: `URL JOURNAL`. To be interrupted."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from ajar.evals.scorer import Scorer
from evals.run.small import Small, arms, run

if TYPE_CHECKING:
    from ajar.evals.answer import Answer
    from ajar.evals.case import Case
    from ajar.evals.score import Score


class Stuck(Scorer, frozen=True, kw_only=True):
    """Goes round for ever once a case is scored."""

    name: ClassVar[str] = "stuck"

    def score(self, answer: Answer, case: Case) -> Score:
        """Never comes back."""
        print("stuck", flush=True)
        while True:
            try:
                sum(range(1000))
            except BaseException as error:  # as a function of one's own may do
                print(error, flush=True)


if __name__ == "__main__":
    run(Path(sys.argv[2]), Small(20, {"stuck": Stuck()}), arms(sys.argv[1]))
