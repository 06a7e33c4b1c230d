"""Every error that Ajar raises on purpose.

    AjarError
    ├── ConfigError            what the operator wrote cannot be used; nothing starts with it
    │   └── ConfigUnreadable       the file itself cannot be had
    ├── StateError             the state directory is locked, unreadable or unsafe
    ├── JournalError           a record could not be appended; the inference must not be answered
    ├── RequestError           the caller can mend it; nothing was sent upstream
    │   ├── InvalidJson            not JSON, not an object, or with a key twice
    │   ├── InvalidField           a field is missing, of a wrong type, or out of range
    │   ├── CannotCarry            no deployment left can be asked this: its API has no way to say it
    │   ├── NotSpoken              no deployment left has such an API
    │   ├── UnknownModel           `model` names no route (or no deployment that this key may address)
    │   ├── UnknownPath            no such path
    │   ├── MethodNotAllowed       the path exists, the method does not
    │   ├── Unauthenticated        no key, or one that is not valid
    │   ├── Forbidden              the key lacks a right
    │   ├── BodyTooLarge           over `max_body_mb`, before or after decoding
    │   ├── HeadersTooLarge        a header flood
    │   ├── UnsupportedEncoding    a content-encoding other than gzip and zstd
    │   ├── SlowRequest            the request did not arrive in time
    │   └── BadRequest             the bytes are not HTTP/1.1
    ├── Drained                the service stops, and the time for running inferences is over
    ├── Unavailable            no deployment of the route may be tried now
    └── UpstreamError          a deployment did not answer as its API says it does
        ├── ConnectFailed          no connection: refused, unreachable, unknown host, proxy, TLS. Nothing was sent
        ├── ConnectTimeout         no connection in time. Nothing was sent
        ├── NoCredentials          Ajar has no valid credentials for the deployment. Nothing was sent
        ├── UpstreamTimeout        connected and sent, but no answer in time
        ├── UpstreamClosed         the connection ended before the answer did
        ├── UpstreamGarbage        the answer is not HTTP, not JSON, or not in the format that it should be
        ├── UpstreamFailed         a stream that began well says that it failed
        ├── UpstreamRefused        an error answer of another format, in the caller's own
        └── UpstreamDenied         the deployment refused Ajar's own credentials

Each class carries what a caller sees: an HTTP `status`, the provider-style `type` and a stable `code`. `str(error)` is
one sentence for a person; it never holds a secret, a prompt or another caller's data.
"""

from __future__ import annotations

from typing import ClassVar


class AjarError(Exception):
    """The root: catch this to catch everything that Ajar raises on purpose."""

    status: int = 500
    type: str = "server_error"
    code: str = "internal_error"

    def __init__(self, message: str, *, param: str | None = None, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.param = param
        """The request field at fault, where there is one."""
        self.retry_after = retry_after
        """Seconds after which trying again may help; None where waiting does not help."""


class ConfigError(AjarError):
    """What the operator wrote cannot be used.

    `problems` holds one finished sentence for each fault, with file, line, key and hint.
    """

    code = "config_error"

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class ConfigUnreadable(ConfigError):
    """The file itself cannot be had: it is not there, not a file, or not for this user to read."""


class StateError(AjarError):
    """The state directory is locked by another process, unreadable, or unsafe."""

    code = "state_error"


class JournalError(AjarError):
    """A record could not be appended to the journal."""

    status = 503
    code = "journal_unavailable"


class RequestError(AjarError):
    """The caller can mend it. Nothing was sent upstream."""

    status = 400
    type = "invalid_request_error"
    code = "invalid_request"


class InvalidJson(RequestError):
    """The body is not JSON, not an object, or names a key twice."""

    code = "invalid_json"


class InvalidField(RequestError):
    """A field is missing, of a wrong type, or out of range; `param` names it."""

    code = "invalid_field"


class CannotCarry(RequestError):
    """The deployment's API has no way to say this, and the route (or the request) does not allow for leaving it out."""

    code = "cannot_carry"


class NotSpoken(RequestError):
    """The deployment has no API for this, and it cannot be translated into one that it has."""

    status = 404
    code = "not_spoken"


class UnknownModel(RequestError):
    """`model` names neither a route nor a deployment that this caller may address."""

    status = 404
    code = "model_not_found"


class UnknownPath(RequestError):
    """No such path. Unknown paths are never forwarded."""

    status = 404
    code = "unknown_path"


class MethodNotAllowed(RequestError):
    """The path exists, but not with this method."""

    status = 405
    code = "method_not_allowed"


class Unauthenticated(RequestError):
    """No key, or one that is unknown, revoked or wrong: the three are not told apart."""

    status = 401
    type = "authentication_error"
    code = "invalid_api_key"


class Forbidden(RequestError):
    """The key is valid but lacks a right."""

    status = 403
    type = "permission_error"
    code = "forbidden"


class BodyTooLarge(RequestError):
    """The body is over the limit, as sent or after decoding."""

    status = 413
    code = "body_too_large"


class HeadersTooLarge(RequestError):
    """Too many header bytes."""

    status = 431
    code = "headers_too_large"


class UnsupportedEncoding(RequestError):
    """A content-encoding that is not spoken here."""

    status = 415
    code = "unsupported_content_encoding"


class SlowRequest(RequestError):
    """The request did not arrive in time."""

    status = 408
    code = "request_timeout"


class BadRequest(RequestError):
    """The bytes are not HTTP/1.1."""

    code = "bad_http"


class Drained(AjarError):
    """The service stops, and the time for running inferences is over."""

    status = 503
    type = "unavailable_error"
    code = "drained"


class Unavailable(AjarError):
    """No deployment of the route may be tried now."""

    status = 503
    type = "unavailable_error"
    code = "no_deployment_available"


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


class UpstreamClosed(UpstreamError):
    """The connection ended before the answer did."""

    code = "upstream_closed"


class UpstreamGarbage(UpstreamError):
    """The answer is not HTTP, not JSON, or not in the format that it should be."""

    code = "upstream_garbage"


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


class UpstreamDenied(UpstreamError):
    """The deployment refused Ajar's own credentials: the operator can mend it, the caller cannot."""

    code = "upstream_denied"
