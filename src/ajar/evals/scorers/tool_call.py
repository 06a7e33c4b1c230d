"""The scorer `tool-call`: the answer calls this tool."""

from typing import Annotated, Any, cast

import msgspec
from msgspec import Meta

from ajar.config.problem import quoted, shortened
from ajar.evals.answer import Answer, ToolCall
from ajar.evals.case import Case
from ajar.evals.score import Score
from ajar.evals.scorer import Scorer
from ajar.evals.scorers.compare import Compare
from ajar.evals.scorers.document import NotJson, parse

_PLAIN = Compare()


class ToolCalls(Scorer, frozen=True, kw_only=True):
    """The answer calls a tool with these arguments, and calls none that is forbidden.

    Without `name`, and unless `count` or `forbid` say what is meant, the target is the call: a mapping of `name` and,
    perhaps, `arguments`.
    """

    name = "tool-call"

    tool: Annotated[str | None, Meta(description="The tool that must be called; the target's `name`.")] = msgspec.field(
        name="name", default=None
    )
    arguments: Annotated[
        dict[str, Any] | None, Meta(description="What it must be called with; the target's `arguments`.")
    ] = None
    exact: Annotated[bool, Meta(description="Whether the call may have no other arguments than these.")] = False
    count: Annotated[
        Annotated[int, Meta(ge=0)] | None,
        Meta(description="How many calls there are: of the tool, or of any where none is named."),
    ] = None
    forbid: Annotated[list[str], Meta(description="Tools that must not be called.")] = msgspec.field(
        default_factory=list[str]
    )

    def __post_init__(self) -> None:
        if self.exact and self.arguments is None and self.tool is not None:
            raise ValueError("`exact` speaks of `arguments`; add them, `{}` for none")
        if self.tool is not None and self.tool in self.forbid:
            raise ValueError(f"`{self.tool}` is wanted and forbidden; keep one of both")

    def fault(self, case: Case) -> str | None:
        """Whether it is said which call is wanted."""
        tool, arguments = self._wanted(case)
        if tool is None and arguments is not None:
            return "`arguments` need a `name`: that of the tool"
        if tool is None and self.count is None and not self.forbid:
            return (
                "no call is wanted; add `name`, `count` or `forbid`, or make the `target` `{name: …, arguments: {…}}`"
            )
        return None

    def score(self, answer: Answer, case: Case) -> Score:
        """1 where the wanted call is there, and none that is not wanted."""
        if fault := self.fault(case):
            return Score(None, fault)
        why = self._lack(answer.tool_calls, *self._wanted(case))
        return Score(1.0 if why is None else 0.0, why or "")

    def _wanted(self, case: Case) -> tuple[str | None, dict[str, Any] | None]:
        if self.tool is not None or self.count is not None or self.forbid or not isinstance(case.target, dict):
            return self.tool, self.arguments
        target = cast("dict[str, Any]", case.target)
        tool: object = target.get("name")
        arguments: object = target.get("arguments") if self.arguments is None else self.arguments
        return (
            tool if isinstance(tool, str) else None,
            cast("dict[str, Any]", arguments) if isinstance(arguments, dict) else None,
        )

    def _lack(self, calls: tuple[ToolCall, ...], tool: str | None, arguments: dict[str, Any] | None) -> str | None:
        """What keeps the calls from being the wanted ones."""
        forbidden = next((call.name for call in calls if call.name in self.forbid), None)
        if forbidden is not None:
            return f"calls {quoted(forbidden)}, which is forbidden"
        named = [call for call in calls if tool is None or call.name == tool]
        if self.count is not None and len(named) != self.count:
            return f"makes {len(named)} such calls, not {self.count}"
        if tool is None or self.count == 0:
            return None
        if not named:
            called = ", ".join(quoted(shortened(call.name)) for call in calls[:5])
            return f"calls {called}, not {quoted(tool)}" if called else "calls no tool"
        faults = [self._argument_fault(call, arguments) for call in named]
        return None if None in faults else faults[0]

    def _argument_fault(self, call: ToolCall, wanted: dict[str, Any] | None) -> str | None:
        if wanted is None:
            return None
        try:
            given = parse(call.arguments or "{}")
        except NotJson as error:
            return f"the arguments are not JSON: {error}"
        if not isinstance(given, dict):
            return "the arguments are no JSON object"
        members = cast("dict[str, Any]", given)
        wrong = [name for name, value in wanted.items() if name not in members or not _holds(members[name], value)]
        if wrong:
            return "wrong arguments: " + ", ".join(quoted(shortened(name)) for name in wrong[:10])
        if self.exact and not _PLAIN.same(members, wanted):
            return "other arguments than the wanted ones"
        return None


def _holds(given: object, wanted: object) -> bool:
    """Whether a value is the wanted one, where objects may have more members than are wanted."""
    if not isinstance(wanted, dict):
        return _PLAIN.same(given, wanted)
    if not isinstance(given, dict):
        return False
    members = cast("dict[str, object]", given)
    return all(
        name in members and _holds(members[name], value) for name, value in cast("dict[str, object]", wanted).items()
    )
