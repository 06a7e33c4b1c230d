"""The scorer `json-schema`: the answer is JSON of this shape."""

from functools import cached_property
from typing import Annotated, Any

import jsonschema_rs
from msgspec import Meta

from ajar.evals.answer import Answer
from ajar.evals.case import Case
from ajar.evals.score import Score
from ajar.evals.scorer import Scorer
from ajar.evals.scorers.document import NotJson, parse
from ajar.evals.scorers.line import line


class JsonSchema(Scorer, frozen=True, kw_only=True, dict=True):
    """The answer's text is JSON that is valid by a JSON Schema (draft 2020-12, unless its `$schema` says otherwise).

    A `$ref` reaches into the schema itself, or to the drafts' own; nothing is fetched or read from files. Patterns
    match in linear time, so look-around is refused. `format` is checked for the formats that the drafts define.
    """

    name = "json-schema"

    schema: Annotated[dict[str, Any], Meta(description="The JSON Schema.")]
    fence: Annotated[bool, Meta(description="Whether the JSON may stand in a Markdown fence.")] = False

    def __post_init__(self) -> None:
        try:
            _ = self._validator
        except ValueError as error:
            raise ValueError(f"the `schema` cannot be used: {_in_words(error)}") from None

    @cached_property
    def _validator(self) -> Any:
        return jsonschema_rs.validator_for(
            self.schema, offline=True, validate_formats=True, pattern_options=jsonschema_rs.RegexOptions()
        )

    def score(self, answer: Answer, case: Case) -> Score:  # noqa: ARG002 - the answer says all
        """1 where the text is JSON that the schema allows; the first fault otherwise."""
        try:
            value = parse(answer.text, fence=self.fence)
        except NotJson as error:
            return Score(0.0, f"not JSON: {error}")
        try:
            fault = next(self._validator.iter_errors(value), None)
        except Exception as error:  # what the library cannot take: half surrogates, very deep nesting
            return Score(0.0, f"cannot be checked: {line(str(error))}")
        if fault is None:
            return Score(1.0)
        place = "/".join(map(str, fault.instance_path))
        return Score(0.0, line(f"{place}: {fault.message}" if place else fault.message))


def _in_words(error: ValueError) -> str:
    if not isinstance(error, jsonschema_rs.ValidationError):
        return str(error)
    if "retrieving it failed" in error.message:
        return f"{error.message.partition(' is not')[0]} is outside of it, and nothing is fetched; put it into `$defs`"
    place = "/".join(map(str, error.instance_path))
    hint = "; look-around is refused, as no bound of time holds for it" if error.message.endswith('"regex"') else ""
    return f"{place}: {error.message}{hint}" if place else error.message
