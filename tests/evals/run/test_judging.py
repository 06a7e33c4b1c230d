from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import pytest

from ajar.evals.run.cache import Cache
from ajar.evals.run.options import RunOptions
from ajar.evals.score import Score
from ajar.evals.scorer import Judge
from evals.run.chat import Chat, Said, completion, error, honest
from evals.run.small import Small, arms, run, samples, target

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ajar.evals.answer import Answer
    from ajar.evals.case import Case
    from ajar.evals.run.watch import Progress
    from ajar.evals.scorer import Infer
    from evals.run.chat import Asked


class Asks(Judge, frozen=True, kw_only=True):
    """Asks the same `times` over, and gives the share of the good."""

    name: ClassVar[str] = "asks"
    model: str = "judge"
    times: int = 1

    async def judge(self, answer: Answer, case: Case, infer: Infer) -> Score:
        """The share."""
        body = {"model": self.model, "messages": [{"role": "user", "content": f"judge: {answer.text}"}]}
        said = [await infer(body) for _ in range(self.times)]
        return Score(sum(one.text == "good" for one in said) / self.times)


@pytest.fixture
def chat() -> Iterator[Chat]:
    with Chat(script) as server:
        yield server


def script(asked: Asked) -> Said:
    return Said(body=completion("good")) if judging(asked) else honest(asked)


def judging(asked: Asked) -> bool:
    return asked.text.startswith("judge: ")


def suite(count: int = 10, **options: object) -> Small:
    return Small(count, {"asked": Asks(**options)})  # type: ignore[arg-type]


def test_a_judge_asks_its_own_model_at_the_candidates_endpoint(chat: Chat, tmp_path: Path) -> None:
    looked: list[Progress] = []
    end = run(tmp_path / "j", suite(), arms(chat.url, both=True), watch=looked.append)
    assert end.finished
    assert {sample.scores["asked"].value for sample in samples(tmp_path / "j")} == {1.0}
    asked = [one for one in chat.seen if judging(one)]
    assert len(asked) == 20
    assert {(one.body["model"], one.header("x-ajar-purpose")) for one in asked} == {("judge", "judge")}
    assert asked[0].raw.count(b'"model"') == 1
    assert end.counts.judge_cost_usd == pytest.approx(20 * (7 + 2 * 2) / 1e6)
    assert looked[-1].cost_usd == pytest.approx(end.counts.cost_usd + end.counts.judge_cost_usd)


def test_or_where_the_options_say(chat: Chat, tmp_path: Path) -> None:
    with Chat(script) as other:
        judge = target(other.url, "the judges", model="", key="sk-judge")
        assert run(tmp_path / "j", suite(), arms(chat.url), RunOptions(judge=judge)).finished
        assert (chat.count, other.count) == (10, 10)
        assert other.seen[0].header("authorization") == "Bearer sk-judge"


def test_a_judge_is_paced_and_repeated_as_all_others_are(chat: Chat, tmp_path: Path) -> None:
    def limited(asked: Asked) -> Said:
        if not judging(asked):
            return honest(asked)
        at_once = sum(judging(one) for one in chat.seen[-chat.running :])
        return error(429, retry_after_ms=5) if at_once > 2 else Said(body=completion("good"), delay_s=0.005)

    chat.script = limited
    end = run(tmp_path / "j", suite(60), arms(chat.url))
    assert end.finished
    assert end.counts.errors["candidate"] == {}


def test_an_answer_without_a_judgement_is_kept_and_says_why(chat: Chat, tmp_path: Path) -> None:
    chat.script = lambda asked: error(400, "too long") if judging(asked) else honest(asked)
    end = run(tmp_path / "j", suite(5), arms(chat.url))
    assert end.finished
    assert end.counts.errors["candidate"] == {"unscored": 5}
    for sample in samples(tmp_path / "j"):
        assert sample.answer is not None
        assert sample.scores["asked"] == Score(None, "the judge gave no answer (upstream_400: too long)")
    chat.script = script
    end = run(tmp_path / "j", suite(5), arms(chat.url), RunOptions(retry_errors=True))
    assert (end.counts.added, end.counts.errors["candidate"]) == (5, {})


def test_a_judge_that_cannot_be_asked_ends_the_run(chat: Chat, tmp_path: Path) -> None:
    chat.script = lambda asked: error(401, "bad key") if judging(asked) else honest(asked)
    end = run(tmp_path / "j", suite(200), arms(chat.url))
    assert not end.finished
    assert end.why.startswith("the judge judge at http")
    assert "give a key that it accepts" in end.why
    assert end.counts.done == 0


def test_a_request_without_a_model_is_the_scorers_fault(chat: Chat, tmp_path: Path) -> None:
    run(tmp_path / "j", suite(2, model=""), arms(chat.url))
    for sample in samples(tmp_path / "j"):
        assert "names no model" in sample.scores["asked"].why


def test_each_of_a_judges_equal_requests_is_cached_by_itself(chat: Chat, tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache")
    for name in ("a", "b"):
        assert run(tmp_path / name, suite(4, times=3), arms(chat.url), cache=cache).finished
        assert chat.count == 4 + 4 * 3
    cache.close()
