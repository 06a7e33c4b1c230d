"""The scorer `python`: a function of one's own."""

import importlib
import importlib.util
import inspect
import math
import sys
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any, cast

import msgspec
from msgspec import Meta

from ajar.evals.answer import Answer
from ajar.evals.case import Case
from ajar.evals.score import Score
from ajar.evals.scorer import Scorer
from ajar.evals.scorers.line import line

_beside: dict[str, Path] = {}
"""From which folder of a suite a module came, where it is not an installed one."""
_FORM = r"^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*:[A-Za-z_][A-Za-z0-9_]*$"


class Python(Scorer, frozen=True, kw_only=True, dict=True):
    """Calls a function of yours: `function(text, case, answer, **options)`, the last two as plain data.

    It returns true or false, a number from 0 to 1, or a mapping of `value`, `why` and `fields`. Anything else, and any
    exception, is an error of the harness: the answer then counts neither as good nor as bad. Only modules that the
    person who runs the suite allows (`--allow-module MODULE`) are imported.
    """

    name = "python"
    binary = False

    call: Annotated[str, Meta(pattern=_FORM, description="The function, as `module:function`.")]
    options: Annotated[dict[str, Any], Meta(description="Handed to the function as keyword arguments.")] = (
        msgspec.field(default_factory=dict[str, Any])
    )

    def admit(self, allow: Collection[str], folder: Path | None = None) -> None:
        """Import the function, if need be from `folder`, the suite's.

        Raises ValueError where its module is not among `allow`, or cannot be imported.
        """
        module, _, name = self.call.partition(":")
        if module not in allow:
            raise ValueError(
                f"may not call the module `{module}`; allow it with `--allow-module {module}` if you trust it"
            )
        try:
            found = _imported(module, folder)
            function = getattr(found, name, None)
        except (Exception, SystemExit) as error:
            raise ValueError(f"the module `{module}` cannot be imported: {_told(error)}") from None
        if not callable(function):
            raise ValueError(f"the module `{module}` has no function `{name}` ({_source(found) or 'built in'})")
        if inspect.iscoroutinefunction(function):
            raise ValueError(f"`{self.call}` is asynchronous; a scorer's function is a plain `def`")
        vars(self)["function"] = function  # kept beside the options, which are frozen

    def score(self, answer: Answer, case: Case) -> Score:
        """What the function returns, where that is a value."""
        function = cast("Callable[..., object] | None", vars(self).get("function"))
        if function is None:
            return Score(None, f"`{self.call}` was not allowed")
        try:
            returned = function(answer.text, msgspec.to_builtins(case), msgspec.to_builtins(answer), **self.options)
        except (Exception, SystemExit) as error:  # what it raises says nothing about the answer
            return Score(None, f"`{self.call}` raised {_told(error)}")
        try:
            return _score(returned)
        except Exception as error:
            return Score(None, f"`{self.call}` returned {line(repr(returned), 80)}: {error}")


def _imported(module: str, folder: Path | None) -> ModuleType:
    """The module, from wherever Python finds it, or else from the folder."""
    top = module.partition(".")[0]
    installed = top not in _beside if top in sys.modules else importlib.util.find_spec(top) is not None
    if folder is None or installed:
        return importlib.import_module(module)
    place = folder.resolve()
    if top in sys.modules and _beside[top] != place:
        raise ImportError(f"there is another `{top}` in {_beside[top]}; rename one of the two")
    before = list(sys.path)
    # The last place of all: what lies beside a suite must not stand in for an installed module that was meant.
    sys.path.append(str(place))
    importlib.invalidate_caches()
    try:
        found = importlib.import_module(module)
    finally:
        sys.path[:] = before
    _beside[top] = place
    return found


def _source(module: ModuleType) -> str | None:
    return getattr(module, "__file__", None)


def _score(returned: object) -> Score:
    if not isinstance(returned, Mapping):
        return Score(_value(returned))
    said = cast("Mapping[str, Any]", returned)
    if "value" not in said or said.keys() - {"value", "why", "fields"}:
        raise ValueError("a mapping holds `value`, and perhaps `why` and `fields`")
    why = line(str(said.get("why") or ""))
    if said["value"] is None:
        return Score(None, why or "the function gave no value")
    fields = cast("Mapping[str, object] | None", said.get("fields"))
    parts = {line(str(name)): _value(value) for name, value in fields.items()} if fields is not None else None
    return Score(_value(said["value"]), why, parts)


def _value(value: Any) -> float:
    number = math.nan if isinstance(value, str) or value is None else float(value)  # NumPy's numbers too
    if not 0 <= number <= 1:
        raise ValueError("a value is true, false or a number from 0 to 1")
    return number


def _told(error: BaseException) -> str:
    return line(f"{type(error).__name__}: {error}" if str(error) else type(error).__name__)
