"""A promptfoo configuration: every prompt with every test."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from ajar.errors import ConfigError
from ajar.evals.importers.draft import Draft
from ajar.evals.importers.imported import CannotCarry, Notes, Place
from ajar.evals.importers.names import line
from ajar.evals.importers.promptfoo.checks import Assertions
from ajar.evals.importers.promptfoo.files import Files
from ajar.evals.importers.promptfoo.prompts import Prompt, prompts
from ajar.evals.importers.promptfoo.providers import request
from ajar.evals.importers.promptfoo.template import names
from ajar.evals.importers.promptfoo.trials import OPTIONS_CODE, Trial, combinations, mapping, trial, trials
from ajar.evals.suite.document import read as read_document

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from ajar.evals.importers.imported import Imported

_CARRIED = {"prompts", "tests", "defaultTest", "description", "providers", "targets", "assertionTemplates", "tags"}
_CODE = ("extensions", "nunjucksFilters")
_IDLE = {"outputPath", "evaluateOptions", "commandLineOptions", "sharing", "$schema", "writeLatestResults"}
"""How promptfoo runs and reports: nothing that a suite says."""


def read(path: Path, *, allow_code: bool = False) -> Imported:
    """A configuration file. Without `allow_code`, what runs code or names files is refused; it is never run."""
    document = read_document(path)
    config = mapping(document.value)
    if not {"prompts", "tests"} & config.keys():
        raise ConfigError([f"{path}:1: this is no configuration of promptfoo; it has `prompts` and `tests`"])
    notes = Notes(allow_code=allow_code)
    files = Files(path.parent, notes)
    top = Place(document)
    for key in config:
        if key in _CODE:
            notes.code(top.at(key), f"`{key}`")
        elif key not in _CARRIED | _IDLE:
            notes.lose(top.at(key), f"`{key}` is not carried")
    asked = prompts(config.get("prompts"), top.at("prompts"), files, notes)
    default = _default(config.get("defaultTest"), top.at("defaultTest"), files, notes)
    key = "targets" if "targets" in config else "providers"
    head = {
        "description": line(config.get("description") or ""),
        "request": request(config.get(key), top.at(key), notes),
        "tags": [line(f"{name}: {value}") for name, value in mapping(config.get("tags")).items()],
    }
    assertions = Assertions(mapping(config.get("assertionTemplates")), files, notes)
    draft = Draft(path, notes)
    listed = list(trials(config.get("tests"), top.at("tests"), default, files, notes))
    cases = _Cases(asked, listed, assertions, notes)
    for number, one in enumerate(listed, 1):
        for case in cases.of(one, number):
            draft.add(case, one.place, one.metadata)
    return draft.imported({**head, **cases.prompt()})


def _default(value: Any, place: Place, files: Files, notes: Notes) -> Trial | None:
    if isinstance(value, str):
        held = files.get(value, place)
        if not isinstance(held, Place):
            return None
        value, place = held.document.value, held
    return trial(mapping(value), place, None, files, notes)


class _Cases:
    """Makes the cases. Where one prompt with one variable is all there is, it is the suite's, and the values inputs."""

    def __init__(self, asked: list[Prompt], listed: list[Trial], assertions: Assertions, notes: Notes) -> None:
        self._prompts = asked
        self._assertions = assertions
        self._notes = notes
        self._shared = _only_variable(asked, listed)

    def prompt(self) -> dict[str, str]:
        """The suite's prompt, where all cases share one."""
        template = self._prompts[0].template if self._shared else None
        return {"prompt": _with_input(template)} if isinstance(template, str) else {}

    def of(self, one: Trial, number: int) -> Iterator[dict[str, Any]]:
        """The cases of one test: for each prompt, and for each choice of its variables."""
        chosen = [prompt for prompt in self._prompts if _asks(one.known.get("prompts"), prompt)]
        choices = list(combinations(one))
        name = f"test-{number}"
        changed = next((key for key in OPTIONS_CODE if one.options.get(key)), None)
        if changed is not None and self._notes.allow_code:
            self._notes.lose(
                one.place, f"a test with the option `{changed}` is left out: it asks or judges another text"
            )
            return
        threshold = one.known.get("threshold")
        if threshold is not None and threshold != 1:
            self._notes.lose(one.place, "the `threshold` of a test is not carried: all its checks must pass")
        for variables in choices:
            for prompt in chosen:
                try:
                    case = self._case(one, prompt, variables)
                except CannotCarry as error:
                    self._notes.lose(one.place, f"{error}; a case is left out")
                    continue
                yield case | {
                    "id": line(one.known.get("description") or name),
                    "cluster": name if len(chosen) * len(choices) > 1 else None,
                    "tags": [line(prompt.label)] if len(self._prompts) > 1 else [],
                }

    def _case(self, one: Trial, prompt: Prompt, variables: Mapping[str, Any]) -> dict[str, Any]:
        prefix, suffix = (str(one.options.get(key) or "") for key in ("prefix", "suffix"))
        provider = one.options.get("provider")
        judge = provider if isinstance(provider, str) else str(mapping(provider).get("id") or "")
        missing = sorted(prompt.names() - variables.keys() - {"env"})
        for name in missing:
            self._notes.lose(one.place, f"the variable `{name}` has no value, and is empty text, as in promptfoo")
        return {
            "input": variables[self._shared] if self._shared else prompt.asked(variables, prefix, suffix),
            "checks": self._assertions.checks(one.asserts, variables, judge),
        }


def _only_variable(asked: list[Prompt], listed: list[Trial]) -> str | None:
    """The only variable of the only prompt, where each test gives it plain text and adds nothing to the prompt."""
    template = asked[0].template if len(asked) == 1 else ""
    found = names(template) if isinstance(template, str) else set[str]()
    if not isinstance(template, str) or len(found) != 1 or template.count("{{") != 1 or "{%" in template:
        return None
    name = found.pop()
    values = (chosen.get(name) for one in listed for chosen in combinations(one))
    plain = all(isinstance(value, str) and "{{" not in value and "{%" not in value for value in values)
    added = any(one.options.get(key) for one in listed for key in ("prefix", "suffix"))
    return name if plain and not added and _with_input(template) != "{{input}}" else None


def _with_input(template: str) -> str:
    before, _, rest = template.partition("{{")
    return before + "{{input}}" + rest.partition("}}")[2]


def _asks(chosen: Any, prompt: Prompt) -> bool:
    """Whether a test that names prompts names this one."""
    wanted = cast("list[Any]", chosen) if isinstance(chosen, list) else [chosen]
    return chosen is None or any(
        name == prompt.label or prompt.label.startswith(f"{str(name).removesuffix('*').removesuffix(':')}:")
        for name in wanted
    )
