"""The report as one HTML file that needs nothing else: no script, no request, no font."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from jinja2 import Environment, StrictUndefined, select_autoescape
from markupsafe import Markup

from ajar.evals.reports.answers import case
from ajar.evals.reports.digits import level, of_numbers
from ajar.evals.reports.fields import fields
from ajar.evals.reports.forest import WORDS
from ajar.evals.reports.inert import visible
from ajar.evals.reports.measures import measures
from ajar.evals.reports.methods import methods
from ajar.evals.reports.mistakes import mistakes
from ajar.evals.reports.plain import line, whole
from ajar.evals.reports.plots import alone, differences, margins
from ajar.evals.reports.summary import headline, summary
from ajar.evals.reports.tags import tags

if TYPE_CHECKING:
    from jinja2 import Template

    from ajar.evals.reports.flip import Flips
    from ajar.evals.result import Result, Timing

_NEGATIVE = re.compile(r"(?<![\w.)-])-(?=[$\d.])")


def render(result: Result, timing: Timing, flips: Flips | None = None) -> str:
    """The whole page. What models and suites say is shown as text, whatever it holds."""
    style, plots = _style(), differences(result, timing)
    return _template().render(
        title=headline(result),
        policy=_policy(style),
        # The style is ours, and its hash in the policy is of exactly these characters.
        style=Markup(style),  # noqa: S704 - our own file
        summary=summary(result, timing),
        about=result.about,
        arms=result.arms,
        margins=margins(result, timing),
        plots=plots,
        any_same=any(row.state == "same" for plot in plots for row in plot.rows),
        alone=alone(result) if "baseline" not in result.arms else None,
        lines=[line(metric) for metric in (*whole(result), *timing.metrics)],
        level=level(result.about.confidence),
        tags=tags(result),
        fields=fields(result),
        measures=measures(result, timing),
        mistakes=mistakes(result.arms),
        flips=flips,
        cases=[case(flip) for flip in flips.kept] if flips is not None else [],
        notes=methods(result, timing),
        words=WORDS,
    )


def _policy(style: str) -> str:
    """Nothing may be loaded, sent or run; the one style is known by its hash."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"


@cache
def _style() -> str:
    return _read("report.css")


@cache
def _template() -> Template:
    environment = Environment(
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_inert,
    )
    environment.filters |= {"minus": _minus, "minus_numbers": _minus_numbers, "commas": _commas, "dollars": _dollars}
    return environment.from_string(_read("report.html.j2"))


def _inert(value: object) -> object:
    """Every text that is put into the page, except for markup of our own."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _minus(text: str) -> str:
    """A number with a typographic minus."""
    return text.replace("-", "−")


def _minus_numbers(text: str) -> str:
    """A sentence with typographic minus signs before its numbers; its other hyphens stay."""
    return _NEGATIVE.sub("−", text)


def _commas(number: int) -> str:
    return f"{number:,}"


def _dollars(number: float) -> str:
    """A sum of money: cents, and as many digits more as a small one needs."""
    return f"${number:,.2f}" if number == 0 or number >= 1 else of_numbers("USD", [number]).value(number)


def _read(name: str) -> str:
    return resources.files("ajar.evals.reports").joinpath(name).read_text("utf-8")
