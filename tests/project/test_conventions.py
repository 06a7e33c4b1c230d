"""The house rules that a machine can hold."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "ajar"
FILES = sorted(SOURCE.rglob("*.py"))


@cache
def parsed(path: Path) -> ast.Module:
    """A source file."""
    return ast.parse(path.read_text())


def public(tree: ast.AST) -> list[ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef]:
    """Public classes, functions and methods of public classes."""
    found: list[ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef] = []
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
            found.append(node)
            if isinstance(node, ast.ClassDef):
                found += public(node)
    return found


def everywhere(problems: Callable[[Path], Iterator[str]]) -> None:
    """Fails with what is wrong in any source file."""
    found = [f"{path.relative_to(SOURCE)}: {problem}" for path in FILES for problem in problems(path)]
    if found:
        pytest.fail("\n".join(found), pytrace=False)


def test_a_file_is_one_noun_that_says_what_it_is() -> None:
    def problems(path: Path) -> Iterator[str]:
        if len(path.read_text().splitlines()) > 300:
            yield "ask at 300 lines: is it two nouns?"
        if path.stem in {"utils", "util", "helpers", "common", "misc"}:
            yield "that is no noun"
        if not ast.get_docstring(parsed(path)):
            yield "the file does not say what it is"
        silent = [node.name for node in public(parsed(path)) if not ast.get_docstring(node)]
        if silent:
            yield f"public, and without a docstring: {silent}"

    everywhere(problems)


def test_a_function_fits_a_screen() -> None:
    def problems(path: Path) -> Iterator[str]:
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and (node.end_lineno or 0) - node.lineno >= 60:
                yield f"{node.name} is too long"

    everywhere(problems)


def test_importing_does_nothing() -> None:
    allowed = (
        ast.Import | ast.ImportFrom | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Assign | ast.AnnAssign
    )

    def problems(path: Path) -> Iterator[str]:
        if path.parts[-2:] == ("migrations", "env.py"):  # which alembic runs, and nobody imports
            return
        for node in parsed(path).body:
            docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
            guard = isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "__name__ == '__main__'")
            if not (isinstance(node, allowed) or docstring or guard):
                yield f"line {node.lineno} does something"

    everywhere(problems)


def test_tests_mirror_the_source() -> None:
    rooms = {path.name for path in SOURCE.iterdir() if path.is_dir() and path.name != "__pycache__"}
    tested = {path.name for path in (ROOT / "tests").iterdir() if path.is_dir()}
    assert rooms - {"domain"} <= tested, f"rooms without tests: {sorted(rooms - tested)}"


def test_the_request_path_loads_nothing_heavy() -> None:
    program = "import sys, ajar.gateway.worker; print(*sys.modules)"
    modules = set(
        subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    )
    assert "ajar.gateway.worker" in modules
    heavy = {"pyarrow", "duckdb", "numpy", "xllamacpp", "rich", "click", "pydantic", "httpx", "botocore", "google.auth"}
    assert not modules & heavy


def test_the_documentation_names_every_key_error_and_provider() -> None:
    from ajar.config.model import Deployment, Metric, Route, Server, Shadow, Swap

    configuration = (ROOT / "docs" / "configuration.md").read_text()
    for table in (Server, Deployment, Route, Metric, Swap):
        for key in table.__struct_fields__:
            assert f"`{key}`" in configuration, f"docs/configuration.md does not name {key}"
    for key in Shadow.__struct_fields__:
        assert f" {key} = " in configuration, f"docs/configuration.md does not name {key}"
    with (SOURCE / "upstream" / "providers.toml").open("rb") as file:
        for name in tomllib.load(file):
            assert f"`{name}`" in configuration, f"docs/configuration.md does not name {name}"

    import ajar.errors as errors

    http = (ROOT / "docs" / "http.md").read_text()
    for error in vars(errors).values():
        if isinstance(error, type) and issubclass(error, errors.RequestError | errors.UpstreamError):
            bases = {errors.RequestError, errors.UpstreamError, errors.UpstreamTimeout}
            assert error in bases or f"`{error.code}`" in http, f"docs/http.md does not name {error.code}"
            assert error.__name__ in (errors.__doc__ or ""), f"{error.__name__} is missing in the tree's drawing"


def test_the_documentation_names_every_column_of_a_record() -> None:
    from ajar.traffic.columns import SCHEMA

    records = (ROOT / "docs" / "records.md").read_text()
    assert [name for name in SCHEMA.names if f"`{name}`" not in records] == []


def test_sockets_are_opened_in_their_own_places_only() -> None:
    places = ("upstream/", "supervisor/listen.py", "gateway/worker.py", "gateway/http/", "traffic/answers.py")
    words = ("open_connection", "create_connection", "create_server", "start_server", "socket.socket(", "urlopen")
    for path in FILES:
        place = str(path.relative_to(SOURCE))
        if not place.startswith(places):
            found = [word for word in words if word in path.read_text()]
            assert not found, f"{place} opens sockets: {found}"


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) <= 150
