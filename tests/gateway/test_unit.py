"""Whom a request is for, in whichever way the route is told."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from ajar.gateway.ask import Ask
from ajar.gateway.head import Head
from ajar.gateway.unit import as_text, reader
from ajar.wire.fronts import CHAT, COMPACT, COUNT_TOKENS, EMBEDDINGS, MESSAGES, RESPONSES

if TYPE_CHECKING:
    from ajar.wire.fronts import Front

BODIES: dict[str, dict[str, Any]] = {
    "openai-chat": {"messages": []},
    "openai-responses": {"input": "hi"},
    "anthropic": {"messages": []},
}


def read(unit: str, body: dict[str, Any] | bytes, front: Front = CHAT, headers: Any = ()) -> bytes | None:
    """The unit of a request on a route with this `unit`."""
    if isinstance(body, dict):
        usual = {"input": "x"} if front is EMBEDDINGS else BODIES[front.format]
        body = json.dumps({"model": "r", **usual, **body}).encode()
    look = reader(unit)
    assert look is not None
    return look(Head(list(headers)), Ask(front, body)) or None


def test_the_usual_header_is_read_with_the_others() -> None:
    assert reader("header:x-ajar-unit") is None
    assert reader("header:X-Ajar-Unit") is None
    head = Head([(b"x-ajar-unit", b"u"), (b"x-other", b"o")])
    assert head.read[b"x-ajar-unit"] == b"u"
    assert b"unit" not in head.forward


def test_another_header() -> None:
    headers = [(b"x-session", b"s1"), (b"x-ajar-unit", b"u")]
    assert read("header:X-Session", {}, headers=headers) == b"s1"
    assert read("header:x-session", {}, headers=[*headers, (b"x-session", b"s2")]) == b"s1, s2"
    assert read("header:x-session", {}, headers=[(b"x-session", b"")]) is None
    assert read("header:x-session", {}) is None
    assert read("header:x-ajar-session", {}, headers=[(b"x-ajar-session", b"s")]) == b"s"


@pytest.mark.parametrize("front", [CHAT, RESPONSES, COMPACT, EMBEDDINGS])
def test_openais_user(front: Front) -> None:
    assert read("user", {"user": "u", "safety_identifier": "s"}, front) == b"u"
    assert read("user", {"safety_identifier": "s"}, front) == b"s"
    assert read("user", {"user": "", "safety_identifier": "s"}, front) == b"s"
    assert read("user", {"user": None}, front) is None
    assert read("user", {"metadata": {"user_id": "m"}}, front) is None
    assert read("user", {}, front) is None


@pytest.mark.parametrize("front", [MESSAGES, COUNT_TOKENS])
def test_anthropics_user(front: Front) -> None:
    assert read("user", {"metadata": {"user_id": "m"}}, front) == b"m"
    assert read("user", {"metadata": {"user_id": None}, "user": "u"}, front) is None
    assert read("user", {"metadata": None}, front) is None
    assert read("user", {"metadata": "m"}, front) is None


@pytest.mark.parametrize(
    ("pointer", "found"),
    [
        ("/session", b"s"),
        ("/count", b"12"),
        ("/part", b"-1.50"),
        ("/huge", str(10**400).encode()),
        ("/metadata/session", b"deep"),
        ("/metadata/a~1b", b"slash"),
        ("/metadata/a~0b", b"tilde"),
        ("/metadata/a~01b", b"tilde-one"),
        ("/metadata/0", b"a name"),
        ("/list/0", b"first"),
        ("/list/1/x", b"second"),
        ("/escaped", "Zoë \n".encode()),
        ("/empty", None),
        ("/nothing", None),
        ("/flag", None),
        ("/metadata", None),
        ("/list", None),
        ("/list/2", None),
        ("/list/-", None),
        ("/list/00", None),
        ("/list/²", None),
        ("/list/" + "9" * 5000, None),
        ("/session/x", None),
        ("/metadata/session/x", None),
        ("/absent", None),
    ],
)
def test_a_place_in_the_body(pointer: str, found: bytes | None) -> None:
    body = {
        "session": "s",
        "count": 12,
        "huge": 10**400,
        "metadata": {"session": "deep", "a/b": "slash", "a~b": "tilde", "a~1b": "tilde-one", "0": "a name"},
        "list": ["first", {"x": "second"}],
        "escaped": "Zo\u00eb \n",
        "empty": "",
        "nothing": None,
        "flag": True,
    }
    data = json.dumps({"model": "r", "messages": [], **body, "part": 0}).replace('"part": 0', '"part": -1.50')
    assert read(f"body:{pointer}", data.encode()) == found


def test_what_is_nested_too_deeply_is_no_unit() -> None:
    deep = b'{"model":"r","messages":[],"x":%b%b}' % (b"[" * 500, b"]" * 500)
    assert read("body:/x/0/0/0/0/0/0/0", deep) is None


@pytest.mark.parametrize(
    ("value", "text"),
    [(b"plain", "plain"), ("Zoë".encode(), "Zoë"), ("Zoë".encode("latin-1"), "Zoë"), (b"\xff", "ÿ")],
)
def test_a_unit_is_the_same_in_whichever_way_it_is_said(value: bytes, text: str) -> None:
    assert as_text(value) == text.encode()
