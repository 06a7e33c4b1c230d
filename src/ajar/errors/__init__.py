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
    │   ├── UnknownInference       feedback on what is no inference of this caller's
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
    ├── Busy                   so many run at the deployment, and wait for it, that no more may
    ├── Overloaded             this worker has as many inferences as it may
    └── UpstreamError          a deployment did not answer as its API says it does
        ├── ConnectFailed          no connection: refused, unreachable, unknown host, proxy, TLS. Nothing was sent
        ├── ConnectTimeout         no connection in time. Nothing was sent
        ├── NoCredentials          Ajar has no valid credentials for the deployment. Nothing was sent
        ├── UpstreamTimeout        connected and sent, but no answer in time
        │   ├── FirstByteTimeout       nothing of it in `first_byte_s`
        │   ├── BudgetTimeout          nothing of it in the rest of the route's budget
        │   ├── GapTimeout             nothing more of it in `gap_s`
        │   └── TotalTimeout           not its end in `total_s`
        ├── UpstreamClosed         the connection ended before the answer did
        ├── UpstreamGarbage        the answer is not HTTP, not JSON, or not in the format that it should be
        │   └── UnsoundHttp            it breaks HTTP/1.1 or a limit, or nobody asked for it
        ├── UpstreamFailed         a stream that began well says that it failed
        ├── UpstreamRefused        an error answer of another format, in the caller's own
        └── UpstreamDenied         the deployment refused Ajar's own credentials

Each class carries what a caller sees: an HTTP `status`, the provider-style `type` and a stable `code`. `str(error)` is
one sentence for a person; it never holds a secret, a prompt or another caller's data.
"""

from __future__ import annotations

from ajar.errors.base import (
    AjarError,
    Busy,
    ConfigError,
    ConfigUnreadable,
    Drained,
    JournalError,
    Overloaded,
    StateError,
    Unavailable,
)
from ajar.errors.request import (
    BadRequest,
    BodyTooLarge,
    CannotCarry,
    Forbidden,
    HeadersTooLarge,
    InvalidField,
    InvalidJson,
    MethodNotAllowed,
    NotSpoken,
    RequestError,
    SlowRequest,
    Unauthenticated,
    UnknownInference,
    UnknownModel,
    UnknownPath,
    UnsupportedEncoding,
)
from ajar.errors.upstream import (
    BudgetTimeout,
    ConnectFailed,
    ConnectTimeout,
    FirstByteTimeout,
    GapTimeout,
    NoCredentials,
    TotalTimeout,
    UnsoundHttp,
    UpstreamClosed,
    UpstreamDenied,
    UpstreamError,
    UpstreamFailed,
    UpstreamGarbage,
    UpstreamRefused,
    UpstreamTimeout,
)

__all__ = [
    "AjarError",
    "BadRequest",
    "BodyTooLarge",
    "BudgetTimeout",
    "Busy",
    "CannotCarry",
    "ConfigError",
    "ConfigUnreadable",
    "ConnectFailed",
    "ConnectTimeout",
    "Drained",
    "FirstByteTimeout",
    "Forbidden",
    "GapTimeout",
    "HeadersTooLarge",
    "InvalidField",
    "InvalidJson",
    "JournalError",
    "MethodNotAllowed",
    "NoCredentials",
    "NotSpoken",
    "Overloaded",
    "RequestError",
    "SlowRequest",
    "StateError",
    "TotalTimeout",
    "Unauthenticated",
    "Unavailable",
    "UnknownInference",
    "UnknownModel",
    "UnknownPath",
    "UnsoundHttp",
    "UnsupportedEncoding",
    "UpstreamClosed",
    "UpstreamDenied",
    "UpstreamError",
    "UpstreamFailed",
    "UpstreamGarbage",
    "UpstreamRefused",
    "UpstreamTimeout",
]
