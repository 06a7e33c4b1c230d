"""What a child process owes its parent: to speak in JSON lines, and to end when the parent does."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from typing import BinaryIO

import msgspec

_PR_SET_PDEATHSIG = 1


def die_with_parent() -> None:
    """Ask the kernel for SIGKILL when the parent ends. Linux only; elsewhere end of file on stdin has to do."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def claim_stdout() -> BinaryIO:
    """Take stdout for the child protocol; whatever else is printed from now on goes to stderr.

    Native libraries print where they like, and one stray line would break the protocol.
    """
    voice = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    return voice


def say(voice: BinaryIO, message: object) -> None:
    """Write one message as one line."""
    voice.write(msgspec.json.encode(message) + b"\n")
