"""A run with everything in it that an export must carry."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from ajar.domain.usage import Usage
from ajar.evals.answer import ToolCall
from ajar.evals.score import Score
from doubles.finished_run import MadeSuite, sample, samples

if TYPE_CHECKING:
    from ajar.evals.case import Case
    from ajar.evals.sample import Sample

CREATED = datetime(2026, 11, 21, 12, 30, tzinfo=UTC)


class Mixed(MadeSuite):
    """One case has messages, one several right answers, one none, and one a cluster."""

    def case(self, index: int) -> Case:
        found = super().case(index)
        changes: dict[int, dict[str, Any]] = {
            5: {
                "input": [
                    {"role": "system", "content": "Be kind."},
                    {"role": "user", "content": [{"type": "text", "text": "Hé?"}, {"type": "refusal"}]},
                ]
            },
            6: {"target": ["yes", "no"]},
            7: {"target": None, "cluster": "document-1"},
        }
        return msgspec.structs.replace(found, **changes.get(index, {}))


@pytest.fixture
def suite() -> MadeSuite:
    return Mixed(24)


@pytest.fixture
def made(suite: MadeSuite) -> list[Sample]:
    """The samples of both models; the first four of the candidate are unusual."""
    plain = MadeSuite(24)
    found = [sample for sample in samples(plain) if sample.case > 3]
    unjudged = sample(0, "candidate", "billing")
    return [
        msgspec.structs.replace(unjudged, scores={"judge": Score(None, "unparseable verdict"), **unjudged.scores}),
        sample(1, "candidate", "refunds", text="", refusal="I may not.", finish_reason="content_filter"),
        sample(2, "candidate", "x", tool_calls=(ToolCall("find", '{"q": "\\u00e9"}'),), finish_reason="tool_calls"),
        *[found for found in samples(plain) if found.case == 3],
        sample(4, "candidate", "account", repeat=1, usage=Usage(input_tokens=100, cache_read_input_tokens=40)),
        *found,
    ]
