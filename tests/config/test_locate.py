from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ajar.config
from ajar.config.locate import line_of, locate

BARE = st.text("abcxyzABC019_-", min_size=1, max_size=6)
WILD = st.text(st.characters(codec="utf-8", exclude_categories=["C"]), max_size=6)
TRICKY = ("# no comment", "a = 1", "[table]", "[[list]]", "]", "}", ",", "'", '"', "\\", "=", "''", '""', " ")


class Document:
    """A TOML text that grows, and the line on which each of its keys was written."""

    def __init__(self) -> None:
        self.text = ""
        self.lines: dict[tuple[str | int, ...], int] = {}

    def write(self, text: str) -> None:
        self.text += text

    def mark(self, *path: str | int) -> None:
        self.lines[path] = self.text.count("\n") + 1


def basic(text: str) -> str:
    escaped = "".join(f"\\u{ord(c):04x}" if c < " " or c == "\x7f" else "\\" + c if c in '"\\' else c for c in text)
    return f'"{escaped}"'


def spell_key(draw: Any, key: str) -> str:
    styles = [basic(key)]
    if key and all(c.isascii() and (c.isalnum() or c in "_-") for c in key):
        styles.append(key)
    if "'" not in key:
        styles.append(f"'{key}'")
    space = draw(st.sampled_from(["", " ", "\t"]))
    return space + draw(st.sampled_from(styles)) + space


def spell_keys(draw: Any, keys: tuple[str, ...]) -> str:
    return ".".join(spell_key(draw, key) for key in keys)


def spell_scalar(draw: Any) -> str:
    inside = "".join(draw(st.lists(st.sampled_from([*TRICKY, "x"]), max_size=4)))
    many = "\n".join(draw(st.lists(st.sampled_from([*TRICKY, "x", ""]), min_size=1, max_size=4)))
    folded = many.replace("\\", "\\\\").replace('"""', '""\\"').replace('""', '"\\"')
    quotes = draw(st.sampled_from(["", '"', '""']))
    return draw(
        st.sampled_from(
            [
                "1",
                "-0.5e3",
                "inf",
                "true",
                "0xff",
                "1979-05-27 07:32:00",
                "07:32:00",
                '""',
                "''",
                basic(inside),
                "'" + inside.replace("'", "") + "'",
                f'"""{folded} x{quotes}"""',
                "'''" + many.replace("'", "") + " x''''",
                '"""\\\n   a = 1"""',
            ]
        )
    )


def gap(draw: Any) -> str:
    return draw(st.sampled_from(["", " ", "\n", "\n\n # ] } = , \" '''\n", "\t"]))


def write_value(draw: Any, document: Document, path: tuple[str | int, ...], depth: int) -> None:
    kind = draw(st.sampled_from(["scalar", "scalar", "array", "inline"])) if depth else "scalar"
    if kind == "scalar":
        document.write(spell_scalar(draw))
    elif kind == "array":
        document.write("[")
        size = draw(st.integers(0, 3))
        for index in range(size):
            document.write(gap(draw))
            document.mark(*path, index)
            write_value(draw, document, (*path, index), depth - 1)
            document.write(gap(draw) + ("," if index < size - 1 or draw(st.booleans()) else ""))
        document.write(gap(draw) + "]")
    else:
        document.write("{ ")
        for index, key in enumerate(draw(st.lists(BARE | WILD, unique=True, max_size=3))):
            document.write(", " if index else "")
            write_pair(draw, document, path, key, depth - 1)
        document.write(" }")


def write_pair(draw: Any, document: Document, table: tuple[str | int, ...], key: str, depth: int) -> None:
    keys = (key, *draw(st.lists(BARE | WILD, max_size=2)))
    for size in range(1, len(keys) + 1):
        document.mark(*table, *keys[:size])
    document.write(spell_keys(draw, keys) + "=" + draw(st.sampled_from(["", " ", "\t "])))
    write_value(draw, document, (*table, *keys), depth)


def write_body(draw: Any, document: Document, table: tuple[str | int, ...], keys: list[str]) -> None:
    for key in keys:
        document.write(draw(st.sampled_from(["", "  ", "\n", "# a = 1\n", "# [x]\n\n"])))
        write_pair(draw, document, table, key, 2)
        document.write(draw(st.sampled_from(["\n", "  # end\n", "\n\n"])))


@st.composite
def documents(draw: Any) -> Document:
    """Tables, lists of tables and tables within them, dotted keys, inline tables, comments, strings of every kind."""
    document = Document()
    names = draw(st.lists(BARE | WILD, unique=True, min_size=1, max_size=8))
    split = draw(st.integers(0, len(names)))
    write_body(draw, document, (), names[:split])
    for name in names[split:]:
        repeats = draw(st.integers(0, 3))
        for index in range(max(1, repeats)):
            path: tuple[str | int, ...] = (name, index) if repeats else (name,)
            if not index:
                document.mark(name)
            document.mark(*path)
            header = spell_keys(draw, (name,))
            document.write((f"[[{header}]]" if repeats else f"[{header}]") + draw(st.sampled_from(["\n", " # x\n"])))
            keys = draw(st.lists(BARE | WILD, unique=True, max_size=4))
            half = draw(st.integers(0, len(keys)))
            write_body(draw, document, path, keys[:half])
            for key in keys[half:]:
                document.mark(*path, key)
                document.write(f"[{spell_keys(draw, (name, key))}]\n")
                write_body(draw, document, (*path, key), draw(st.lists(BARE, unique=True, max_size=2)))
    return document


def paths(value: object, path: tuple[str | int, ...] = ()) -> Any:
    if path:
        yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from paths(item, (*path, key))


@given(documents())
def test_every_key_is_found_on_the_line_where_it_was_written(document: Document) -> None:
    data = tomllib.loads(document.text)
    found = locate(document.text)
    assert found == document.lines
    assert set(found) == set(paths(data))


@settings(max_examples=30)
@given(documents())
def test_windows_line_ends_change_no_line(document: Document) -> None:
    text = document.text.replace("\n", "\r\n")
    tomllib.loads(text)
    assert set(locate(text).values()) == set(document.lines.values())


@given(st.text() | st.text("[]{}=.,#'\"\\\n ab1"))
def test_any_text_ends_and_valid_toml_is_found_whole(text: str) -> None:
    found = locate(text)
    try:
        data = tomllib.loads(text)
    except (ValueError, RecursionError):
        return
    assert set(found) == set(paths(data))


def test_a_table_stands_at_its_header_even_where_a_table_within_it_came_first() -> None:
    assert locate("[a.b]\nx = 1\n\n[a]\ny = 2\n") == {("a",): 4, ("a", "b"): 1, ("a", "b", "x"): 2, ("a", "y"): 5}


def test_a_header_below_a_list_of_tables_belongs_to_its_last_element() -> None:
    found = locate("[[a]]\n[[a]]\n[a.b]\nc = 1\n[[a.d]]\n[[a.d]]\ne = 2\n")
    assert found["a", 1, "b", "c"] == 4
    assert found["a", 1, "d", 1, "e"] == 7
    assert found["a",] == 1


@pytest.mark.parametrize(
    ("path", "line"), [(("a", "b"), 2), (("a", "none"), 1), (("a", "b", 3, "x"), 2), (("none",), 1), ((), 1)]
)
def test_what_is_not_there_is_placed_at_the_table_around_it(path: tuple[str | int, ...], line: int) -> None:
    assert line_of(locate("[a]\nb = 1"), path) == line


def test_the_built_in_config_is_found_whole() -> None:
    text = (Path(ajar.config.__file__).parent / "default.toml").read_text("utf-8")
    assert set(locate(text)) == set(paths(tomllib.loads(text)))
