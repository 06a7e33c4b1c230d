"""The faults, a row each: what the upstream does on the wire, and what kind of failure that is.

Nothing here knows of Ajar; what follows from a kind is in `expected.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from faults import acts
from faults.speech import TEXT, WORDS
from faults.upstream import healthy

if TYPE_CHECKING:
    from faults.upstream import Act

Kind = Literal[
    "harmless", "unsent", "unanswered", "lost", "refused", "elsewhere", "callers", "broken", "odd", "boundless"
]
"""harmless: the answer is good all the same; unsent: no connection; unanswered: the request was read and got no usable
answer; lost: nobody can tell which of these two; refused: told that it can be asked again; elsewhere: told that it is
of no use to ask here again; callers: the request itself is at fault; broken: content was sent, and then no more; odd:
whole, but with a letter that is none; boundless: content that never comes to an end."""

Listens = Literal["tcp", "nothing", "full", "no name", "own certificate", "plain text"]
"""What there is at the address; a full socket takes no connection, and neither refuses it."""


@dataclass(frozen=True)
class Failure:
    """What kind it is. `codes` are the errors that it may be called, `statuses` what a caller may get who gets it."""

    kind: Kind
    codes: tuple[str, ...] = ()
    statuses: tuple[int, ...] = (502,)
    said: str | None = ""
    """Broken: what was said before; None: it depends on the clock."""
    closing: bool = False
    """Broken: all but the end mark was sent."""
    wait_s: tuple[float, float] = (0, 0)
    """Refused: how long it is until it can be asked again, at least and at most."""
    again: Literal["both", "metered", "none", "either"] = "both"
    """Refused: which kind of deployment is asked again; either: it is left open."""


@dataclass(frozen=True)
class Fault:
    """A row. `streamed` and `whole` say what it is to a request of that kind; None: it has no such fault."""

    name: str
    act: Act = healthy
    streamed: Failure | None = None
    whole: Failure | None = None
    limits: dict[str, float] = field(default_factory=dict)
    """Time limits of the faulty deployment that are shorter than usual."""
    holds: bool = False
    """The upstream would never end this by itself: whoever gives up must close the connection."""
    reads: bool = True
    """The request is read."""
    listens: Listens = "tcp"
    back: str | None = None
    """The format that the faulty deployment must have; None: each."""
    unsure: bool = False
    """Which of its codes and statuses it is depends on the clock or on this machine, and not on what is asked."""
    brief: bool = False
    """A few cells tell all."""
    apart_s: float | None = 0.005
    """Between the beginnings of its cells, so that a time limit measures the fault and not the crowd; None: they run
    one by one."""

    def failure(self, *, stream: bool) -> Failure | None:
        """What it is to a request of that kind."""
        return self.streamed if stream else self.whole


def _both(name: str, act: Act, failure: Failure, **options: object) -> Fault:
    return Fault(name, act, failure, failure, **options)  # type: ignore[arg-type]


def _refused(name: str, status: int, *headers: tuple[str, str], **options: object) -> Fault:
    failure = Failure("refused", (f"upstream_{status}",), (status,), **options)  # type: ignore[arg-type]
    return _both(name, acts.refuse(status, *headers), failure)


_CLOSED = Failure("unanswered", ("upstream_closed",))
_GARBAGE = Failure("unanswered", ("upstream_garbage",))
_LATE = Failure("unanswered", ("upstream_first_byte_timeout",), (504,))
_GAP = Failure("unanswered", ("upstream_gap_timeout",), (504,))
_TOTAL = Failure("unanswered", ("upstream_total_timeout",), (504,))
_UNSENT = Failure("unsent", ("upstream_connect_failed",))
_HARMLESS = Failure("harmless")
_HALF = WORDS[0] + WORDS[1]
_CUT = Failure("broken", ("upstream_closed",), said=_HALF)
# An overloaded upstream says so in words of its own, and its status follows from them.
_OVERLOADED = Failure(
    "refused", ("upstream_error_event", "upstream_503", "upstream_529"), (502, 503, 529), again="either"
)
_SHORT = {"first_byte_s": 0.3}

FAULTS = (
    # No connection.
    _both("connection refused", healthy, _UNSENT, listens="nothing", reads=False),
    _both(
        "no connection in time",
        healthy,
        Failure("unsent", ("upstream_connect_timeout",), (504,)),
        listens="full",
        reads=False,
        limits={"connect_s": 0.5},
    ),
    _both(
        "unknown host name",
        healthy,
        # The look-up leaves this machine, where there is a server for names: it may also get no answer.
        Failure("unsent", ("upstream_connect_failed", "upstream_connect_timeout"), (502, 504)),
        listens="no name",
        reads=False,
        limits={"connect_s": 1.0},
        apart_s=0.04,
        unsure=True,
    ),
    _both("TLS: unknown certificate", healthy, _UNSENT, listens="own certificate", reads=False, apart_s=0.02),
    _both("TLS: plain text", healthy, _UNSENT, listens="plain text", reads=False, apart_s=0.02),
    _both(
        "reset after accept",
        acts.reset,
        Failure("lost", ("upstream_connect_failed", "upstream_closed")),
        reads=False,
        unsure=True,
    ),
    # No answer.
    _both("reset after the request", acts.reset, _CLOSED),
    _both("closed after the request", acts.close, _CLOSED),
    _both("hang before the head", acts.hang, _LATE, limits=_SHORT, holds=True),
    _both("hang behind the head", acts.hang_behind_head, _LATE, limits=_SHORT, holds=True),
    Fault("lifecycle events only, then hang", acts.only_lifecycle, _LATE, limits=_SHORT, holds=True),
    _both("not HTTP", acts.not_http, _GARBAGE),
    _both("wrong content type", acts.html, _GARBAGE),
    _both("empty body", acts.empty, Failure("unanswered", ("upstream_garbage", "upstream_closed"))),
    _both("truncated JSON", acts.truncated, Failure("unanswered", ("upstream_garbage", "upstream_closed"))),
    # Half an answer.
    Fault(
        "stall in the middle",
        acts.stall,
        Failure("broken", ("upstream_gap_timeout",), (504,), said=_HALF),
        _GAP,
        limits={"gap_s": 0.3},
        holds=True,
    ),
    Fault("cut in the middle", acts.cut, _CUT, _CLOSED),
    Fault("reset in the middle", acts.cut_by_reset, _CUT, _CLOSED),
    Fault("end of the body in the middle", acts.end_too_early, _CUT),
    Fault("cut inside an event", acts.cut_in_event, _CUT),
    Fault(
        "cut before the end mark",
        acts.cut_before_mark,
        Failure("broken", ("upstream_closed",), said=TEXT, closing=True),
    ),
    Fault("content-length too long", acts.length_too_long, _HARMLESS, _CLOSED),
    Fault(
        "content-length too short",
        acts.length_too_short,
        Failure("broken", ("upstream_closed", "upstream_garbage"), said=_HALF),
        _GARBAGE,
    ),
    Fault(
        "endless answer",
        acts.endless,
        Failure("broken", ("upstream_total_timeout",), (504,), said=None),
        _TOTAL,
        limits={"total_s": 1.0},
        holds=True,
    ),
    # Refusals.
    _refused("429, retry-after in seconds", 429, ("retry-after", "1"), wait_s=(1, 1)),
    _refused("429, retry-after with a fraction", 429, ("retry-after", "0.8"), wait_s=(0.8, 0.8)),
    _both(
        "429, retry-after as a date",
        acts.refuse_with_date,
        Failure("refused", ("upstream_429",), (429,), wait_s=(acts.DATE_S - 1.05, acts.DATE_S)),
    ),
    _refused("429, retry-after-ms", 429, ("retry-after-ms", "900"), wait_s=(0.9, 0.9)),
    _both(
        "429, delay in Gemini's body",
        acts.refuse(429),
        Failure("refused", ("upstream_429",), (429,), wait_s=(0.4, 0.4)),
        back="gemini",
    ),
    _refused("429, no retry-after", 429),
    _refused("429, retry-after in days", 429, ("retry-after", "287441"), wait_s=(287441, 287441), again="none"),
    *(_refused(str(status), status) for status in (500, 502, 503, 504)),
    _refused("529", 529, again="metered"),
    _both("400", acts.refuse(400), Failure("callers", ("upstream_400",), (400,))),
    _both("401", acts.refuse(401), Failure("elsewhere", ("upstream_401", "upstream_denied"), (502,))),
    _both("404", acts.refuse(404), Failure("elsewhere", ("upstream_404",), (404,))),
    _both("error as the answer of a 200", acts.error_first, _OVERLOADED),
    Fault("error event before content", acts.error_behind_lifecycle, _OVERLOADED),
    Fault(
        "error event after content",
        acts.error_behind_content,
        Failure("broken", ("upstream_error_event",), (502, 503, 529), said=_HALF),
    ),
    # Odd, but whole.
    _both("one byte at a time", acts.byte_by_byte, _HARMLESS, brief=True),
    _both("letter split over two chunks", acts.split_letter, _HARMLESS, brief=True),
    _both("invalid UTF-8 in the text", acts.invalid_letter, Failure("odd", ("upstream_garbage",)), brief=True),
    _both("line of 200 MB", acts.long_line, Failure("boundless"), brief=True, apart_s=None),
)
