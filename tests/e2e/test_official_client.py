"""The official client against the shipped model, with only the base URL changed."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import openai
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from e2e.conftest import Running

MODEL = """
[deployments.v2]
runtime = "llama.cpp"
model = "ajar-triage-v2"
[routes.support-triage]
primary = "v2"
"""
MESSAGES: Any = [{"role": "user", "content": "My order #48213 arrived with a cracked lid, please send the money back"}]
KEYS = ["intent", "urgency", "order_id", "product", "date", "amount"]


@pytest.fixture
def service(serve: Callable[..., Running]) -> Running:
    return serve(MODEL)


@pytest.fixture
def client(service: Running) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=service.url, api_key="none", max_retries=0) as client:
        yield client


def test_plain_streamed_constrained_and_embeddings(client: openai.OpenAI, service: Running) -> None:
    plain = client.chat.completions.create(model="support-triage", messages=MESSAGES, temperature=0)
    text = plain.choices[0].message.content or ""
    assert list(json.loads(text)) == KEYS
    assert json.loads(text)["order_id"] == "#48213"

    with client.chat.completions.create(
        model="support-triage", messages=MESSAGES, temperature=0, stream=True
    ) as stream:
        chunks = list(stream)
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == text
    assert all(chunk.usage is None for chunk in chunks)

    with client.chat.completions.create(
        model="support-triage",
        messages=MESSAGES,
        temperature=0,
        stream=True,
        stream_options={"include_usage": True},
    ) as stream:
        last = list(stream)[-1]
    assert last.usage is not None
    assert last.usage.completion_tokens == plain.usage.completion_tokens  # type: ignore[union-attr]

    schema = {
        "type": "object",
        "properties": {"intent": {"enum": ["billing", "exchange"]}},
        "required": ["intent"],
        "additionalProperties": False,
    }
    bound = client.chat.completions.create(
        model="support-triage",
        messages=MESSAGES,
        response_format={"type": "json_schema", "json_schema": {"name": "t", "schema": schema, "strict": True}},
    )
    assert json.loads(bound.choices[0].message.content or "")["intent"] in ("billing", "exchange")

    vectors = client.embeddings.create(model="support-triage", input=["one", "two"], encoding_format="float")
    assert len(vectors.data) == 2
    assert len(vectors.data[0].embedding) == len(vectors.data[1].embedding) > 64

    rows = [json.loads(line) for line in service.ajar("traffic", "export", "--format", "jsonl").splitlines()]
    assert [row["operation"] for row in rows] == ["chat"] * 4 + ["embeddings"]
    assert {row["upstream_model"] for row in rows} == {"ajar-triage-v2"}
    for count in ("input_tokens", "output_tokens"):
        assert rows[1]["usage"][count] == rows[0]["usage"][count] > 0, "a metered stream is counted like a plain answer"


def test_the_asynchronous_client(service: Running) -> None:
    async def ask() -> list[str]:
        async with openai.AsyncOpenAI(base_url=service.url, api_key="none", max_retries=0) as client:
            answers = await asyncio.gather(
                *(client.chat.completions.create(model="support-triage", messages=MESSAGES) for _ in range(8))
            )
            return [answer.choices[0].message.content or "" for answer in answers]

    texts = asyncio.run(ask())
    assert len(texts) == 8
    assert all(list(json.loads(text)) == KEYS for text in texts)


def test_errors_are_the_clients_own_types(client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as missing:
        client.chat.completions.create(model="nowhere", messages=MESSAGES)
    assert missing.value.code == "model_not_found"
    with pytest.raises(openai.BadRequestError) as mistyped:
        client.chat.completions.create(model="support-triage", messages="hello")  # type: ignore[arg-type,call-overload]
    assert mistyped.value.param == "messages"
    with pytest.raises(openai.BadRequestError) as long:
        client.chat.completions.create(model="support-triage", messages=[{"role": "user", "content": "order " * 4000}])
    assert "context" in str(long.value)
