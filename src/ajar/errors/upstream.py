"""What deployments do wrong."""

from __future__ import annotations

from typing import ClassVar

from ajar.errors.base import AjarError


class UpstreamError(AjarError):
    """A deployment did not answer as its API says it does."""

    status = 502
    type = "upstream_error"
    code = "upstream_failed"
    sent: ClassVar[bool] = True
    """False where nothing of the request can have reached the upstream, so that another may be tried freely."""


class ConnectFailed(UpstreamError):
    """No connection: refused, unreachable, unknown host, proxy or TLS failure."""

    code = "upstream_connect_failed"
    sent = False


class ConnectTimeout(UpstreamError):
    """No connection within `connect_s`."""

    status = 504
    code = "upstream_connect_timeout"
    sent = False


class NoCredentials(UpstreamError):
    """Ajar could not get the credentials that the deployment wants: the operator can mend it, the caller cannot."""

    code = "upstream_no_credentials"
    sent = False


class UpstreamTimeout(UpstreamError):
    """The request was sent, and no answer came in time."""

    status = 504
    code = "upstream_timeout"


class FirstByteTimeout(UpstreamTimeout):
    """No content of the answer within `first_byte_s`, or within the route's budget."""

    code = "upstream_first_byte_timeout"


class BudgetTimeout(UpstreamTimeout):
    """No content in what earlier attempts had left of the route's budget: no fault of the deployment's."""

    code = "upstream_budget_timeout"


class GapTimeout(UpstreamTimeout):
    """The answer began, and then nothing more of it came within `gap_s`."""

    code = "upstream_gap_timeout"


class TotalTimeout(UpstreamTimeout):
    """The answer did not come to its end within `total_s`."""

    code = "upstream_total_timeout"


class UpstreamClosed(UpstreamError):
    """The connection ended before the answer did."""

    code = "upstream_closed"


class UpstreamGarbage(UpstreamError):
    """The answer is not HTTP, not JSON, or not in the format that it should be."""

    code = "upstream_garbage"


class UnsoundHttp(UpstreamGarbage):
    """The answer breaks HTTP/1.1 or a limit, or nobody asked for it."""


class UpstreamFailed(UpstreamError):
    """The upstream's stream began well and then reported an error of its own."""

    code = "upstream_error_event"


class UpstreamRefused(UpstreamError):
    """An upstream's error answer that reaches the caller in another format: it keeps its status and its words."""

    def __init__(self, status: int, message: str, type_: str | None, code: str | None) -> None:
        super().__init__(message)
        self.status = status
        self.type = type_ or self.type
        self.code = code or self.code

    @property
    def outcome(self) -> str:
        """What records call it."""
        return f"upstream_{self.status}"


class UpstreamDenied(UpstreamError):
    """The deployment refused Ajar's own credentials: the operator can mend it, the caller cannot."""

    code = "upstream_denied"
