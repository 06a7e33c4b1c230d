"""What a promptfoo configuration says of its models that a suite can say: members of the request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from ajar.evals.importers.promptfoo.files import is_program

if TYPE_CHECKING:
    from ajar.evals.importers.imported import Notes, Place

_CARRIED = (
    *("temperature", "max_tokens", "max_completion_tokens", "top_p", "stop", "seed", "tools", "tool_choice"),
    *("response_format", "frequency_penalty", "presence_penalty", "reasoning_effort"),
)


def request(value: Any, place: Place, notes: Notes) -> dict[str, Any]:
    """What the only provider asks its model for."""
    if value is None:
        return {}
    listed = cast("list[Any]", value) if isinstance(value, list) else [value]
    notes.lose(place, "which models are asked is no part of a suite; say it with `--on` and `--against`")
    configs: list[tuple[dict[str, Any], Place]] = []
    for index, one in enumerate(listed):
        where = place.at(index) if isinstance(value, list) else place
        known = cast("dict[str, Any]", one) if isinstance(one, dict) else {"id": one}
        name = known.get("id") or next(iter(known), "")
        if isinstance(name, str) and is_program(name):
            notes.code(where, f"the provider `{name}`")
        config = known.get("config")
        if isinstance(config, dict):
            configs.append((cast("dict[str, Any]", config), where.at("config")))
    if len(listed) > 1 and configs:
        notes.lose(configs[0][1], "the `config` of several providers is not carried; give the suite a `request`")
        return {}
    return _members(*configs[0], notes) if configs else {}


def _members(config: dict[str, Any], place: Place, notes: Notes) -> dict[str, Any]:
    carried: dict[str, Any] = {}
    for key, value in config.items():
        if key not in _CARRIED:
            notes.lose(place.at(key), f"`{key}` of a provider's `config` is not carried")
        elif isinstance(value, str) and value.startswith("file://"):
            notes.lose(place.at(key), f"`{key}` from a file is not carried")
        else:
            carried[key] = value
    return carried
