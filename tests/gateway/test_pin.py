"""Who may get what a request carries, and who is asked first."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ajar.errors import InvalidField
from ajar.gateway.pin import is_tied, pin
from ajar.store.origins import Origins
from ajar.wire.opaque import values_in_answer
from ajar.wire.opaque_request import Values, values_in_request
from recordings import earlier, exchanges

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from ajar.domain.dialog.parts import Format
    from recordings import Exchange


@dataclass(frozen=True)
class Place:
    name: str
    account: str


CLAUDE = Place("claude", "anthropic")
HAIKU = Place("haiku", "anthropic")
LOCAL = Place("local", "local")
GPT = Place("gpt", "openai")


@pytest.fixture
def origins(tmp_path: Path) -> Iterator[Origins]:
    """`team` has signatures of Claude's and of a local runtime's, and a response at OpenAI."""
    made = Origins.create_or_open(tmp_path / "origins", 1024)
    made.note("team", ["c1", "c2"], "claude", "anthropic")
    made.note("team", ["l1"], "local", "local")
    made.note("team", ["resp_1", "file_1"], "gpt", "openai")
    made.note("team", ["resp_l"], "local", "local")
    made.note("other", ["resp_2", "o1"], "gpt", "openai")
    yield made
    made.close()


def asked(origins: Origins, opaque: list[bytes], targets: list[Place], **options: object):
    values = Values(opaque, [], {})
    return pin(values, lambda value: origins.find("team", value), targets, **options)  # type: ignore[arg-type]


def named(origins: Origins, state: list[bytes], targets: list[Place], **options: object):
    values = Values([], state, {value: f"field.{value.decode('latin-1')}" for value in state})
    return pin(values, lambda value: origins.find("team", value), targets, **options)  # type: ignore[arg-type]


def names(result) -> list[str]:
    return [each.target.name for each in result.targets]


def test_a_request_that_carries_nothing_goes_anywhere_as_it_is(origins: Origins) -> None:
    result = asked(origins, [], [LOCAL, CLAUDE])
    assert names(result) == ["local", "claude"]
    assert all(each.as_is for each in result.targets)
    assert result.notes == ()


def test_values_go_back_to_their_account_only(origins: Origins) -> None:
    result = asked(origins, [b"c1", b"c2"], [CLAUDE, HAIKU, LOCAL])
    assert [each.as_is for each in result.targets] == [True, True, False]
    assert result.targets[0].keeps("c1")
    assert not result.targets[2].keeps("c1")
    assert not result.targets[0].keeps("never seen in the request")


def test_a_made_up_signature_of_a_local_runtime_never_reaches_anthropic(origins: Origins) -> None:
    result = asked(origins, [b"c1", b"l1", b"c2"], [CLAUDE, LOCAL])
    claude, local = result.targets
    assert (claude.as_is, claude.kept) == (False, {b"c1", b"c2"})
    assert (local.as_is, local.kept) == (False, {b"l1"})
    alone = asked(origins, [b"l1"], [CLAUDE])
    assert (alone.targets[0].as_is, alone.targets[0].kept) == (False, frozenset()), "even where there is no choice"


def test_a_value_of_unknown_origin_is_kept_only_where_one_account_can_have_issued_it(origins: Origins) -> None:
    for value in (b"unknown", b"o1", b""):
        both = asked(origins, [b"c1", value], [CLAUDE, HAIKU])
        assert all(each.as_is and each.kept == {b"c1", value} for each in both.targets)
        mixed = asked(origins, [b"c1", value], [CLAUDE, LOCAL])
        assert [each.kept for each in mixed.targets] == [{b"c1"}, frozenset()]
        assert not any(each.as_is for each in mixed.targets)
        hidden = asked(origins, [b"c1", value], [CLAUDE], absent=[LOCAL])
        assert hidden.targets[0].kept == {b"c1"}, "a deployment that is left out now may have answered before"


def test_a_conversation_goes_on_where_it_is(origins: Origins) -> None:
    assert names(asked(origins, [b"c1", b"l1"], [CLAUDE, LOCAL, HAIKU])) == ["local", "claude", "haiku"]
    assert names(asked(origins, [b"l1", b"c1"], [LOCAL, GPT, HAIKU, CLAUDE])) == ["haiku", "claude", "local", "gpt"]
    assert names(asked(origins, [b"c1", b"unknown"], [LOCAL, CLAUDE])) == ["claude", "local"]
    assert names(asked(origins, [b"c1"], [HAIKU, CLAUDE])) == ["haiku", "claude"], "one account: the plan's order"


def test_a_rollback_beats_a_pin_and_says_so(origins: Origins) -> None:
    result = asked(origins, [b"l1"], [CLAUDE, LOCAL], why={"local": "was rolled back"})
    assert names(result) == ["claude", "local"]
    assert result.notes == ("deployment `local` was rolled back",)
    assert [each.as_is for each in result.targets] == [False, True]


def test_policy_beats_a_pin_and_says_so(origins: Origins) -> None:
    result = asked(origins, [b"l1"], [CLAUDE], absent=[LOCAL], why={"local": "may not see this data"})
    assert names(result) == ["claude"]
    assert result.notes == ("deployment `local` may not see this data",)
    result = asked(origins, [b"l1"], [CLAUDE], absent=[LOCAL])
    assert result.notes == ("deployment `local` cannot be used for this request",)
    assert asked(origins, [b"l1"], [CLAUDE]).notes == (), "a deployment that is no more has no name to say"


def test_state_goes_to_its_account_and_nowhere_else(origins: Origins) -> None:
    result = named(origins, [b"resp_1", b"file_1"], [CLAUDE, GPT, LOCAL])
    assert names(result) == ["gpt"]
    assert result.targets[0].as_is


def test_state_stays_in_a_request_that_is_written_anew_for_its_account(origins: Origins) -> None:
    values = Values([b"c1"], [b"file_1"], {b"file_1": "messages[0].file_id"})
    (only,) = pin(values, lambda value: origins.find("team", value), [CLAUDE, GPT]).targets
    assert (only.target, only.as_is) == (GPT, False), "the signature is Claude's"
    assert only.keeps("file_1")
    assert not only.keeps("c1")


@pytest.mark.parametrize("state", [b"resp_0", b"resp_2", b"c3"])
def test_an_id_that_was_not_given_to_this_caller_is_refused(origins: Origins, state: bytes) -> None:
    with pytest.raises(InvalidField, match=re.escape(f"`{state.decode()}` is not known here")) as raised:
        named(origins, [state], [GPT])
    assert raised.value.status == 400
    assert raised.value.param == f"field.{state.decode()}"
    assert "Send the content itself in place of the id" in raised.value.message


def test_state_that_cannot_be_reached_is_refused_with_the_reason(origins: Origins) -> None:
    with pytest.raises(InvalidField, match="lies with deployment `gpt`, which cannot be used for this request"):
        named(origins, [b"resp_1"], [CLAUDE], absent=[GPT])
    with pytest.raises(InvalidField, match="deployment `gpt`, which was rolled back"):
        named(origins, [b"resp_1"], [CLAUDE, GPT], why={"gpt": "was rolled back"})
    with pytest.raises(InvalidField, match="is not one of this route's"):
        named(origins, [b"resp_1"], [CLAUDE])
    with pytest.raises(InvalidField, match="another provider account than the ids before it") as raised:
        named(origins, [b"resp_1", b"resp_l"], [GPT, LOCAL])
    assert raised.value.param == "field.resp_l"
    with pytest.raises(InvalidField):
        named(origins, [b"resp_1"], [])


def test_a_deployment_that_moved_to_another_account_gets_nothing(origins: Origins) -> None:
    moved = Place("gpt", "openai-of-another-team")
    with pytest.raises(InvalidField, match="not one of this route's"):
        named(origins, [b"resp_1"], [moved])
    assert asked(origins, [b"c1"], [Place("claude", "elsewhere")]).targets[0].kept == frozenset()


def test_a_long_id_is_not_repeated_whole(origins: Origins) -> None:
    with pytest.raises(InvalidField) as raised:
        named(origins, [b"\xff" * 5000], [GPT])  # type: ignore[arg-type]
    assert len(raised.value.message) < 400


def test_one_beside_the_plan_is_asked_for_what_it_gave_itself(origins: Origins) -> None:
    assert names(asked(origins, [b"c1"], [LOCAL], beside=[CLAUDE])) == ["claude", "local"]
    assert names(asked(origins, [b"l1"], [LOCAL], beside=[CLAUDE])) == ["local"]
    assert names(asked(origins, [b"unknown"], [LOCAL], beside=[CLAUDE])) == ["local"]
    assert names(asked(origins, [b"c1", b"l1"], [LOCAL], beside=[CLAUDE])) == ["local"], "the last one counts"
    assert names(asked(origins, [b"c1"], [LOCAL], beside=[HAIKU])) == ["local"], "an account in common is not enough"
    assert names(named(origins, [b"resp_1"], [CLAUDE], beside=[GPT])) == ["gpt"]
    with pytest.raises(InvalidField, match="not one of this route's"):
        named(origins, [b"resp_1"], [CLAUDE], beside=[Place("gpt-next", "openai")])


def test_with_an_account_in_common_the_one_that_gave_it_comes_first(origins: Origins) -> None:
    mini = Place("mini", "openai")
    assert names(asked(origins, [b"c1"], [HAIKU, LOCAL], beside=[CLAUDE])) == ["claude", "haiku", "local"]
    assert names(asked(origins, [b"c1"], [HAIKU, CLAUDE], beside=[CLAUDE])) == ["claude", "haiku"]
    assert names(asked(origins, [b"c1"], [CLAUDE], beside=[HAIKU])) == ["claude"]
    assert names(named(origins, [b"resp_1"], [mini], beside=[GPT])) == ["gpt", "mini"]


def test_a_value_that_one_beside_might_have_given_goes_nowhere(origins: Origins) -> None:
    assert asked(origins, [b"unknown"], [LOCAL]).targets[0].keeps("unknown")
    assert not asked(origins, [b"unknown"], [LOCAL], beside=[CLAUDE]).targets[0].keeps("unknown")


def test_what_is_tied(origins: Origins) -> None:
    def tied(opaque: list[bytes], state: list[bytes]) -> bool:
        return is_tied(Values(opaque, state, {}), lambda value: origins.find("team", value))

    assert tied([b"c1"], [])
    assert tied([b"unknown", b"c1"], [])
    assert tied([], [b"resp_unknown"]), "an id is never sent on a guess"
    assert not tied([b"unknown", b""], [])
    assert not tied([], [])


PLACES = st.builds(Place, st.sampled_from("abcd"), st.sampled_from("xyz"))


class Known:
    """An origin as a test says it."""

    def __init__(self, place: Place) -> None:
        self.place = place

    def deployment_is(self, name: str) -> bool:
        return name == self.place.name

    def account_is(self, account: str) -> bool:
        return account == self.place.account


@given(
    st.lists(PLACES, max_size=4),
    st.lists(PLACES, max_size=2),
    st.dictionaries(st.binary(min_size=1, max_size=2), st.none() | PLACES, max_size=5),
    st.dictionaries(st.sampled_from("abcd"), st.just("was rolled back")),
    st.lists(PLACES, max_size=2),
)
def test_nobody_ever_gets_a_value_of_another_account(
    targets: list[Place],
    absent: list[Place],
    given: dict[bytes, Place | None],
    why: dict[str, str],
    beside: list[Place],
) -> None:
    def find(value: bytes) -> Known | None:
        place = given[value]
        return None if place is None else Known(place)

    result = pin(
        Values(list(given), [], {}),
        find,  # type: ignore[arg-type]
        targets,
        absent=absent,
        beside=beside,
        why=why,
    )
    asked = [each.target for each in result.targets]
    assert set(targets) <= set(asked) <= {*targets, *(place for place in beside if place in given.values())}
    accounts = {place.account for place in (*targets, *absent, *beside)}
    for each in result.targets:
        for value, place in given.items():
            fits = len(accounts) == 1 if place is None else place.account == each.target.account
            assert (value in each.kept) == fits
        assert each.as_is == (each.kept == set(given))


# -- recorded conversations -------------------------------------------------------------------------------------------

MADE_UP = (b"c2tpcF90aG91Z2h0", b"Y29udGV4dF9lbmdp", b"conv_")
"""What clients sent in place of a Gemini signature that they did not have, and conversations made beforehand."""


def carries(speech: Format) -> Callable[[Exchange], bool]:
    return lambda exchange: exchange.status == 200 and bool(values_in_request(speech, exchange.request))


def all_found(speech: Format, exchange: Exchange, path: Path) -> None:
    """What the answers before gave is found in the request, though some clients write base64 anew."""
    index = Origins.create_or_open(path / "origins", 1024)
    for before in earlier(exchange):
        index.note("team", values_in_answer(speech, before.answer), "d", "a")
    values = values_in_request(speech, exchange.request)
    missing = [value for value in (*values.opaque, *values.state) if index.find("team", value) is None]
    index.close()
    assert [value for value in missing if not value.startswith(MADE_UP)] == []


@exchanges("anthropic", r"/v1/messages\?", carries("anthropic"))
def test_recorded_messages(exchange: Exchange, tmp_path: Path) -> None:
    all_found("anthropic", exchange, tmp_path)


@exchanges("openai-responses", r"/responses(/compact)?$", carries("openai-responses"))
def test_recorded_responses(exchange: Exchange, tmp_path: Path) -> None:
    all_found("openai-responses", exchange, tmp_path)


@exchanges("bedrock-mantle", r"/responses$", carries("openai-responses"))
def test_recorded_mantle_responses(exchange: Exchange, tmp_path: Path) -> None:
    all_found("openai-responses", exchange, tmp_path)


@exchanges("gemini", r"[gG]enerateContent", carries("gemini"))
def test_recorded_gemini(exchange: Exchange, tmp_path: Path) -> None:
    all_found("gemini", exchange, tmp_path)


@exchanges("bedrock", r"/converse$", carries("bedrock"))
def test_recorded_converse(exchange: Exchange, tmp_path: Path) -> None:
    all_found("bedrock", exchange, tmp_path)
