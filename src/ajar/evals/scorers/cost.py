"""The scorer `cost`: the answer was cheap enough."""

from typing import Annotated

from msgspec import Meta

from ajar.evals.answer import Answer
from ajar.evals.case import Case
from ajar.evals.score import Score
from ajar.evals.scorer import Scorer


class Cost(Scorer, frozen=True, kw_only=True):
    """The answer cost at most so many US dollars. Where its price or its usage is unknown, that cannot be judged."""

    name = "cost"

    max_usd: Annotated[float, Meta(ge=0, description="The most US dollars that an answer may cost.")]

    def score(self, answer: Answer, case: Case) -> Score:  # noqa: ARG002 - the answer says all
        """1 where the cost is known and at most `max_usd`."""
        if answer.cost_usd is None:
            return Score(None, "the cost is unknown: the deployment has no price, or the endpoint reported no usage")
        if answer.cost_usd <= self.max_usd:
            return Score(1.0)
        return Score(0.0, f"cost {answer.cost_usd:.6g} USD, more than {self.max_usd:g}")
