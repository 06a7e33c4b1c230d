"""What the official clients make of it: signs of life are no news to them, and a broken stream is an error."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import anthropic
import openai
import pytest

from faults import acts
from faults.cell import FRONTS
from faults.speech import TEXT, WORDS
from faults.stage import ROUTE, stage
from faults.test_keepalive import KEEPALIVE_S, late, think_behind_head
from faults.together import together
from faults.upstream import healthy

if TYPE_CHECKING:
    from pathlib import Path

    from faults.upstream import Act


def read(front: str, port: int, said: list[str]) -> None:
    """Stream one answer; its words go into `said`."""
    if front == "anthropic":
        with (
            anthropic.Anthropic(base_url=f"http://127.0.0.1:{port}", api_key="x", max_retries=0) as client,
            client.messages.stream(
                model=ROUTE, max_tokens=99, messages=[{"role": "user", "content": "hi, what can you count?"}]
            ) as stream,
        ):
            said.extend(stream.text_stream)
        return
    with openai.OpenAI(base_url=f"http://127.0.0.1:{port}/v1", api_key="x", max_retries=0) as client:
        if front == "openai-responses":
            with client.responses.stream(model=ROUTE, input="hi, what can you count?") as events:
                said.extend(event.delta for event in events if event.type == "response.output_text.delta")
                assert events.get_final_response().output_text == TEXT
            return
        turns = [{"role": "user", "content": "hi, what can you count?"}]
        with client.chat.completions.create(model=ROUTE, messages=turns, stream=True) as chunks:  # type: ignore[call-overload]
            said.extend(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)


def test_signs_of_life_are_no_news(tmp_path: Path) -> None:
    async def check(state: Path, front: str, act: Act) -> None:
        async with stage(state, front, act, fallback=(healthy,), keepalive_s=KEEPALIVE_S) as it:
            said: list[str] = []
            await asyncio.to_thread(read, front, it.service.port, said)
            assert "".join(said) == TEXT

    thinking = (think_behind_head, late(acts.refuse(503)), late(acts.close))
    together(tmp_path, check, [(front, act) for front in FRONTS for act in thinking])


def test_a_broken_stream_is_an_error(tmp_path: Path) -> None:
    async def check(state: Path, front: str, act: Act, text: str) -> None:
        limits = {"gap_s": 0.3}
        budget = {"attempts": 1}
        async with stage(state, front, act, keepalive_s=KEEPALIVE_S, limits=limits, budget=budget) as it:
            said: list[str] = []
            # RuntimeError: OpenAI's stream of Responses says so where the upstream's own error event went by.
            with pytest.raises((openai.APIError, anthropic.APIError, RuntimeError)):
                await asyncio.to_thread(read, front, it.service.port, said)
            assert "".join(said) == text

    half = WORDS[0] + WORDS[1]
    faults = (
        (acts.stall, half),
        (acts.cut, half),
        (acts.cut_before_mark, TEXT),
        (acts.error_behind_content, half),
        (late(acts.refuse(503)), ""),
    )
    together(tmp_path, check, [(front, act, text) for front in FRONTS for act, text in faults])
