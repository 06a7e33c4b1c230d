"""Sampling options of other formats."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from wire.anthropic.dialogs import again, chat, text, user, write

if TYPE_CHECKING:
    from collections.abc import Callable

    Valid = Callable[[bytes], dict[str, Any]]


BOTH: list[tuple[float, float, dict[str, float], tuple[str, ...]]] = [
    (0.2, 0.9, {"temperature": 0.2}, ("top_p",)),
    (0, 0, {"temperature": 0}, ("top_p",)),
    (0.2, 1, {"temperature": 0.2}, ()),
    (1, 0.9, {"top_p": 0.9}, ()),
    (1.5, 0.9, {"top_p": 0.9}, ("temperature",)),
    (1, 1, {"temperature": 1}, ()),
]


@pytest.mark.parametrize(("temperature", "top_p", "written", "names"), BOTH)
def test_one_of_temperature_and_top_p(
    valid: Valid, temperature: float, top_p: float, written: dict[str, float], names: tuple[str, ...]
) -> None:
    body, lost = write(chat(temperature=temperature, top_p=top_p))
    value = valid(body)
    assert {name: value[name] for name in ("temperature", "top_p") if name in value} == written
    assert lost == names
    assert valid(write(chat(top_p=top_p))[0])["top_p"] == top_p


def test_a_caller_of_the_same_format_knows_its_model() -> None:
    body = {"model": "claude-x", "max_tokens": 5, "messages": [user(text("hi"))], "temperature": 0.2, "top_p": 0.9}
    assert again(body) == (body, ())
