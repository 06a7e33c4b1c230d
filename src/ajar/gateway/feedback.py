"""`POST /v1/feedback`: what callers say of the answers that they got."""

from __future__ import annotations

import logging
from datetime import datetime
from time import monotonic, time_ns
from typing import TYPE_CHECKING, Annotated, Any, Final

import msgspec

from ajar.config.problem import hint, shortened
from ajar.domain.feedback import Feedback
from ajar.domain.ids import belongs, uuid7
from ajar.errors import BodyTooLarge, InvalidField, JournalError, MethodNotAllowed, UnknownInference, UnknownModel
from ajar.evidence.assign import unit_hash
from ajar.gateway.admit import admit
from ajar.gateway.body import decode
from ajar.gateway.feedback_value import check_value
from ajar.gateway.head import Head
from ajar.wire.json_fields import Fields, decode_object
from ajar.wire.toplevel import TopLevel

if TYPE_CHECKING:
    from ajar.gateway.admit import Caller
    from ajar.gateway.http.exchange import Exchange
    from ajar.gateway.meters import Meters
    from ajar.gateway.tables import RouteTable, Tables
    from ajar.traffic.journal import Journal

PATH: Final = b"/v1/feedback"
_MOST_BYTES: Final = 512 * 1024
_KEYS: Final = frozenset({"inference", "route", "unit", "metric", "value", "id", "time"})
_LONGEST_ID: Final = 128
_LAST_SECOND: Final = 253_402_300_799
"""Of the year 9999."""
_RETRY_AFTER_S: Final = 5
_SAY_EVERY_S: Final = 60.0

_Moment = Annotated[datetime, msgspec.Meta(tz=True)]

_log = logging.getLogger("ajar.gateway")


class Desk:
    """Takes feedback in: it is answered once it is in the journal."""

    def __init__(self, journal: Journal, meters: Meters) -> None:
        self._journal = journal
        self._meters = meters
        self._said_at = -_SAY_EVERY_S

    async def answer(self, exchange: Exchange, tables: Tables) -> None:
        """Answer one exchange with 202. Raises RequestError, and JournalError where nothing can be kept."""
        if exchange.method != b"POST":
            raise MethodNotAllowed("this path takes POST only")
        head = Head(exchange.headers)
        caller = admit(head.read, tables)
        said = read(await _body(exchange, head), caller, tables)
        self._keep(said)
        body = msgspec.json.encode({"feedback": said.id})
        exchange.start(202, [(b"content-type", b"application/json")], len(body))
        exchange.finish(body)

    def _keep(self, said: Feedback) -> None:
        try:
            self._journal.append(said)
        except JournalError as error:
            if monotonic() - self._said_at >= _SAY_EVERY_S:
                self._said_at = monotonic()
                _log.error("%s Until then feedback is refused", error)
            # Which file and why is for the operator, not for callers.
            words = "this feedback cannot be kept; the operator's log says why"
            raise JournalError(words, retry_after=_RETRY_AFTER_S) from None
        self._meters.feedback(said.route, said.metric)


def read(body: bytes, caller: Caller, tables: Tables) -> Feedback:
    """What a request's body says. Raises InvalidJson, InvalidField, UnknownInference and UnknownModel."""
    TopLevel(body, _KEYS)  # no key twice
    fields = Fields(decode_object(body))
    for name in fields.rest():
        if name not in _KEYS:
            raise InvalidField(f"`{shortened(name)}` is unknown; {hint(name, _KEYS, 'the keys')}", param=name)
    table, inference, unit = _about(fields, caller, tables)
    metric, value = fields.needed("metric"), fields.peek("value")
    check_value(table.name, table.metrics, metric, value)
    return Feedback(
        id=_id(fields),
        time=time_ns() // 1000,
        route=table.name,
        metric=metric,
        value=value,
        caller=caller.name,
        inference=inference,
        unit_hash=unit,
        said=_time(fields.take("time")),
    )


def _about(fields: Fields, caller: Caller, tables: Tables) -> tuple[RouteTable, str | None, str | None]:
    """The route, and the inference or the hash of the unit."""
    inference, route, unit = fields.text("inference"), fields.text("route"), fields.text("unit")
    if inference is not None:
        if route is not None or unit is not None:
            raise InvalidField("`inference` says it all: leave `route` and `unit` out", param="inference")
        return _table_of(inference, caller, tables), inference, None
    if route is None and unit is None:
        raise InvalidField("say what it is about: `inference`, or `route` and `unit`", param="inference")
    if route is None or not unit:
        raise InvalidField(
            "`route` and `unit` belong together, and neither is empty", param="unit" if route else "route"
        )
    table = tables.routes.get(route)
    if table is None:
        raise UnknownModel(f"`{shortened(route)}` is no route here; GET /v1/models lists them", param="route")
    return table, None, unit_hash(tables.salt, route, unit.encode("utf-8", "replace"))


def _table_of(inference: str, caller: Caller, tables: Tables) -> RouteTable:
    """The route that an inference of this caller was answered on; its id alone tells it."""
    for table in tables.routes.values():
        if belongs(inference, caller.name, table.name, tables.salt):
            return table
    # The same words whether it is another's or nobody's.
    raise UnknownInference("that is no inference of yours on a route of this service", param="inference")


def _id(fields: Fields) -> str:
    given = fields.text("id")
    if given is None:
        return uuid7()
    if not (0 < len(given) <= _LONGEST_ID and given.isprintable()):
        raise InvalidField(f"`id` must be 1 to {_LONGEST_ID} printable characters", param="id")
    return given


def _time(value: Any) -> int | None:
    """Microseconds since 1970 UTC."""
    if value is None:
        return None
    seconds = _seconds(value)
    if seconds is None or not 0 <= seconds <= _LAST_SECOND:
        words = "`time` must be as 2026-01-31T18:00:00Z (RFC 3339), or seconds since 1970"
        raise InvalidField(words, param="time")
    return round(seconds * 1_000_000)


def _seconds(value: Any) -> float | None:
    if type(value) is int or type(value) is float:
        return value
    try:
        return msgspec.convert(value, _Moment).timestamp()
    except msgspec.ValidationError:
        return None


async def _body(exchange: Exchange, head: Head) -> bytes:
    encoding = head.read.get(b"content-encoding")
    try:
        body = await exchange.body(_MOST_BYTES)
        return body if encoding is None else decode(body, encoding, _MOST_BYTES)
    except BodyTooLarge:
        raise BodyTooLarge(f"feedback may have {_MOST_BYTES // 1024} KB") from None
