"""Recorded requests as a drill's questions: what the route's callers have really asked."""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import TYPE_CHECKING, Any, ClassVar, Final, NamedTuple

import msgspec

from ajar.errors import AjarError, ConfigError, StateError
from ajar.evals.case import Case
from ajar.evals.score import Score
from ajar.evals.scorer import Scorer
from ajar.evals.suite.checks import Checks
from ajar.evals.suite.form import SuiteFile
from ajar.evals.suite.suite import Facts, Suite
from ajar.rollout.checks import scorers_of
from ajar.rollout.drills.question import Question, Tokens, Way
from ajar.rollout.heard import case_of
from ajar.traffic.answers import Said
from ajar.traffic.filters import Filters
from ajar.traffic.query import open_traffic
from ajar.wire.opaque_request import values_in_request
from ajar.wire.openai_responses.request import ResponsesRequest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from ajar.config.model import Config
    from ajar.domain.dialog.parts import Format

_FORMATS: Final[dict[str, Format]] = {"chat": "openai-chat", "responses": "openai-responses", "messages": "anthropic"}
_CUT: Final = ("length", "content_filter")
_COLUMNS: Final = (
    "id, operation, stream, request, unit_hash AS unit,"
    " usage.input_tokens AS input_tokens, usage.output_tokens AS output_tokens"
)
# The digest of the id mixes them the same way each time, and with no regard to when they came.
_DRAWN: Final = f"SELECT {_COLUMNS} FROM traffic WHERE request IS NOT NULL ORDER BY md5(id || $seed)"  # noqa: S608 - ours
_NAMED: Final = f"SELECT {_COLUMNS} FROM traffic WHERE list_contains($ids, id)"  # noqa: S608 - ours
_SOME: Final = 256


class Answered(Scorer, frozen=True, kw_only=True):
    """That there is an answer: whatever has none fails every check."""

    name: ClassVar[str] = "answered"

    def score(self, answer: Any, case: Case) -> Score:  # noqa: ARG002 - being asked is all
        """Always 1."""
        return Score(1.0)


class Finished(Scorer, frozen=True, kw_only=True):
    """That the answer came to its end, neither cut off nor filtered."""

    name: ClassVar[str] = "finished"

    def score(self, answer: Any, case: Case) -> Score:  # noqa: ARG002 - the answer says all
        """0 where it was."""
        reason = answer.finish_reason
        return Score(0.0, f"ended with `{reason}`") if reason in _CUT else Score(1.0)


class Request(NamedTuple):
    """One recorded request."""

    id: str
    question: Question
    unit: str | None
    input_tokens: int | None
    output_tokens: int | None


class Draw(NamedTuple):
    """Requests of a route's traffic, and why others were left out, with their numbers."""

    requests: list[Request]
    left_out: dict[str, int]


def draw(state_dir: Path, config: Config, route: str, count: int, since: int, seed: int) -> Draw:
    """Up to `count` live requests since a time in microseconds that were answered then, drawn by `seed`.

    Raises ConfigError where the route keeps no bodies, and StateError where there is nothing to be drawn.
    """
    if config.routes[route].bodies == "none":
        said = f'route `{route}` keeps no requests: write `bodies = "all"` to have some recorded, or name a --suite'
        raise ConfigError([said])
    filters = Filters(since=since, routes=(route,), purposes=("live",), statuses=(200, 299))
    requests: list[Request] = []
    left_out: Counter[str] = Counter()
    with open_traffic(state_dir) as traffic:
        for row in _rows(traffic.query(_DRAWN, filters, seed=str(seed))):
            if len(requests) == count:
                break
            why = _unfit(row)
            if why:
                left_out[why] += 1
            else:
                requests.append(_request(row))
    if not requests:
        told = "; ".join(f"{number:,} {why}" for why, number in left_out.items())
        none = f"no recorded request of route `{route}` can be asked again"
        raise StateError(f"{none} ({told})" if told else f"{none}: there is none with its body since then; try --suite")
    return Draw(requests, dict(left_out))


def fetch(state_dir: Path, ids: Sequence[str]) -> Draw:
    """The requests with these ids, in this order. Raises StateError where one of them is not kept any more."""
    with open_traffic(state_dir) as traffic:
        there = {row["id"]: row for row in _rows(traffic.query(_NAMED, Filters(), ids=list(ids)))}
    missing = [name for name in ids if name not in there]
    if missing:
        raise StateError(
            f"{len(missing):,} of the {len(ids):,} requests of this drill are not kept any more: begin anew"
        )
    return Draw([_request(there[name]) for name in ids], {})


class Recorded:
    """Recorded requests, as they are. Those of one unit are one cluster: they are not independent.

    The checks are the route's, and that it answers to the end at all.
    """

    guessed = False

    def __init__(self, config: Config, route: str, requests: Sequence[Request]) -> None:
        """Raises ConfigError where the route's checks cannot be made."""
        self._requests = requests
        own: dict[str, Scorer] = {Answered.name: Answered(), Finished.name: Finished()}
        table = config.routes[route]
        checks = {name: {"scorer": name, **check} for name, check in table.checks.items()}
        self.suite: Suite = _Suite(f"{route} as recorded", requests, {**own, **scorers_of(table)}, checks)

    def question(self, index: int) -> Question:
        """What is sent for a case."""
        return self._requests[index].question

    def tokens(self) -> Tokens:
        """What they took when they were recorded."""
        return Tokens(
            _mean(request.input_tokens for request in self._requests),
            _mean(request.output_tokens for request in self._requests),
        )


class _Cases:
    """A suite's cases."""

    def __init__(self, requests: Sequence[Request]) -> None:
        self._requests = requests

    def case(self, index: int) -> Case:
        """What a judge and a report are shown of a request."""
        request = self._requests[index]
        way, body = request.question
        said = Said(
            inference=request.id, route="", caller="", format=way.format, request=body, answer=b"", stream=way.stream
        )
        case = case_of(said) or Case(input=body.decode("utf-8", "replace"))
        return msgspec.structs.replace(case, id=request.id, tags=_tags(way), cluster=request.unit)

    def line(self, index: int) -> int:
        """Where it stands among them."""
        return index + 1

    def __len__(self) -> int:
        return len(self._requests)


class _Suite(Suite):
    def __init__(
        self, name: str, requests: Sequence[Request], scorers: Mapping[str, Scorer], checks: Mapping[str, Any]
    ) -> None:
        facts = Facts()
        digest = hashlib.sha256(msgspec.json.encode(checks, order="sorted"))
        for request in requests:
            facts.add(Case(input="", id=request.id, tags=_tags(request.question.way), cluster=request.unit))
            digest.update(b"%d:%b" % (len(request.question.body), request.question.body))
        facts.close()
        file = SuiteFile(suite=name, cases=[], description="What callers of the route have asked.")
        super().__init__(file, _Cases(requests), facts, Checks(()), digest.hexdigest())
        self._recorded = scorers

    def scorers(self, index: int) -> Mapping[str, Scorer]:
        """The same for all."""
        del index
        return self._recorded


def _rows(found: Any) -> Iterator[dict[str, Any]]:
    """The rows of a query, a few at a time: they may be large."""
    for batch in found.to_arrow_reader(_SOME):
        yield from batch.to_pylist()


def _request(row: dict[str, Any]) -> Request:
    way = Way(_FORMATS[row["operation"]], bool(row["stream"]))
    question = Question(way, row["request"].encode())
    return Request(row["id"], question, row["unit"], row["input_tokens"], row["output_tokens"])


def _unfit(row: dict[str, Any]) -> str:
    """Why a request is not asked again; empty where it can be."""
    operation: str = row["operation"]
    if operation not in _FORMATS:
        return "of another kind"
    data: bytes = row["request"].encode()
    try:
        if operation == "responses":
            state = ResponsesRequest(data).state
            if state.background or state.prompt:
                return "with state at a provider"
        return "with state at a provider" if values_in_request(_FORMATS[operation], data).state else ""
    except AjarError:
        return "unreadable"


def _tags(way: Way) -> tuple[str, ...]:
    return (way.format, "streamed" if way.stream else "whole")


def _mean(numbers: Iterable[int | None]) -> float:
    known = [number for number in numbers if number is not None]
    return sum(known) / len(known) if known else 0.0
