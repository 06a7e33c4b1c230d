"""What stands for a route's table in the file."""

from __future__ import annotations

import msgspec
import pytest

from ajar.config.load import parse
from ajar.config.model import Config
from ajar.config.revision import table_digest

WHOLE = """
primary = "d"
keepalive_s = 20
budget = { attempts = 3 }
checks.json = { threshold = 1.0 }
metrics.right = { kind = "rating", scale = [1, 5] }
metrics.error = {}
swap = { steps = [10, 50], shadow = { share = 0 } }
"""


def digest(text: str) -> str:
    config = parse(f'[deployments.d]\nmodel = "m"\nprovider = "openai"\n[routes.r]\n{text}', "ajar.toml")
    here = table_digest(config.routes["r"])
    there = msgspec.json.decode(msgspec.json.encode(config), type=Config)
    assert table_digest(there.routes["r"]) == here, "another process makes another one of the same table"
    return here


def test_every_process_makes_the_same_of_a_table() -> None:
    assert digest(WHOLE) == digest(WHOLE.replace("20", "20.0").replace("[10, 50]", "[10.0, 50.0]"))


@pytest.mark.parametrize(
    "usual", ['bodies = "none"', "keepalive_s = 15.0", "budget = { seconds = 900 }", "swap = { max_hours = 168 }"]
)
def test_what_is_written_as_it_would_be_anyway_changes_nothing(usual: str) -> None:
    assert digest(f'primary = "d"\n{usual}') == digest('primary = "d"')


@pytest.mark.parametrize(
    ("word", "other"),
    [
        ('"d"', '"e"'),
        ("20", "21"),
        ("attempts = 3", "attempts = 4"),
        ("1.0", "0.5"),
        ("[1, 5]", "[1, 4]"),
        ("50]", "60]"),
    ],
)
def test_another_table_has_another_one(word: str, other: str) -> None:
    assert digest(WHOLE.replace(word, other)) != digest(WHOLE)


def test_a_metric_that_says_nothing_is_there_all_the_same() -> None:
    assert digest(WHOLE.replace("metrics.error = {}\n", "")) != digest(WHOLE)
