"""Files that are there whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from ajar.errors import StateError
from ajar.evals.exports import whole as files


def test_a_file_is_its_owners(tmp_path: Path) -> None:
    there = tmp_path / "there"
    there.write_text("old")
    there.chmod(0o644)
    for path in (tmp_path / "new", there):
        with files.whole(path) as out:
            out.write(b"text")
        assert path.read_bytes() == b"text"
        assert path.stat().st_mode & 0o777 == 0o600


def test_an_error_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "there"
    path.write_text("old")

    def stopped() -> None:
        with files.whole(path) as out:
            out.write(b"half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        stopped()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "target")
    (tmp_path / "target").write_text("old")
    with files.whole(tmp_path / "link") as out:
        out.write(b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "target").read_text() == "new"


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("", "is a folder"),
        ("absent/x", "no such file or directory"),
        ("/dev/full", "no space left"),
        ("/proc/x", "/proc/x cannot be written"),
    ],
)
def test_what_cannot_be_written_is_told_in_one_line(tmp_path: Path, name: str, told: str) -> None:
    with pytest.raises(StateError, match=told), files.whole(tmp_path / name) as out:
        out.write(b"text")


def test_folders_are_their_owners(tmp_path: Path) -> None:
    files.folder(tmp_path / "a" / "b")
    files.folder(tmp_path / "a" / "b")
    assert [(tmp_path / name).stat().st_mode & 0o777 for name in ("a", "a/b")] == [0o700, 0o700]
    (tmp_path / "file").touch()
    for wrong in ("file", "file/c"):
        with pytest.raises(StateError, match="file"):
            files.folder(tmp_path / wrong)


def test_this_very_folder_is_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StateError, match="is a folder"), files.whole(Path()):
        pass
