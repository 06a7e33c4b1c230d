"""`python -m ajar` is `ajar`."""

from __future__ import annotations

import sys

from ajar.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
