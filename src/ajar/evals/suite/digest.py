"""What a suite amounts to, as a short text that is the same for the same questions and the same scoring."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import msgspec

from ajar.evals.suite.ask import body
from ajar.evals.suite.checks import spelt_out

if TYPE_CHECKING:
    from ajar.evals.case import Case
    from ajar.evals.suite.form import SuiteFile

_VERSION = b"ajar suite 1"
_as_is = msgspec.json.Encoder().encode
_sorted = msgspec.json.Encoder(order="sorted").encode


class Digest:
    """Takes the cases in their order, with id and tags filled in.

    It covers each case's id, tags, cluster, request, target and checks: neither the suite's name and description, nor
    how the files are called and laid out. In a request, the order of keys counts below the top level (a model sees the
    order of a tool's parameters); elsewhere it does not.
    """

    def __init__(self) -> None:
        self._hash = hashlib.sha256(_VERSION)

    def add(self, file: SuiteFile, case: Case) -> None:
        """Take the next case."""
        asked = sorted(body(file, case).items())
        checks = {name: spelt_out(check) for name, check in {**file.checks, **case.checks}.items()}
        for part in (_as_is(asked), _sorted([case.id, case.tags, case.cluster, case.target, checks])):
            self._hash.update(len(part).to_bytes(8, "little") + part)

    def text(self) -> str:
        """The digest of all cases so far."""
        return self._hash.hexdigest()
