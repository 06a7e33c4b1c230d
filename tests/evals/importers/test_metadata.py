from __future__ import annotations

from ajar.evals.importers.imported import Notes
from ajar.evals.importers.metadata import MOST, tags


def test_texts_become_tags() -> None:
    notes = Notes(allow_code=False)
    known = [
        ("f:1", {"a": "x", "n": 3, "b": True, "tags": ["p", "q"], "empty": "", "none": None}),
        ("f:2", {}),
        ("f:3", {"a": "y\nz"}),
    ]
    assert tags(known, notes) == [["a: x", "n: 3", "b: true", "p", "q"], [], ["a: y z"]]
    assert notes.lost() == []


def test_what_is_no_tag_is_said() -> None:
    notes = Notes(allow_code=False)
    known = [(f"f:{number}", {"id": f"row {number}", "x": 0.5, "y": {}}) for number in range(MOST + 1)]
    assert tags(known, notes) == [[]] * (MOST + 1)
    assert notes.lost() == [
        f"f:0: metadata `x` is neither text nor a list of texts, and so no tag (and {MOST} more such)",
        f"f:0: metadata `y` is neither text nor a list of texts, and so no tag (and {MOST} more such)",
        f"f:0: metadata `id` has {MOST + 1} values, too many for tags",
    ]
