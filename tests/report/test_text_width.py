"""The width of a text is counted in the cells that a terminal needs for it."""

import pytest
from rich.cells import cell_len

from reconciler.report.text.width import cells, clipped


@pytest.mark.parametrize("text", ["", "abc", "Müller", "e\u0301", "世界", "→…", "\uff57ide", "a世b", "🎉"])
def test_cells_agree_with_another_counting(text: str) -> None:
    assert cells(text) == cell_len(text)


@pytest.mark.parametrize(
    ("text", "room", "expected"),
    [("abcdef", 6, "abcdef"), ("abcdefg", 6, "abcde…"), ("世界世界", 6, "世界…"), ("世界世界", 4, "世…")],
)
def test_a_text_is_clipped_to_its_room(text: str, room: int, expected: str) -> None:
    assert clipped(text, room) == expected
