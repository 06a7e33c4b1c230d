"""What a model behind Bedrock takes, as far as its id tells.

Converse is one shape for all vendors' models, but a model refuses the whole request where it holds a cache point, a
signature or a reasoning option that its vendor does not know.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal, NamedTuple

Effort = Literal["budget", "either", "adaptive", "plain", "reasoning_effort", "reasoning_config", "nova"]

# [arn:…/][region.]vendor.name, as in `us.anthropic.claude-sonnet-4-6`.
_id = re.compile(r"(?:.*/)?(?:(?:[a-z]{2}(?:-[a-z]+)?|apac|global)\.)?([a-z0-9]+)\.(.+)", re.DOTALL).fullmatch

# Claude 3.7 to 4.5 think within a budget, and their ids end in a date; older ones do not think. From 4.6 on they think
# as they see fit, and from 4.7 on they refuse a budget (https://github.com/8monkey-ai/hebo-gateway/pull/217, 2026-05).
_budgeted = re.compile(r"claude-(?:3-7|(?:opus|sonnet|haiku)-4(?:-[0-5])?-\d{8})").match
_either = re.compile(r"claude-(?:opus|sonnet|haiku)-4-6(?!\d)").match
_thoughtless = re.compile(r"claude-(?:v\d|instant|3-)").match

# They want their thoughts back, but refuse `signature` (https://github.com/earendil-works/pi/pull/727, 2026-01). All
# others but Claude refuse thoughts of any kind in the history.
_UNSIGNED = frozenset({"openai", "qwen", "minimax", "moonshot", "moonshotai"})


class Ways(NamedTuple):
    """What a model takes. `signed`: only reasoning with its signature; `unsigned`: only reasoning without one.

    `cache`: cache points in messages and system; `tool_cache`: also among the tools. `effort`: how it is told how much
    to think, None where it cannot be. `claude` says that the vendor's own extra fields are Anthropic's.
    """

    claude: bool = False
    cache: bool = False
    tool_cache: bool = False
    signed: bool = False
    unsigned: bool = False
    effort: Effort | None = None


# An inference profile of the operator's own tells nothing, and is mostly Claude's
# (https://github.com/BerriAI/litellm/pull/39210, 2026-09, treats them so too).
_UNKNOWN = Ways(cache=True, tool_cache=True, signed=True, effort="plain")


@lru_cache(maxsize=256)
def ways_of(model: str) -> Ways:
    """What the model with this id or ARN takes."""
    match = _id(model.lower())
    if match is None:
        return _UNKNOWN
    vendor, name = match.groups()
    if vendor == "anthropic":
        return Ways(claude=True, cache=True, tool_cache=True, signed=True, effort=_claude_effort(name))
    if vendor == "amazon" and name.startswith("nova"):
        return Ways(cache=True, effort="nova" if name.startswith("nova-2") else None)
    if vendor == "openai":
        return Ways(unsigned=True, effort="reasoning_effort")
    if vendor == "qwen":
        return Ways(unsigned=True, effort="reasoning_config")
    return Ways(unsigned=vendor in _UNSIGNED)


def _claude_effort(name: str) -> Effort | None:
    if _budgeted(name):
        return "budget"
    if _thoughtless(name):
        return None
    return "either" if _either(name) else "adaptive"
