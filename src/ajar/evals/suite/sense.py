"""Whether a case, or the head of a suite, makes sense: what its shape alone does not say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ajar.config.problem import Problem, hint, nearest
from ajar.evals.metrics import MEASURES, PASSED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ajar.evals.case import Case
    from ajar.evals.suite.form import SuiteFile

ROLES = ("system", "developer", "user", "assistant", "tool")
_LONGEST = 200
TAKEN = {
    "model": "the model is said on the command line, with `--on`",
    "messages": "the messages of a case are its `input`",
    "stream": "Ajar itself says how it wants the answer",
    "stream_options": "Ajar itself says how it wants the answer",
    "n": "each request gets one answer; `--repeats` asks for more",
}


def of_case(case: Case) -> Iterator[Problem]:
    """The faults of a case that has the right shape."""
    if case.id and not _name(case.id):
        yield Problem(("id",), f"must be one line of at most {_LONGEST} characters")
    if case.cluster is not None and not case.cluster:
        yield Problem(("cluster",), "must not be empty; leave the key out where the case stands alone")
    if isinstance(case.input, list):
        yield from _messages(case.input)
    yield from _tags(case.tags)
    yield from _request(case.request)
    yield from _check_names(case.checks)


def of_file(file: SuiteFile) -> Iterator[Problem]:
    """The faults of everything but the cases."""
    if not _name(file.suite):
        yield Problem(("suite",), f"must be one line of at most {_LONGEST} characters")
    if file.prompt and "{{input}}" not in file.prompt.replace(" ", ""):
        yield Problem(("prompt",), "must say with `{{input}}` where the input of a case stands")
    yield from _tags(file.tags)
    yield from _request(file.request)
    yield from _check_names(file.checks)


def _name(text: str) -> bool:
    return len(text) <= _LONGEST and text.isprintable() and text == text.strip()


def _messages(messages: list[dict[str, Any]]) -> Iterator[Problem]:
    if not messages:
        yield Problem(("input",), "must hold at least one message")
    for index, message in enumerate(messages):
        path = ("input", index)
        role = message.get("role")
        if role is None:
            meant = nearest("role", message)
            yield Problem(path, "`role` is missing" + (f"; did you mean it with `{meant}`?" if meant else ""))
        elif role not in ROLES:
            yield Problem((*path, "role"), f"is none that a message has; {hint(str(role), ROLES, 'the roles')}")
        if "content" not in message and not message.get("tool_calls"):
            yield Problem(path, "`content` is missing")


def _tags(tags: Iterable[str]) -> Iterator[Problem]:
    for index, tag in enumerate(tags):
        if not tag or not _name(tag):
            yield Problem(("tags", index), f"must be one line of at most {_LONGEST} characters, and not empty")


def _request(request: Mapping[str, Any]) -> Iterator[Problem]:
    for key in request:
        if key in TAKEN:
            yield Problem(("request", key), f"may not stand here: {TAKEN[key]}")


def _check_names(checks: Mapping[str, Any]) -> Iterator[Problem]:
    for name in checks:
        if name == PASSED or name in MEASURES:
            yield Problem(("checks", name), "every answer has a metric of this name; call the check something else")
        elif not name or "." in name or not _name(name):
            text = "the name of a check is one line without a dot: dots separate a check from its fields"
            yield Problem(("checks", name), text)
