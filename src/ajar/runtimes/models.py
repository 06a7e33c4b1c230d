"""Which file a deployment's `model` means."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from ajar.config.problem import nearest, quoted
from ajar.errors import ConfigError

SHIPPED_CONTEXT = 512
"""The context length, in tokens, that the shipped models were trained with."""


def weights_folder() -> Path:
    """The folder of the shipped models."""
    return Path(str(files("ajar.runtimes"))) / "weights"


def shipped() -> dict[str, Path]:
    """The shipped models by name."""
    return {path.stem: path for path in sorted(weights_folder().glob("*.gguf"))}


def find(model: str, folder: Path) -> Path | None:
    """The file that `model` names: a shipped model's name, or a path to a .gguf file relative to `folder`."""
    names = shipped()
    if model in names:
        return names[model]
    path = _path(model, folder)
    return path if model.endswith(".gguf") and path.is_file() else None


def resolve(model: str, folder: Path) -> Path:
    """As `find`, but raises ConfigError with one sentence where there is no such file; it says how to mend it."""
    path = find(model, folder)
    if path is None:
        raise ConfigError([_fault(model, folder)])
    return path


def _fault(model: str, folder: Path) -> str:
    names = shipped()
    listed = ", ".join(quoted(name) for name in names) or "none in this installation"
    choices = f"name a shipped model ({listed}) or the path of a .gguf file"
    if model.endswith(".gguf"):
        return f"there is no file {_path(model, folder)}; put it there, or {choices}"
    near = nearest(model, names)
    meant = f"did you mean {quoted(near)}? Otherwise " if near else ""
    return f"no model is called {quoted(model)}; {meant}{choices}"


def _path(model: str, folder: Path) -> Path:
    return (folder / Path(model).expanduser()).resolve()
