"""An upstream's failure in words for the caller, who knows deployments by name; addresses are for the log."""

from __future__ import annotations

import logging
from time import monotonic
from typing import TYPE_CHECKING

from ajar.errors import UnsoundHttp

if TYPE_CHECKING:
    from ajar.errors import UpstreamError

_log = logging.getLogger("ajar.gateway")
_LOG_EVERY_S = 10.0
_WORDS = {
    "upstream_connect_failed": "no connection",
    "upstream_connect_timeout": "no connection in time",
    "upstream_closed": "the connection ended before the answer did",
    "upstream_no_credentials": "Ajar has no valid credentials for it, which its operator must mend",
}


_UNSOUND = "its answer is not sound HTTP/1.1"


def for_caller(deployment: str, error: UpstreamError) -> UpstreamError:
    """The error without an address."""
    words = _UNSOUND if isinstance(error, UnsoundHttp) else _WORDS.get(error.code, error.message)
    return type(error)(f"deployment `{deployment}`: {words}")


class Log:
    """Tells the operator of failures, the same one at most every ten seconds."""

    __slots__ = ("_last",)

    def __init__(self) -> None:
        self._last: dict[tuple[str, str], float] = {}

    def tell(self, deployment: str, error: UpstreamError) -> UpstreamError:
        """Log the error as it is; returns it in words for the caller."""
        now = monotonic()
        key = (deployment, error.code)
        if now - self._last.get(key, -_LOG_EVERY_S) >= _LOG_EVERY_S:
            self._last[key] = now
            _log.warning("deployment %s: %s", deployment, error)
        return for_caller(deployment, error)
