"""A drill's requests as they go out, and what becomes of answers that are none."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from ajar.config.model import Config, Price
from ajar.errors import ConfigError
from ajar.evals.run.header import header
from ajar.evals.run.journal import Journal
from ajar.evals.run.lines import Replay
from ajar.evals.run.options import RunOptions
from ajar.evals.run.target import Target
from ajar.evals.suite.load import load
from ajar.rollout.drills.asker import head
from ajar.rollout.drills.estimate import estimate, refuse_dear
from ajar.rollout.drills.loss import Loss
from ajar.rollout.drills.question import OfSuite, Question, Tokens, Way
from ajar.rollout.drills.recorded import Recorded, Request
from ajar.rollout.drills.unanswered import count_unanswered
from ajar.rollout.drills.work import Rehearsal, rehearse
from evals.run.chat import Asked, Chat, Said, completion

if TYPE_CHECKING:
    from pathlib import Path

    from ajar.evals.run.ending import RunEnd
    from ajar.evals.sample import Arm

CONFIG = msgspec.convert(
    {"deployments": {"a": {"provider": "openai", "model": "m"}}, "routes": {"r": {"primary": "a"}}}, Config
)
OWN = {"x-ajar-inference": "i", "x-ajar-deployment": "b"}


def chunk(finish_reason: str | None = None, **delta: str) -> bytes:
    """An event of a stream."""
    choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
    said = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}
    return b"data: " + json.dumps(said).encode() + b"\n\n"


class Rehearsed:
    """A drill of some recorded requests against a scripted gateway."""

    def __init__(self, folder: Path, server: Chat, count: int = 4, *, stream: bool = False, **options: Any) -> None:
        body = json.dumps({"model": "r", "stream": stream, "messages": [{"role": "user", "content": "hi"}]}).encode()
        asked = [Request(str(at), Question(Way("openai-chat", stream), body), None, 1, 1) for at in range(count)]
        self.questions = Recorded(CONFIG, "r", asked)
        self.path = folder / "journal.jsonl"
        self.options = RunOptions(**{"retries": 0, **options})
        self.arms: dict[Arm, Target] = {
            "candidate": Target(name="r without a", base_url=server.url, model="r"),
            "baseline": Target(name="r today", base_url=server.url, model="r"),
        }

    def go(self) -> RunEnd:
        now = header(self.questions.suite, "", self.arms, self.options)
        there = self.path.exists()
        journal = Journal.resume(self.path, now, retry_errors=True) if there else Journal.create(self.path, now)
        return rehearse(Rehearsal(self.questions, self.arms, ("a",), self.options, journal))

    def samples(self, arm: Arm) -> list[Any]:
        return [sample for sample in Replay(self.path) if sample.arm == arm]


def without(asked: Asked) -> bool:
    return asked.header("x-ajar-exclude") is not None


def test_the_head_says_what_is_forbidden_and_why_it_is_asked() -> None:
    target = Target(name="r", base_url="http://h/v1", model="r", key="k")
    lines = head(target, Way("anthropic", True), ("a", "b")).decode().split("\r\n")
    assert lines[0] == "POST /v1/messages HTTP/1.1"
    assert "x-ajar-exclude: a, b" in lines
    assert {"x-ajar-purpose: drill", "anthropic-version: 2023-06-01", "authorization: Bearer k"} <= set(lines)
    assert not any("exclude" in line for line in head(target, Way("openai-chat", False), ()).decode().split("\r\n"))


def test_a_stream_that_breaks_off_is_no_answer(tmp_path: Path) -> None:
    begun = chunk(role="assistant", content="ye")
    whole = begun + chunk(content="s") + chunk("stop") + b"data: [DONE]\n\n"

    def script(asked: Asked) -> Said:
        assert asked.body["stream"] is True
        return Said(body=begun if without(asked) else whole, headers=OWN)

    with Chat(script) as server:
        rehearsed = Rehearsed(tmp_path, server, stream=True)
        assert rehearsed.go().finished
    assert [sample.answer.text for sample in rehearsed.samples("baseline")] == ["yes"] * 4
    assert count_unanswered(rehearsed.samples("candidate")) == {"bad_answer": 4}
    for sample in rehearsed.samples("candidate"):
        assert {name: score.value for name, score in sample.scores.items()} == {"answered": 0.0, "finished": 0.0}
        assert sample.answer.inference == "i"


def test_who_answers_though_forbidden_ends_the_drill(tmp_path: Path) -> None:
    with Chat(lambda asked: Said(body=completion("yes"), headers={**OWN, "x-ajar-deployment": "a"})) as server:
        end = Rehearsed(tmp_path, server, 20).go()
    assert not end.finished
    assert "`a` answered, though it was forbidden" in end.why


def test_refusals_at_the_door_are_not_the_routes_and_are_asked_again(tmp_path: Path) -> None:
    told = Said(401, b'{"error": {"message": "no key"}}')
    with Chat(lambda asked: told) as server:
        rehearsed = Rehearsed(tmp_path, server)
        end = rehearsed.go()
        assert not end.finished
        assert "give a key that it accepts (--api-key env:NAME)" in end.why
        assert rehearsed.samples("candidate") == []
        server.script = lambda asked: Said(body=completion("yes"), headers=OWN)
        assert rehearsed.go().finished
        for arm in ("candidate", "baseline"):
            assert [sample.answer.text for sample in rehearsed.samples(arm)] == ["yes"] * 4


def test_a_question_that_nobody_answers_in_time_is_not_answered(tmp_path: Path) -> None:
    def script(asked: Asked) -> Said:
        return Said(body=completion("yes"), headers=OWN, delay_s=3 if without(asked) else 0)

    with Chat(script) as server:
        rehearsed = Rehearsed(tmp_path, server, timeout_s=0.2)
        assert rehearsed.go().finished
    assert count_unanswered(rehearsed.samples("candidate")) == {"timeout": 4}
    assert all(sample.answer.latency_ms == 200 for sample in rehearsed.samples("candidate"))


LOSS = Loss(route="r", first="a", lost=("a",), left=("b", "c"))


class _Tokens:
    guessed = False

    def __init__(self, questions: Any) -> None:
        self.suite = questions.suite
        self.question = questions.question

    def tokens(self) -> Tokens:
        return Tokens(1000, 100)


def test_the_estimate_is_of_whoever_answers_first(tmp_path: Path) -> None:
    with Chat() as server:
        questions = _Tokens(Rehearsed(tmp_path, server, 10).questions)
    prices = {"a": Price(input=1.0, output=10.0), "b": Price(input=0.0, output=0.0)}
    found = estimate(questions, LOSS, prices)
    assert (found.calls, found.today_usd, found.without_usd) == (20, 0.02, 0.0)
    assert found.words() == "20 requests, about $0.02 (today's route $0.02, without it $0)"
    unknown = estimate(questions, LOSS, {"a": prices["a"]})
    assert unknown.words() == "20 requests, at a cost that is not known (no `price` for b)"
    free = estimate(questions, LOSS, {"a": prices["b"], "b": prices["b"]})
    assert free.words() == "20 requests, which cost nothing"
    with pytest.raises(ConfigError, match="no `price` for c"):  # which may answer, too
        refuse_dear(found, LOSS, prices, 1)
    refuse_dear(found, LOSS, {**prices, "c": prices["b"]}, 1)
    with pytest.raises(ConfigError, match=r"may cost \$0.01"):
        refuse_dear(found, LOSS, {**prices, "c": prices["b"]}, 0.01)


def test_a_suites_questions_are_whole_chats_of_the_route(tmp_path: Path) -> None:
    file = tmp_path / "s.yaml"
    file.write_text("suite: s\nchecks: {right: exact}\nrequest: {max_tokens: 50}\ncases:\n  - {input: hi, target: x}\n")
    questions = OfSuite(load(file), "r")
    way, body = questions.question(0)
    assert way == ("openai-chat", False)
    assert json.loads(body) == {"model": "r", "messages": [{"role": "user", "content": "hi"}], "max_tokens": 50}
    assert questions.tokens().output == 50
