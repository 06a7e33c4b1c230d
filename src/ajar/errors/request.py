"""What the caller can mend."""

from __future__ import annotations

from ajar.errors.base import AjarError


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


class UnknownInference(RequestError):
    """The id names no inference of this caller: another's and nobody's are not told apart."""

    status = 404
    code = "inference_not_found"


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
