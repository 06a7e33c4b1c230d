"""`POST /v1/feedback`: who may say what of which answer, and that it is kept before it is acknowledged."""

from __future__ import annotations

import errno
import gzip
import json
import os
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest

from ajar.config.snapshot import KeyEntry
from ajar.domain.ids import Ids
from ajar.evidence.assign import unit_hash
from ajar.traffic.feedback import latest, read_feedback
from gateway.conftest import config

if TYPE_CHECKING:
    from collections.abc import Callable

    from ajar.domain.feedback import Feedback
    from doubles.service import Result, Service
    from doubles.upstream import Upstream

SALT = "5a" * 32
METRICS = {
    "solved": {"kind": "boolean"},
    "stars": {"kind": "rating", "scale": (1, 5)},
    "minutes": {"kind": "number"},
    "error": {},
}


def keyed(name: str) -> tuple[KeyEntry, dict[str, str]]:
    digest = sha256(name.encode()).hexdigest()
    return KeyEntry(name, digest, name), {"authorization": f"Bearer ajar_{name}_{name}"}


SHOP, AS_SHOP = keyed("shop")
DESK, AS_DESK = keyed("desk")


@pytest.fixture
def rated(serve: Callable[..., Service], upstream: Upstream) -> Service:
    """Routes `r`, with metrics, and `other`, without."""
    one = config(upstream, metrics=METRICS)
    one["routes"]["other"] = {"primary": "a"}
    return serve(one, salt=SALT)


def say(service: Service, headers: dict[str, str] | None = None, **fields: Any) -> Result:
    return service.request("POST", "/v1/feedback", fields, headers)


def kept(service: Service) -> list[Feedback]:
    return list(read_feedback(service.state))


def error(result: Result) -> dict[str, Any]:
    return result.json["error"]


def counted(service: Service) -> list[str]:
    return [line for line in service.exposition().decode().splitlines() if line.startswith("ajar_feedback_total{")]


@pytest.mark.parametrize(
    ("metric", "value"),
    [
        ("solved", True),
        ("solved", False),
        ("stars", 1),
        ("stars", 4.5),
        ("stars", 5),
        ("minutes", -3),
        ("minutes", 1e300),
        ("comment", ""),
        ("comment", "ü" * 8192),
        ("demonstration", "x" * 262_144),
        ("demonstration", [{"role": "user", "content": "hi"}, {"role": "assistant", "content": None}]),
    ],
)
def test_a_value_is_in_the_journal_when_it_is_acknowledged(rated: Service, metric: str, value: Any) -> None:
    inference = rated.chat().headers["x-ajar-inference"]
    result = say(rated, inference=inference, metric=metric, value=value)
    (one,) = kept(rated)
    assert (result.status, result.json) == (202, {"feedback": one.id})
    assert result.headers["content-type"] == "application/json"
    assert (one.inference, one.route, one.metric, one.value) == (inference, "r", metric, value)
    assert (one.caller, one.source, one.unit_hash, one.said) == ("local", "caller", None, None)
    assert type(one.value) is type(value)
    assert counted(rated) == [f'ajar_feedback_total{{metric="{metric}",route="r"}} 1']


def test_a_unit_is_known_by_its_hash_only(rated: Service) -> None:
    assert say(rated, route="r", unit="anna@läden.example", metric="solved", value=True).status == 202
    (one,) = kept(rated)
    assert one.unit_hash == unit_hash(bytes.fromhex(SALT), "r", "anna@läden.example".encode())
    assert one.inference is None
    assert not any(b"anna" in path.read_bytes() for path in (rated.state / "feedback").iterdir())


def test_the_units_hash_is_that_of_its_requests(rated: Service) -> None:
    rated.chat(headers={"x-ajar-unit": "anna"})
    say(rated, route="r", unit="anna", metric="solved", value=True)
    assert kept(rated)[0].unit_hash == rated.records()[0]["unit_hash"]


def test_the_same_id_corrects(rated: Service) -> None:
    inference = rated.chat().headers["x-ajar-inference"]
    for value in (True, False):
        result = say(rated, inference=inference, metric="solved", value=value, id="ticket 7")
        assert result.json == {"feedback": "ticket 7"}
    assert [one.value for one in kept(rated)] == [True, False]
    assert [one.value for one in latest(kept(rated))] == [False]


@pytest.mark.parametrize(
    ("given", "micros"),
    [
        ("2026-01-31T18:00:00Z", 1_769_882_400_000_000),
        ("2026-01-31T20:00:00.123456+02:00", 1_769_882_400_123_456),
        (1_769_882_400, 1_769_882_400_000_000),
        (1_769_882_400.25, 1_769_882_400_250_000),
        (0, 0),
        (None, None),
    ],
)
def test_the_callers_own_time_is_kept_beside_ours(rated: Service, given: Any, micros: int | None) -> None:
    inference = rated.chat().headers["x-ajar-inference"]
    assert say(rated, inference=inference, metric="solved", value=True, time=given, id=None).status == 202
    (one,) = kept(rated)
    assert one.said == micros
    assert one.time > 1_700_000_000_000_000


def test_it_may_come_late_and_from_another_config(rated: Service, upstream: Upstream) -> None:
    inference = rated.chat().headers["x-ajar-inference"]
    rated.apply({**config(upstream, metrics={"new": {"kind": "boolean"}}), "server": {"max_body_mb": 1}})
    assert say(rated, inference=inference, metric="new", value=True).status == 202
    assert error(say(rated, inference=inference, metric="solved", value=True))["param"] == "metric"


def test_a_caller_rates_only_its_own_and_cannot_tell_the_others(
    serve: Callable[..., Service], upstream: Upstream
) -> None:
    one = config(upstream, metrics=METRICS)
    one["routes"]["gone"] = {"primary": "a"}
    service = serve(one, salt=SALT, keys=(SHOP, DESK))
    own = service.chat(headers=AS_SHOP).headers["x-ajar-inference"]
    gone = service.chat("gone", headers=AS_SHOP).headers["x-ajar-inference"]
    del one["routes"]["gone"]
    service.apply(one)
    strangers = [
        service.chat(headers=AS_DESK).headers["x-ajar-inference"],
        gone,
        Ids(bytes.fromhex(SALT)).new("shop", ""),
        Ids(b"x").new("shop", "r"),
        own[:-1] + ("0" if own[-1] != "0" else "1"),
        own[:9] + ("0" if own[9] != "0" else "1") + own[10:],
        own.upper(),
        "",
        "x" * 1000,
    ]
    refused = [say(service, AS_SHOP, inference=each, metric="solved", value=True) for each in strangers]
    assert {(each.status, error(each)["code"]) for each in refused} == {(404, "inference_not_found")}
    assert len({each.body for each in refused}) == 1
    assert say(service, AS_SHOP, inference=own, metric="solved", value=True).status == 202
    assert say(service, AS_DESK, inference=own, metric="solved", value=True).body == refused[0].body
    assert [one.caller for one in kept(service)] == ["shop"]


def test_keys_and_foreign_pages_as_for_inferences(serve: Callable[..., Service], upstream: Upstream) -> None:
    service = serve(config(upstream), salt=SALT, keys=(SHOP,))
    assert say(service, route="r", unit="u", metric="comment", value="x").status == 401
    assert say(service, AS_DESK, route="r", unit="u", metric="comment", value="x").status == 401
    open_one = serve(config(upstream), salt=SALT)
    page = {"origin": "https://evil.example"}
    assert say(open_one, page, route="r", unit="u", metric="comment", value="x").status == 403
    assert kept(service) == kept(open_one) == []


@pytest.mark.parametrize(
    ("fields", "param", "words"),
    [
        ({"metric": "solvd", "value": True}, "metric", "did you mean `solved`?"),
        (
            {"metric": "zzz", "value": True},
            "metric",
            "they are `comment`, `demonstration`, `minutes`, `solved`, `stars`",
        ),
        ({"metric": "error", "value": 1}, "metric", "takes no feedback on a metric `error`"),
        ({"value": True}, "metric", "is missing"),
        ({"metric": 1, "value": True}, "metric", "must be a string"),
        ({"metric": "solved"}, "value", "true or false"),
        ({"metric": "solved", "value": None}, "value", "true or false"),
        ({"metric": "solved", "value": 1}, "value", "true or false"),
        ({"metric": "solved", "value": "true"}, "value", "true or false"),
        ({"metric": "stars", "value": 5.1}, "value", "a number from 1 to 5"),
        ({"metric": "stars", "value": 0}, "value", "a number from 1 to 5"),
        ({"metric": "stars", "value": True}, "value", "a number from 1 to 5"),
        ({"metric": "stars", "value": "5"}, "value", "a number from 1 to 5"),
        ({"metric": "minutes", "value": 10**400}, "value", "a finite number"),
        ({"metric": "minutes", "value": [1]}, "value", "a finite number"),
        ({"metric": "comment", "value": 1}, "value", "text of at most 16 KB"),
        ({"metric": "comment", "value": "ü" * 8193}, "value", "text of at most 16 KB"),
        ({"metric": "demonstration", "value": "x" * 262_145}, "value", "at most 256 KB"),
        ({"metric": "demonstration", "value": []}, "value", "a list of messages"),
        ({"metric": "demonstration", "value": ["x"]}, "value", "a list of messages"),
        ({"metric": "demonstration", "value": [{"content": "x"}]}, "value", "a list of messages"),
        ({"metric": "solved", "value": True, "id": ""}, "id", "1 to 128 printable"),
        ({"metric": "solved", "value": True, "id": "x" * 129}, "id", "1 to 128 printable"),
        ({"metric": "solved", "value": True, "id": "a\nb"}, "id", "1 to 128 printable"),
        ({"metric": "solved", "value": True, "id": 7}, "id", "must be a string"),
        ({"metric": "solved", "value": True, "time": "yesterday"}, "time", "RFC 3339"),
        ({"metric": "solved", "value": True, "time": "2026-01-31T18:00:00"}, "time", "RFC 3339"),
        ({"metric": "solved", "value": True, "time": -1}, "time", "seconds since 1970"),
        ({"metric": "solved", "value": True, "time": 1e15}, "time", "seconds since 1970"),
        ({"metric": "solved", "value": True, "time": True}, "time", "seconds since 1970"),
        ({"metric": "solved", "value": True, "metrc": 1}, "metrc", "did you mean `metric`?"),
        ({"metric": "solved", "value": True, "unit": "u"}, "inference", "leave `route` and `unit` out"),
    ],
)
def test_what_is_wrong_is_told(rated: Service, fields: dict[str, Any], param: str, words: str) -> None:
    inference = rated.chat().headers["x-ajar-inference"]
    result = say(rated, inference=inference, **fields)
    told = error(result)
    assert (result.status, told["code"], told["param"]) == (400, "invalid_field", param)
    assert words in told["message"]
    assert kept(rated) == []
    assert counted(rated) == []


@pytest.mark.parametrize(
    ("fields", "status", "param"),
    [
        ({}, 400, "inference"),
        ({"route": "r"}, 400, "unit"),
        ({"route": "r", "unit": ""}, 400, "unit"),
        ({"unit": "u"}, 400, "route"),
        ({"route": "r", "unit": 7}, 400, "unit"),
        ({"route": "nowhere", "unit": "u"}, 404, "route"),
    ],
)
def test_what_it_is_about_must_be_said(rated: Service, fields: dict[str, Any], status: int, param: str) -> None:
    result = say(rated, **fields, metric="solved", value=True)
    assert (result.status, error(result)["param"]) == (status, param)


DEEP = '{"inference":"%s","metric":"demonstration","value":[{"role":"user","content":' + "[" * 80 + "]" * 80 + "}]}"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ("", 400, "invalid_json"),
        ("[]", 400, "invalid_json"),
        ("[" * 100_000, 400, "invalid_json"),
        ('{"inference":"%s","metric":"solved","value":true,"value":false}', 400, "invalid_json"),
        ('{"inference":"%s","metric":"solved","Value":true}', 400, "invalid_json"),
        ('{"inference":"%s","metric":"minutes","value":1e999}', 400, "invalid_json"),
        ('{"inference":"%s","metric":"minutes","value":NaN}', 400, "invalid_json"),
        (DEEP, 400, "invalid_field"),
        ("x" * (512 * 1024 + 1), 413, "body_too_large"),
    ],
)
def test_bodies_that_are_no_feedback(rated: Service, body: str, status: int, code: str) -> None:
    inference = rated.chat().headers["x-ajar-inference"]
    result = rated.request("POST", "/v1/feedback", body.replace("%s", inference).encode())
    assert (result.status, error(result)["code"]) == (status, code)
    assert set(error(result)) == {"message", "type", "param", "code"}
    assert kept(rated) == []


def test_packed_bodies(rated: Service) -> None:
    body = json.dumps({"route": "r", "unit": "u", "metric": "comment", "value": "x"}).encode()
    packed = {"content-encoding": "gzip"}
    assert rated.request("POST", "/v1/feedback", gzip.compress(body), packed).status == 202
    bomb = gzip.compress(b" " * 10_000_000 + body)
    result = rated.request("POST", "/v1/feedback", bomb, packed)
    assert (result.status, error(result)["message"]) == (413, "feedback may have 512 KB")


def test_only_post(rated: Service) -> None:
    for method in ("GET", "PUT", "DELETE", "OPTIONS"):
        assert rated.request(method, "/v1/feedback").status == 405
    assert rated.request("POST", "/v1/feedback/", {}).status == 404


def test_direct_inferences_have_no_route_to_be_rated_on(rated: Service) -> None:
    inference = rated.chat("deployment:a").headers["x-ajar-inference"]
    assert say(rated, inference=inference, metric="comment", value="x").status == 404


def test_routes_without_metrics_take_words(rated: Service) -> None:
    inference = rated.chat("other").headers["x-ajar-inference"]
    assert say(rated, inference=inference, metric="comment", value="fine").status == 202
    assert say(rated, inference=inference, metric="solved", value=True).status == 400


@pytest.mark.parametrize("rule", ["refuse", "serve"])
def test_what_cannot_be_kept_is_not_acknowledged(
    serve: Callable[..., Service],
    upstream: Upstream,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    rule: str,
) -> None:
    service = serve({**config(upstream), "server": {"journal_full": rule}}, salt=SALT)
    fd = service._feedback._fd
    real = os.write

    def full(number: int, data: bytes) -> int:
        if number == fd:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(number, data)

    fields = {"route": "r", "unit": "u", "metric": "comment", "value": "x"}
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        results = [say(service, **fields) for _ in range(3)]
        assert service.chat().status == 200, "answers have a journal of their own"
    assert {(each.status, error(each)["code"], each.headers["retry-after"]) for each in results} == {
        (503, "journal_unavailable", "5")
    }
    assert str(service.state) not in results[0].body.decode()
    (line,) = [each.getMessage() for each in caplog.records]
    assert str(service._feedback.path) in line
    assert line.endswith("free space on that disk. Until then feedback is refused")
    assert say(service, **fields).status == 202
    assert len(kept(service)) == 1
