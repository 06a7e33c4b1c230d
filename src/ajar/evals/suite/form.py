"""The form of a suite file."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from ajar.evals.case import Case

Check = str | dict[str, Any]
"""A scorer's name, or a mapping of `scorer` (the name) and its options."""


class SuiteFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A suite: what models are asked, and how their answers are scored."""

    suite: Annotated[str, Meta(min_length=1, description="The suite's name, as reports and gates call it.")]
    cases: Annotated[
        list[Case] | str,
        Meta(description="The cases; or the path of a JSONL file, from this file's folder, with one case a line."),
    ]
    checks: Annotated[
        dict[str, Check],
        Meta(description="How the answer to each case is scored. The names are yours: reports and gates use them."),
    ] = {}
    description: Annotated[str, Meta(description="What the suite finds out, in a sentence.")] = ""
    system: Annotated[
        str, Meta(description="The system message of cases whose input is text. Messages stay as they are.")
    ] = ""
    prompt: Annotated[
        str,
        Meta(
            description="The user's message of cases whose input is text: the input stands where `{{input}}` stands. "
            "Without it, the input is the message."
        ),
    ] = ""
    request: Annotated[
        dict[str, Any],
        Meta(description="Members of the body of each request, such as `temperature`, `max_tokens` or `tools`."),
    ] = {}
    tags: Annotated[tuple[str, ...], Meta(description="Tags of every case.")] = ()
