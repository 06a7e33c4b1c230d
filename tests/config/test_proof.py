"""Whether what a route says of its rollouts fits together."""

from __future__ import annotations

import pytest

from ajar.config.load import parse
from ajar.config.problem import dotted
from ajar.config.proof import faults_of_proof


def found(text: str) -> dict[str, str]:
    config = parse(f'[deployments.d]\nmodel = "m"\nprovider = "openai"\n[routes.r]\nprimary = "d"\n{text}', "ajar.toml")
    return {dotted(problem.path): problem.text for problem in faults_of_proof(("routes", "r"), config.routes["r"])}


@pytest.mark.parametrize(
    "text",
    [
        "",
        'unit = "user"\nmaturity_s = 0',
        'unit = "body:/metadata/a~1b/~0"',
        '[routes.r.checks.valid]\ntype = "json"\n[routes.r.metrics.valid]\nrole = "primary"\nmargin = 0.02',
        '[routes.r.metrics.solved]\nkind = "boolean"\nrole = "primary"\n[routes.r.metrics.error]\nmargin = 0.01',
        '[routes.r.metrics.stars]\nkind = "rating"\nscale = [1, 5]\nbetter = "up"\nmissing = "fail"',
        "[routes.r.metrics.total_ms]\nquantile = 0.95\nmargin = 0.1",
        "[routes.r.metrics.cost_usd]\nmargin = 2",
        '[routes.r.metrics.total_ms]\nkind = "number"\nrole = "primary"',
        '[routes.r.metrics.edits]\nkind = "number"\nquantile = 0.5',
        '[routes.r.swap]\nsteps = [0.5, 10, 99]\ngate = "gate.toml"\nwebhook = "https://hooks.example/x?y=z"',
        '[routes.r.swap]\nsteps = [50]\nwebhook = "http://[::1]:8080/"',
    ],
)
def test_what_fits_is_taken(text: str) -> None:
    assert found(text) == {}


@pytest.mark.parametrize(
    ("text", "key", "said"),
    [
        ('unit = "body:/a~2"', "unit", "`~` is written `~0`"),
        ('unit = "body:/a~"', "unit", "`~` is written `~0`"),
        ('[routes.r.checks.error]\ntype = "json"', "checks.error", "give the check another name"),
        ("[routes.r.metrics.solved]\nmargin = 0.1", "metrics.solved", "`kind` is missing; say what feedback gives"),
        ('[routes.r.metrics.error]\nkind = "number"', "metrics.error.kind", "as a boolean; remove the line"),
        ("[routes.r.metrics.error]\nquantile = 0.5", "metrics.error.quantile", "only a number has quantiles"),
        (
            '[routes.r.metrics.x]\nkind = "rating"\nquantile = 0.5',
            "metrics.x.quantile",
            "only a number has quantiles",
        ),
        (
            '[routes.r.metrics.total_ms]\nrole = "primary"\nquantile = 0.5',
            "metrics.total_ms.quantile",
            "compared by its mean",
        ),
        ('[routes.r.metrics.x]\nkind = "rating"\nscale = [5, 1]', "metrics.x.scale", "such as [1, 5]"),
        ('[routes.r.metrics.x]\nkind = "rating"\nscale = [1, 1]', "metrics.x.scale", "the lowest and the highest"),
        ('[routes.r.metrics.comment]\nkind = "boolean"', "metrics.comment", "it is text; rename the metric"),
        ('[routes.r.metrics.x]\nkind = "boolean"\nmargin = 1', "metrics.x.margin", "must be less than 1"),
        ('[routes.r.metrics.x]\nkind = "number"\nmargin = 2.0', "metrics.x.margin", "must be less than 1"),
        ("[routes.r.swap]\nsteps = [1, 5, 5]", "swap.steps", "larger than the one before"),
        ("[routes.r.swap]\nsteps = [5, 1]", "swap.steps", "larger than the one before"),
        ('[routes.r.swap]\nwebhook = "hooks.example/x"', "swap.webhook", "must be an address such as"),
        ('[routes.r.swap]\nwebhook = "ftp://hooks.example"', "swap.webhook", "must be an address such as"),
        ('[routes.r.swap]\nwebhook = "http://h:0/"', "swap.webhook", "must be an address such as"),
        ('[routes.r.swap]\nwebhook = "https://[::1/x"', "swap.webhook", "must be an address such as"),
        ('[routes.r.swap]\nwebhook = "https://me:hidden@h/x"', "swap.webhook", "no user, password"),
    ],
)
def test_what_does_not_fit_is_named_with_what_helps(text: str, key: str, said: str) -> None:
    problems = found(text)
    assert list(problems) == [f"routes.r.{key}"]
    (words,) = problems.values()
    assert said in words
    assert "hidden" not in words


def test_one_metric_decides() -> None:
    tables = [f'[routes.r.metrics.{name}]\nkind = "boolean"\nrole = "primary"' for name in ("x", "y", "z")]
    problems = found("\n".join(tables))
    assert list(problems) == ["routes.r.metrics.y.role", "routes.r.metrics.z.role"]
    assert all(text.startswith('"x" is the primary metric already') for text in problems.values())
