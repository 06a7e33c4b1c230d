"""How much to think: `thinkingConfig`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ajar.domain.dialog.request import ReasoningOptions
from ajar.wire.gemini.model import LEVELS, ways_of
from ajar.wire.gemini.names import name_of
from ajar.wire.json_fields import said

if TYPE_CHECKING:
    from ajar.domain.dialog.losses import Losses
    from ajar.domain.dialog.parts import Format, Rest
    from ajar.wire.gemini.model import Ways
    from ajar.wire.json_fields import Fields

_EFFORTS = {"minimal": 0, "low": 1, "medium": 2, "high": 3, "xhigh": 4, "max": 4}

_MODES = frozenset({None, "enabled", "adaptive", "disabled"})

# What Google's own Chat Completions endpoint makes of an effort (https://ai.google.dev/gemini-api/docs/openai,
# 2026-11); it has no more than `high`, above which all is as much as the model can.
_BUDGETS = (1024, 1024, 8192, 24576)


def read_thinking(fields: Fields) -> ReasoningOptions:
    """The options in a `thinkingConfig`, whose fields are used up. Raises InvalidField."""
    level = fields.text("thinkingLevel")
    if level is not None and level != level.upper():
        fields.rest()["thinkingLevel"] = level  # for the writer: as it was spelled
    return ReasoningOptions(
        effort=None if level is None else level.lower(),
        budget=fields.integer("thinkingBudget"),
        visible=fields.flag("includeThoughts"),
        rest=fields.rest(),
    )


def write_thinking(options: ReasoningOptions, origin: Format, model: str, losses: Losses) -> Rest:
    """The `thinkingConfig` that a model takes for these options; empty where there is nothing to say."""
    if origin == "gemini":
        return _own(options)
    losses.add_rest("reasoning", said(options.rest))
    ways = ways_of(model)
    if not ways.new and ways.budgets is None:
        if options.effort is not None and not _off(options):
            losses.add(name_of(origin, "effort"))
        elif options.budget:
            losses.add(name_of(origin, "budget"))
        elif options.visible:
            losses.add(name_of(origin, "mode"))
        return {}
    if options.mode not in _MODES:
        losses.add(name_of(origin, "mode"))
    config = _level(options, origin, ways, losses) if ways.new else _budget(options, origin, ways, losses)
    if config.get("thinkingBudget") == 0:
        return config  # thoughts may not be asked for then
    visible = options.visible
    if visible is None and options.summary is not None:
        visible = True
    if visible is not None:
        config["includeThoughts"] = visible
    return config


def _own(options: ReasoningOptions) -> Rest:
    config: Rest = {}
    if options.effort is not None:
        config["thinkingLevel"] = options.effort.upper()
    if options.budget is not None:
        config["thinkingBudget"] = options.budget
    if options.visible is not None:
        config["includeThoughts"] = options.visible
    return config | options.rest


def _off(options: ReasoningOptions) -> bool:
    return options.effort == "none" or options.mode == "disabled" or options.budget == 0


def _level(options: ReasoningOptions, origin: Format, ways: Ways, losses: Losses) -> Rest:
    """A model of the newer kind always thinks."""
    if _off(options):
        losses.add(name_of(origin, "mode" if options.mode == "disabled" else "effort"))
        return {"thinkingLevel": ways.levels[0]}
    wanted = None
    if options.effort is not None:
        wanted = _EFFORTS.get(options.effort)
        if wanted is None:
            losses.add(name_of(origin, "effort"))
    if options.budget is not None and options.budget > 0:
        losses.add(name_of(origin, "budget"))
        if wanted is None:
            wanted = 1 if options.budget < 4096 else 2 if options.budget < 16384 else 3
    if wanted is None:
        return {}
    level = min(ways.levels, key=lambda each: (abs(LEVELS.index(each) - wanted), -LEVELS.index(each)))
    if level != LEVELS[wanted] and options.effort != "max" and options.effort in _EFFORTS:
        losses.add(name_of(origin, "effort"))
    return {"thinkingLevel": level}


def _budget(options: ReasoningOptions, origin: Format, ways: Ways, losses: Losses) -> Rest:
    assert ways.budgets is not None
    least, most = ways.budgets
    if _off(options):
        if least:
            losses.add(name_of(origin, "mode" if options.mode == "disabled" else "effort"))
        return {"thinkingBudget": least}
    if options.budget is not None:
        budget = options.budget if options.budget < 0 else min(max(options.budget, least), most)
        if budget != options.budget:
            losses.add(name_of(origin, "budget"))
        return {"thinkingBudget": budget}
    if options.effort is None:
        return {}
    wanted = _EFFORTS.get(options.effort)
    if wanted is None:
        losses.add(name_of(origin, "effort"))
        return {}
    return {"thinkingBudget": _BUDGETS[wanted] if wanted < len(_BUDGETS) else most}
