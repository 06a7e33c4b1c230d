"""One case of a suite: what a model is asked, and what a good answer is."""

from __future__ import annotations

from typing import Any

import msgspec


class Case(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """As it stands in a suite.

    `input` is the text of a user's message, or whole Chat Completions messages. `target` is what scorers compare the
    answer with: text, a number, a list of texts, or a JSON object. Cases of the same `cluster` (one document, one
    customer) are not independent, and are analysed as one. `checks` are added to the suite's own; those of the same
    name replace them. `request` holds members of the request's body, such as `temperature`.
    """

    input: str | list[dict[str, Any]]
    id: str = ""
    target: Any = None
    tags: tuple[str, ...] = ()
    cluster: str | None = None
    checks: dict[str, str | dict[str, Any]] = {}
    request: dict[str, Any] = {}
