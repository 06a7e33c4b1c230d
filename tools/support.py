"""Write docs/support.md: which feature of which front format reaches which back format, by asking the gateway."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

_PAGE = """# What reaches whom

Made by `make support`, which asks a running gateway in front of a scripted model of each format. `make test` fails if
the gateway does something else.

Beside these rows, text, streams, usage with cached tokens, parallel tool calls with their results (streamed and not)
and errors go from every front to every back: `tests/gateway/test_formats.py` drives them with the official clients.

- **yes**: the deployment got it.
- **named**: its format (or this model) has no such thing; it was left out and named in `x-ajar-dropped`. A `strict`
  route refuses it.
- **refused**: the caller got a 400.

{table}
"""


def main() -> None:
    """Ask, and write the page."""
    from doubles.scripted.server import ScriptedModel
    from doubles.service import Service
    from gateway import support
    from gateway.formats import config

    os.environ["SCRIPT_KEY"] = "secret"
    with ScriptedModel() as model, tempfile.TemporaryDirectory() as state:
        service = Service(config(model.url), Path(state))
        lines = support.table(service, model)
        service.stop()
    (ROOT / "docs/support.md").write_text(_PAGE.format(table="\n".join(lines)), "utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
