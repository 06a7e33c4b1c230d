"""The scorer `regex`: the answer matches a pattern."""

from functools import lru_cache
from typing import Annotated, Any, cast

import re2
from msgspec import Meta

from ajar.evals.answer import Answer
from ajar.evals.case import Case
from ajar.evals.score import Score
from ajar.evals.scorer import Scorer

_LOOKING = ("(?=", "(?!", "(?<=", "(?<!")
_RE2 = cast("Any", re2)
"""RE2 matches in time that grows with the text only, whatever the pattern; it has no types."""


class Regex(Scorer, frozen=True, kw_only=True):
    """A pattern in RE2's syntax matches somewhere in the answer's text."""

    name = "regex"

    pattern: Annotated[str | None, Meta(description="The pattern, in RE2's syntax; the case's target.")] = None
    full: Annotated[bool, Meta(description="Whether it must match all of the text, but for white space around it.")] = (
        False
    )
    ignore_case: Annotated[bool, Meta(description="Whether capital and small letters are the same.")] = False
    negate: Annotated[bool, Meta(description="Whether it must not match.")] = False

    def __post_init__(self) -> None:
        if self.pattern is not None:
            _compiled(self.pattern, self.ignore_case)

    def fault(self, case: Case) -> str | None:
        """Whether there is a pattern that can be used."""
        pattern = self._pattern(case)
        if pattern is None:
            return "there is no pattern; give the check a `pattern`, or the case a `target` that is one"
        try:
            _compiled(pattern, self.ignore_case)
        except ValueError as error:
            return str(error)
        return None

    def score(self, answer: Answer, case: Case) -> Score:
        """1 where the pattern matches, or does not with `negate`."""
        pattern = self._pattern(case)
        try:
            compiled = _compiled(pattern or "", self.ignore_case)
        except ValueError as error:
            return Score(None, str(error))
        if pattern is None:
            return Score(None, self.fault(case) or "")
        text = answer.text.encode("utf-8", "replace")
        found = compiled.fullmatch(text.strip()) if self.full else compiled.search(text)
        if (found is not None) != self.negate:
            return Score(1.0)
        return Score(0.0, "matches" if self.negate else "does not match")

    def _pattern(self, case: Case) -> str | None:
        if self.pattern is not None:
            return self.pattern
        return case.target if isinstance(case.target, str) else None


@lru_cache(maxsize=512)
def _compiled(pattern: str, ignore_case: bool) -> Any:
    options = _RE2.Options()
    options.log_errors = False
    options.case_sensitive = not ignore_case
    try:
        return _RE2.compile(pattern, options)
    except UnicodeEncodeError:
        raise ValueError("the pattern holds half of a surrogate pair") from None
    except _RE2.error as error:
        raise ValueError(f"the pattern cannot be used: {_in_words(error)}") from None


def _in_words(error: Exception) -> str:
    said = error.args[0].decode("utf-8", "replace") if error.args and isinstance(error.args[0], bytes) else str(error)
    if any(said.endswith(f": {sign}") for sign in _LOOKING):
        return f"look-around, `{said.rsplit(': ', 1)[1]}`, is refused, as no bound of time holds for it"
    if said.startswith("invalid escape sequence: \\") and said[-1].isdigit():
        return f"a back-reference, `{said.rsplit(': ', 1)[1]}`, is refused, as no bound of time holds for it"
    if said.startswith("invalid escape sequence: \\Z"):
        return "the end of the text is `\\z` here, not `\\Z`"
    return said
