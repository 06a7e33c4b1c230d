"""What is asked again, where, and how often: the route's `repeat` and `budget`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from faults import acts
from faults.speech import TEXT
from faults.stage import stage
from faults.together import together
from faults.upstream import healthy

if TYPE_CHECKING:
    from pathlib import Path

    from faults.upstream import Act

_LOST = {"first_byte_s": 1.0}


def errors(record: dict[str, Any]) -> list[tuple[str, str | None]]:
    """The attempts of a record."""
    return [(each["deployment"], each.get("error")) for each in record["attempts"]]


def test_repeat_says_what_becomes_of_a_lost_answer(tmp_path: Path) -> None:
    async def check(state: Path, repeat: str, own: bool, stream: bool, act: Act) -> None:
        again = repeat == "always" or (repeat == "own" and own)
        options = {"own": own, "limits": _LOST, "fallback": (healthy,), "repeat": repeat}
        async with stage(state, "openai-chat", act, **options) as it:
            saw = await it.saw(stream=stream)
            assert saw.kind == ("answer" if again else "error"), saw
            assert len(it.primary.seen) == 1
            assert len(it.fallback.seen) == again

    places = (acts.hang, acts.close)
    cases = [
        (repeat, own, stream, act)
        for repeat in ("never", "own", "always")
        for own in (False, True)
        for stream in (False, True)
        for act in places
    ]
    together(tmp_path, check, cases)


def test_repeat_says_nothing_of_a_refusal(tmp_path: Path) -> None:
    async def check(state: Path, repeat: str, own: bool) -> None:
        async with stage(state, "openai-chat", acts.refuse(503), own=own, fallback=(healthy,), repeat=repeat) as it:
            assert (await it.saw(stream=True)).text == TEXT

    together(tmp_path, check, [(repeat, own) for repeat in ("never", "own", "always") for own in (False, True)])


def test_a_passing_fault_of_the_only_deployment_is_invisible(tmp_path: Path) -> None:
    async def check(state: Path, act: Act, own: bool, stream: bool) -> None:
        async with stage(state, "openai-chat", act, healthy, own=own) as it:
            saw = await it.saw(stream=stream)
            assert (saw.kind, saw.text) == ("answer", TEXT), saw
            record = await it.record()
            assert (record["status"], record.get("error"), len(record["attempts"])) == (200, None, 2)
            assert len(it.primary.seen) == 2
            assert it.primary.seen[0].body == it.primary.seen[1].body

    refusals = (acts.refuse(503), acts.refuse(429, ("retry-after", "0.4")), acts.error_first)
    together(
        tmp_path, check, [(act, own, stream) for act in refusals for own in (False, True) for stream in (False, True)]
    )


def test_a_kept_connection_is_no_reason_to_ask_twice(tmp_path: Path) -> None:
    """One that ends without a word may have been read, and billed: a request is sent once, as on a new connection."""

    async def check(state: Path, act: Act, stream: bool) -> None:
        async with stage(state, "openai-chat", healthy, act, healthy, own=False, fallback=(healthy,)) as it:
            assert (await it.saw(stream=stream)).kind == "answer"
            saw = await it.saw(stream=stream)
            assert len(it.primary.seen) == 2, "the lost request was sent again"
            assert (saw.kind, saw.status) == ("error", 502), saw
            assert not it.fallback.seen

    together(tmp_path, check, [(act, stream) for act in (acts.reset, acts.close) for stream in (False, True)])


def test_without_a_budget_two_more_attempts_repeat_what_failed(tmp_path: Path) -> None:
    async def check(state: Path, fallback: tuple[Act, ...], most: int) -> None:
        async with stage(state, "openai-chat", acts.refuse(500), fallback=fallback) as it:
            assert (await it.saw(stream=False)).status == 500
            assert len(it.primary.seen) + len(it.fallback.seen) == most
            assert len((await it.record())["attempts"]) == most
            assert all(len(each.seen) <= 3 for each in (it.primary, it.fallback))

    together(tmp_path, check, [((), 3), ((acts.refuse(500),), 4)])


def test_the_budget_of_attempts_is_kept(tmp_path: Path) -> None:
    async def check(state: Path, attempts: int) -> None:
        budget = {"attempts": attempts}
        async with stage(state, "openai-chat", acts.refuse(500), fallback=(acts.refuse(502),), budget=budget) as it:
            assert (await it.saw(stream=False)).kind == "error"
            assert len(it.primary.seen) + len(it.fallback.seen) == attempts

    together(tmp_path, check, [(1,), (2,), (3,)])


def test_the_budget_of_seconds_is_kept(tmp_path: Path) -> None:
    """It ends waiting for content, and no wait begins that it would not see the end of."""

    async def check(state: Path, name: str, act: Act, most_s: float) -> None:
        budget = {"attempts": 9, "seconds": 1.0}
        async with stage(state, "openai-chat", act, own=True, limits={"first_byte_s": 0.8}, budget=budget) as it:
            async with it.caller() as caller:
                caller.send(it.message(stream=True))
                heard = await caller.listen()
            assert heard.status in (429, 504), heard
            assert heard.seconds < most_s
            assert len(it.primary.seen) <= 2

    cases = [("hang", acts.hang, 1.6), ("retry-after", acts.refuse(429, ("retry-after", "2")), 0.5)]
    together(tmp_path, check, cases)


def test_a_long_wait_is_told_and_not_waited_for(tmp_path: Path) -> None:
    async def check(state: Path, front: str) -> None:
        act = acts.refuse(429, ("retry-after", "287441"))
        async with stage(state, front, act) as it:
            async with it.caller() as caller:
                caller.send(it.message(stream=True))
                heard = await caller.listen()
            assert (heard.status, heard.headers["retry-after"]) == (429, "287441")
            assert len(it.primary.seen) == 1

    together(tmp_path, check, [("openai-chat",), ("openai-responses",), ("anthropic",)])
