"""The scorer `choice`: the answer picks the right one of several."""

from typing import Annotated, Any, cast

from msgspec import Meta

from ajar.config.problem import quoted, shortened
from ajar.evals.answer import Answer
from ajar.evals.case import Case
from ajar.evals.score import Score
from ajar.evals.scorer import Scorer
from ajar.evals.scorers.picked import LETTERS, picked, same


class Choice(Scorer, frozen=True, kw_only=True):
    """The answer picks the target, by its letter or by its text, and no other choice.

    The choices are lettered A, B, C … in their order. They are an option of the check, or stand in the target:
    `{answer: B, choices: […]}`. Without either, letters only are looked for, and the target is one.
    """

    name = "choice"

    choices: Annotated[
        Annotated[list[str], Meta(min_length=2, max_length=26)] | None,
        Meta(description="The choices, at most 26; those of the target."),
    ] = None
    value: Annotated[str | None, Meta(description="The right one's letter or text; the case's target.")] = None

    def __post_init__(self) -> None:
        if self.choices and (twice := _twice(self.choices)):
            raise ValueError(f"the choice {quoted(shortened(twice))} stands there twice")

    def fault(self, case: Case) -> str | None:
        """Whether there is a right choice, and it is one of the choices."""
        wanted, choices = self._asked(case)
        if choices and (twice := _twice(choices)):
            return f"the choice {quoted(shortened(twice))} stands there twice"
        if wanted is None:
            return "there is no right choice; give the case a `target`: the letter or the text of one"
        if self._index(wanted, choices) is not None:
            return None
        if choices is None:
            return f"{quoted(shortened(wanted))} is no letter from A to Z; give the check its `choices`"
        listed = ", ".join(quoted(shortened(choice)) for choice in choices[:10])
        return f"{quoted(shortened(wanted))} is not among the choices, which are {listed}; write its letter or its text"

    def score(self, answer: Answer, case: Case) -> Score:
        """1 where the answer picks the right choice and no other."""
        wanted, choices = self._asked(case)
        right = None if wanted is None else self._index(wanted, choices)
        if right is None:
            return Score(None, self.fault(case) or "")
        found = picked(answer.text, choices)
        if found == {right}:
            return Score(1.0)
        if not found:
            return Score(0.0, "picks none of the choices")
        letters = " and ".join(LETTERS[index] for index in sorted(found)[:5])
        return Score(0.0, f"picks {letters}" if len(found) == 1 else f"is ambiguous: picks {letters}")

    def _asked(self, case: Case) -> tuple[str | None, list[str] | None]:
        """The right choice, and the choices."""
        target: Any = case.target
        choices = self.choices
        if isinstance(target, dict):
            members = cast("dict[str, object]", target)
            target = members.get("answer")
            choices = choices or _choices(members.get("choices"))
        wanted = target if self.value is None else self.value
        return (wanted if isinstance(wanted, str) else None), choices

    def _index(self, wanted: str, choices: list[str] | None) -> int | None:
        """Which choice is meant: by its text first, then by its letter."""
        for index, choice in enumerate(choices or ()):
            if same(wanted, choice):
                return index
        index = LETTERS.find(wanted.strip().upper()) if len(wanted.strip()) == 1 else -1
        return index if 0 <= index < len(choices or LETTERS) else None


def _twice(choices: list[str]) -> str | None:
    """A choice that is the same as an earlier one, or is empty."""
    return next((text for at, text in enumerate(choices) if any(same(text, other) for other in choices[:at])), None)


def _choices(value: object) -> list[str] | None:
    items = cast("list[object]", value) if isinstance(value, list) else []
    texts = [item for item in items if isinstance(item, str)]
    return texts if len(texts) == len(items) and 2 <= len(texts) <= len(LETTERS) else None
