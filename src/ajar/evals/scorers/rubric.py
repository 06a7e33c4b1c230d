"""The scorer `rubric`: a model judges the answer."""

import math
from typing import Annotated, Any, Literal

from msgspec import Meta

from ajar.config.problem import quoted
from ajar.errors import AjarError
from ajar.evals.answer import Answer
from ajar.evals.case import Case
from ajar.evals.score import Score
from ajar.evals.scorer import Infer, Judge, Threshold
from ajar.evals.scorers.judging import Verdict, asked, response_format, verdict
from ajar.evals.scorers.line import line

_Scale = Annotated[int, Meta(ge=2, le=10)]
_Temperature = Annotated[float, Meta(ge=0, le=2)]


class Rubric(Judge, frozen=True, kw_only=True):
    """A model on a route of yours judges the answer by a rubric, several times; the value is the mean.

    A judgement that holds no verdict is left out, or fails the answer (`unparseable`). Where fewer than `min_parsed`
    are left, or calls of the judge failed so that fewer are left, the answer cannot be judged: it then counts neither
    as good nor as bad.
    """

    name = "rubric"
    binary = False

    threshold: Threshold = 0.5
    rubric: Annotated[str, Meta(min_length=1, description="What a good answer is, in words for the judge.")]
    route: Annotated[str, Meta(min_length=1, description="The route, or `deployment:NAME`, that judges.")]
    repeats: Annotated[int, Meta(ge=1, le=25, description="How often each answer is judged.")] = 3
    scale: Annotated[_Scale | None, Meta(description="Grades from 1 to this, made 0 to 1; pass or fail.")] = None
    unparseable: Annotated[
        Literal["error", "fail"], Meta(description="Whether a judgement without a verdict is left out, or is 0.")
    ] = "error"
    min_parsed: Annotated[
        Annotated[int, Meta(ge=1)] | None,
        Meta(description="The least judgements that must be left; more than half of them."),
    ] = None
    reference: Annotated[bool, Meta(description="Whether the judge sees the case's target.")] = True
    temperature: Annotated[_Temperature | None, Meta(description="Of the judge; null leaves it unsaid.")] = 0.0
    structured: Annotated[
        bool, Meta(description="Whether a JSON Schema is sent for the verdict; not every endpoint takes one.")
    ] = True

    def __post_init__(self) -> None:
        if self.min_parsed is not None and self.min_parsed > self.repeats:
            raise ValueError(f"`min_parsed` ({self.min_parsed}) is above `repeats` ({self.repeats})")

    async def judge(self, answer: Answer, case: Case, infer: Infer) -> Score:
        """The mean of the judgements, one asked for after the other; none where too few hold a verdict."""
        body = self._body(answer, case)
        verdicts = [await self._verdict(body, infer) for _ in range(self.repeats)]
        values = [each.value for each in verdicts if each.value is not None]
        needed = self.repeats // 2 + 1 if self.min_parsed is None else self.min_parsed
        if len(values) < needed:
            lost = "; ".join(dict.fromkeys(each.why for each in verdicts if each.value is None))
            return Score(
                None, f"{len(values)} of {self.repeats} judgements have a verdict, {needed} are needed: {lost}"
            )
        return Score(math.fsum(values) / len(values), _why(values, verdicts))

    def _body(self, answer: Answer, case: Case) -> dict[str, Any]:
        body: dict[str, Any] = {
            "model": self.route,
            "messages": asked(self.rubric, answer, case, scale=self.scale, reference=self.reference),
        }
        if self.temperature is not None:
            body["temperature"] = self.temperature
        if self.structured:
            body["response_format"] = response_format(self.scale)
        return body

    async def _verdict(self, body: dict[str, Any], infer: Infer) -> Verdict:
        try:
            said = await infer(body)
        except AjarError as error:  # the judge's fault, never the answer's: not even where `unparseable` is `fail`
            return Verdict(None, f"the call of the judge failed ({error.code})")
        found = verdict(said.text, self.scale)
        if found.value is not None:
            return found
        why = f"a judgement {found.why}: {quoted(line(said.text, 80))}"
        return Verdict(0.0 if self.unparseable == "fail" else None, why)


def _why(values: list[float], verdicts: list[Verdict]) -> str:
    """Whether the judgements agree, and the reason that the first one gave."""
    reason = next((each.why for each in verdicts if each.why and each.value is not None), "")
    agreed = "" if len(set(values)) == 1 else f"judgements differ ({', '.join(f'{value:g}' for value in values)}): "
    lost = len(verdicts) - len(values)
    left_out = f" [{lost} of {len(verdicts)} judgements without a verdict]" if lost else ""
    return f"{agreed}{reason}{left_out}"
