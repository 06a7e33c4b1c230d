"""An endpoint of two models and a suite for them."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest

from evals.run.chat import Asked, Chat, Said, completion

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from cli.conftest import Ran

CASES = 40


@pytest.fixture
def models() -> Iterator[Chat]:
    """`good` is right always, `poor` in half of the cases."""

    def script(asked: Asked) -> Said:
        number = int(asked.text.split()[-1])
        return Said(body=completion("yes" if asked.body["model"] == "good" or number % 2 else "no"))

    with Chat(script) as server:
        yield server


@pytest.fixture
def refunds(here: Path) -> Path:
    """A suite file."""
    cases = "".join(f"  - {{input: question {number}, target: yes}}\n" for number in range(CASES))
    path = here / "refunds.yaml"
    path.write_text(f"suite: refunds\nchecks: {{right: exact}}\ncases:\n{cases}")
    return path


@pytest.fixture
def interrupted(ajar: Callable[..., Ran], models: Chat) -> Callable[..., Ran]:
    """Runs `ajar`, and presses Ctrl-C when the endpoint has been asked so often."""

    def run(*arguments: str, after: int = 20) -> Ran:
        script, begun = models.script, models.count

        def pressing(asked: Asked) -> Said:
            if models.count - begun == after:
                os.kill(os.getpid(), signal.SIGINT)
            return script(asked) if models.count - begun < after else Said(script(asked).status, delay_s=5)

        models.script = pressing
        try:
            return ajar(*arguments)
        finally:
            models.script = script

    return run
