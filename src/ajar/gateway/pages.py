"""What the gateway serves beside inferences: the model list, health, readiness, metrics."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol
from urllib.parse import unquote_to_bytes

import msgspec

from ajar.errors import UnknownModel
from ajar.gateway.admit import Caller, admit, refuse_foreign_pages
from ajar.gateway.head import Head

if TYPE_CHECKING:
    from ajar.gateway.http.exchange import Exchange
    from ajar.gateway.tables import Tables

_JSON = b"application/json"
_MODELS = b"/v1/models"


class Totals(Protocol):
    """Where `/metrics` gets its text: the sum over all workers."""

    def exposition(self) -> bytes:
        """Prometheus text format."""
        ...


Page = Callable[["Exchange", "Tables", Totals], tuple[int, bytes, bytes]]
"""Status, content type and body of a page."""


def find(path: bytes) -> Page | None:
    """The page at `path`."""
    if path.startswith(_MODELS + b"/"):
        return _model
    return _PAGES.get(path)


def _healthz(_exchange: Exchange, _tables: Tables, _totals: Totals) -> tuple[int, bytes, bytes]:
    return 200, _JSON, b'{"status":"ok"}'


def _readyz(exchange: Exchange, tables: Tables, _totals: Totals) -> tuple[int, bytes, bytes]:
    """Ready when every route has a deployment that can be tried."""
    _keyed(exchange, tables)
    down = [route.name for route in tables.routes.values() if all(target.origin is None for target in route.targets)]
    body = {"status": "unready" if down else "ready", "config": tables.hash, "routes_down": down}
    return 503 if down else 200, _JSON, msgspec.json.encode(body)


def _metrics(exchange: Exchange, tables: Tables, totals: Totals) -> tuple[int, bytes, bytes]:
    _keyed(exchange, tables)
    return 200, b"text/plain; version=0.0.4; charset=utf-8", totals.exposition()


def _models(exchange: Exchange, tables: Tables, _totals: Totals) -> tuple[int, bytes, bytes]:
    caller = admit(Head(exchange.headers).read, tables)
    body = {"object": "list", "data": [_entry(name) for name in _names(caller, tables)]}
    return 200, _JSON, msgspec.json.encode(body)


def _model(exchange: Exchange, tables: Tables, _totals: Totals) -> tuple[int, bytes, bytes]:
    caller = admit(Head(exchange.headers).read, tables)
    name = unquote_to_bytes(exchange.path.removeprefix(_MODELS + b"/")).decode("utf-8", "replace")
    if name not in _names(caller, tables):
        raise UnknownModel(f"`{name[:200]}` is no route here; GET /v1/models lists them", param="model")
    return 200, _JSON, msgspec.json.encode(_entry(name))


def _keyed(exchange: Exchange, tables: Tables) -> None:
    """Pages for operators are open on loopback, else keyed."""
    headers = Head(exchange.headers).read
    if tables.loopback:
        refuse_foreign_pages(headers)
    else:
        admit(headers, tables)


def _names(caller: Caller, tables: Tables) -> list[str]:
    names = list(tables.routes)
    if caller.direct:
        names += [f"deployment:{name}" for name in tables.direct]
    return names


def _entry(name: str) -> dict[str, object]:
    # `created` is required by clients' types; a route has no date of its own.
    return {"id": name, "object": "model", "created": 0, "owned_by": "ajar"}


_PAGES: dict[bytes, Page] = {
    b"/healthz": _healthz,
    b"/readyz": _readyz,
    b"/metrics": _metrics,
    _MODELS: _models,
}
