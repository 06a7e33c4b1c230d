from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from ajar.domain.usage import Usage
from ajar.evals.run.cache import Cache
from ajar.evals.run.options import RunOptions
from ajar.evals.sample import Judged
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


def judged_at(url: str, **options: Any) -> RunOptions:
    return RunOptions(judge=target(url, "judges", model="", key="sk-judge"), **options)


def test_a_judge_asks_its_own_model_at_the_endpoint_of_judges_with_their_key(chat: Chat, tmp_path: Path) -> None:
    looked: list[Progress] = []
    with Chat() as other:
        end = run(tmp_path / "j", suite(), arms(other.url, both=True), judged_at(chat.url), watch=looked.append)
        assert (other.count, chat.count) == (20, 20)
        assert {one.header("authorization") for one in other.seen} == {None}
    assert end.finished
    assert {sample.scores["asked"].value for sample in samples(tmp_path / "j")} == {1.0}
    asked = chat.seen
    assert {(one.body["model"], one.header("x-ajar-purpose")) for one in asked} == {("judge", "judge")}
    assert {one.header("authorization") for one in asked} == {"Bearer sk-judge"}
    assert asked[0].raw.count(b'"model"') == 1
    assert end.counts.judge_cost_usd == pytest.approx(20 * (7 + 2 * 2) / 1e6)
    assert looked[-1].cost_usd == pytest.approx(end.counts.cost_usd + end.counts.judge_cost_usd)


def test_without_such_an_endpoint_no_judge_is_asked_anywhere(chat: Chat, tmp_path: Path) -> None:
    end = run(tmp_path / "j", suite(), arms(chat.url))
    assert end.counts.errors["candidate"] == {"unscored": 10}
    assert chat.count == 10
    assert "--judge-base-url" in next(samples(tmp_path / "j")).scores["asked"].why


def test_who_judged_and_what_it_took_is_kept_with_each_sample_and_outlives_the_run(chat: Chat, tmp_path: Path) -> None:
    def named(asked: Asked) -> Said:
        said = script(asked)
        return Said(body=said.body, headers={"x-ajar-deployment": "big" if judging(asked) else "small"})

    chat.script = named
    end = run(tmp_path / "j", suite(4, times=3), arms(chat.url), judged_at(chat.url))
    for sample in samples(tmp_path / "j"):
        assert sample.judged == Judged(
            calls=3,
            deployments={"big": 3},
            models={"upstream-model-1": 3},
            usage=Usage(input_tokens=21, output_tokens=6),
            cost_usd=3 * 11 / 1e6,
        )
    assert (end.counts.judge_calls, end.counts.judge_cost_unknown) == (12, 0)
    again = run(tmp_path / "j", suite(4, times=3), arms(chat.url), judged_at(chat.url))
    assert again.counts.added == 0
    assert again.counts.judge_cost_usd == end.counts.judge_cost_usd == pytest.approx(12 * 11 / 1e6)


def test_a_judge_without_a_price_leaves_its_cost_unknown(chat: Chat, tmp_path: Path) -> None:
    unpriced = RunOptions(judge=target(chat.url, "judges", model="", prices={}))
    end = run(tmp_path / "j", suite(4, times=2), arms(chat.url), unpriced)
    assert (end.counts.judge_calls, end.counts.judge_cost_usd, end.counts.judge_cost_unknown) == (8, 0, 8)


def test_judges_who_refuse_some_answers_do_not_end_the_run(chat: Chat, tmp_path: Path) -> None:
    chat.script = lambda asked: error(400, "not that") if judging(asked) and asked.number > 40 else script(asked)
    options = judged_at(chat.url, max_concurrency=2)
    assert "10 times in a row" in run(tmp_path / "a", suite(60), arms(chat.url), options).why
    good: list[bytes] = []

    def some(asked: Asked) -> Said:
        if not judging(asked):
            return honest(asked)
        if len(good) < 20 or asked.raw in good:
            good.append(asked.raw)
            return Said(body=completion("good"))
        return error(400, "not that")

    chat.script = some
    end = run(tmp_path / "b", suite(60), arms(chat.url), options)
    assert end.finished
    assert end.counts.errors["candidate"] == {"unscored": 40}


def test_a_judge_is_paced_and_repeated_as_all_others_are(chat: Chat, tmp_path: Path) -> None:
    def limited(asked: Asked) -> Said:
        if not judging(asked):
            return honest(asked)
        at_once = sum(judging(one) for one in chat.seen[-chat.running :])
        return error(429, retry_after_ms=5) if at_once > 2 else Said(body=completion("good"), delay_s=0.005)

    chat.script = limited
    end = run(tmp_path / "j", suite(60), arms(chat.url), judged_at(chat.url))
    assert end.finished
    assert end.counts.errors["candidate"] == {}


def test_an_answer_without_a_judgement_is_kept_and_says_why(chat: Chat, tmp_path: Path) -> None:
    chat.script = lambda asked: error(400, "too long") if judging(asked) else honest(asked)
    end = run(tmp_path / "j", suite(5), arms(chat.url), judged_at(chat.url))
    assert end.finished
    assert end.counts.errors["candidate"] == {"unscored": 5}
    for sample in samples(tmp_path / "j"):
        assert sample.answer is not None
        assert sample.scores["asked"] == Score(None, "the judge gave no answer (upstream_400: too long)")
    chat.script = script
    end = run(tmp_path / "j", suite(5), arms(chat.url), judged_at(chat.url, retry_errors=True))
    assert (end.counts.added, end.counts.errors["candidate"]) == (5, {})


def test_a_judge_that_cannot_be_asked_ends_the_run(chat: Chat, tmp_path: Path) -> None:
    chat.script = lambda asked: error(401, "bad key") if judging(asked) else honest(asked)
    end = run(tmp_path / "j", suite(200), arms(chat.url), judged_at(chat.url))
    assert not end.finished
    assert end.why.startswith("the judge judge at http")
    assert "give a key that it accepts (--judge-api-key env:NAME)" in end.why
    assert end.counts.done == 0


def test_a_request_without_a_model_is_the_scorers_fault(chat: Chat, tmp_path: Path) -> None:
    run(tmp_path / "j", suite(2, model=""), arms(chat.url), judged_at(chat.url))
    for sample in samples(tmp_path / "j"):
        assert "names no model" in sample.scores["asked"].why


def test_judgements_are_never_cached(chat: Chat, tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache")
    for number, name in enumerate(("a", "b"), 1):
        assert run(tmp_path / name, suite(4, times=3), arms(chat.url), judged_at(chat.url), cache=cache).finished
        assert chat.count == 4 + number * 4 * 3
    cache.close()
