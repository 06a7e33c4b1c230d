"""The request that a case is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ajar.evals.case import Case
    from ajar.evals.suite.form import SuiteFile

_INPUT = re.compile(r"\{\{ *input *\}\}")


def body(file: SuiteFile, case: Case) -> dict[str, Any]:
    """The Chat Completions body without its `model`. What a case says of the request comes before the suite's."""
    return {"messages": messages(file, case), **file.request, **case.request}


def messages(file: SuiteFile, case: Case) -> list[dict[str, Any]]:
    """A case's own messages; or those made of its text, the suite's system message and its prompt."""
    if not isinstance(case.input, str):
        return case.input
    text = case.input
    said = _INPUT.sub(lambda _: text, file.prompt) if file.prompt else text
    first = [{"role": "system", "content": file.system}] if file.system else []
    return [*first, {"role": "user", "content": said}]
