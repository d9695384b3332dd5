"""Formatting values: different ones never look the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.invisible_characters import visible
from reconciler.report.text.styled_lines import Line
from reconciler.report.text.values import alone, around_difference, one_below_the_other, shown, side_by_side
from reconciler.report.text.width import cells, chopped, wrapped
from tests.support.plans import texts, values

rooms = st.integers(20, 120)


def text_of(line: Line) -> str:
    return "".join(piece.text for piece in line)


def below(before: str | None, after: str | None, *, room: int = 40, full: bool = False) -> list[str]:
    return [text_of(line) for line in one_below_the_other(before, after, room, full=full)]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Acme GmbH", "Acme GmbH"),
        ("+49 30 1234", "+49 30 1234"),
        ("(030) 1234", "(030) 1234"),
        (r"C:\new", r"C:\new"),
        ("世界", "世界"),
        ("", '""'),
        ("(empty)", '"(empty)"'),
        ("CTO ", '"CTO "'),
        ("a → b", '"a → b"'),
        ('"quoted"', r'"\"quoted\""'),
        ("tab\there", r'"tab\there"'),
        ("bell\x07", r'"bell\x07"'),
        ("\x1b[2J", r'"\x1b[2J"'),
        ("\u202eevil", r'"\u202eevil"'),
        ("no\xa0break", r'"no\xa0break"'),
        ("\U000e0041", r'"\U000e0041"'),
        ("tab\there, C:\\", r'"tab\there, C:\\"'),
    ],
)
def test_a_value_is_shown_in_one_unmistakable_line(value: str, expected: str) -> None:
    assert shown(value) == expected


@given(values, values)
def test_different_values_are_shown_differently(one: str, other: str) -> None:
    assert (shown(one) == shown(other)) == (one == other)


@given(values | st.none(), values | st.none(), rooms)
def test_a_change_in_one_line_shows_two_different_ends(
    before: str | None, after: str | None, room: int
) -> None:
    line = side_by_side(before, after, room)

    if line is not None:
        assert cells(text_of(line)) <= room
        assert before == after or line[0].text != line[2].text


@given(values, values, rooms)
def test_texts_cut_around_their_difference_still_differ(one: str, other: str, room: int) -> None:
    left, right = around_difference(visible(one), visible(other), room)

    assert max(cells(left), cells(right)) <= room
    assert (left == right) == (visible(one) == visible(other))


def test_a_long_text_is_cut_to_where_it_differs() -> None:
    start, end = "x" * 100, "y" * 100

    assert around_difference(f"{start}old{end}", f"{start}new{end}", 20) == (
        "…xxxxxxoldyyyyyyyyy…",
        "…xxxxxxnewyyyyyyyyy…",
    )


def test_a_difference_near_the_end_is_shown_with_as_much_as_fits_before_it() -> None:
    start = "x" * 100

    assert around_difference(f"{start}old", f"{start}newer", 20) == (
        "…" + "x" * 14 + "old",
        "…" + "x" * 14 + "newer",
    )


def test_a_text_of_several_lines_becomes_a_small_diff() -> None:
    before = "Dear all,\n\nwe deliver on Monday.\nYours\nAda"
    after = "Dear all,\n\nwe deliver on Friday.\nYours\nAda\nCTO"

    assert below(before, after) == [
        "  …",
        "  ",
        "- we deliver on Monday.",
        "+ we deliver on Friday.",
        "  Yours",
        "  Ada",
        "+ CTO",
    ]


def test_values_with_hidden_parts_are_quoted() -> None:
    assert below("a\nb", "a \nb\r") == ["- a", "- b", '+ "a "', r'+ "b\r"']


def test_a_long_text_is_cut_short_and_says_so() -> None:
    lines = below(None, "\n".join(map(str, range(10))))

    assert lines == ["+ 0", "+ 1", "+ 2", "+ 3", "  … 6 more lines"]


def test_full_leaves_nothing_out() -> None:
    long = "word " * 30 + "end"

    pieces = below(None, long, full=True)

    assert pieces[0].startswith("+ word")
    assert "".join(piece[2:] for piece in pieces) == long
    assert len(below(None, "\n".join(map(str, range(10))), full=True)) == 10


def test_two_long_texts_that_share_little_are_compared_in_an_instant() -> None:
    before = "\n".join(f"old {number}" for number in range(5_000))
    after = "\n".join(f"new {number}" for number in range(5_000))

    assert below(before, after)[-1] == "  … 4,996 more lines"


@given(values | st.none(), values | st.none(), rooms, st.booleans())
def test_a_diff_keeps_to_its_room_and_shows_every_difference(
    before: str | None, after: str | None, room: int, full: bool
) -> None:
    lines = below(before, after, room=room, full=full)

    assert all(cells(line) <= room for line in lines)
    assert before == after or any(line[0] in "-+" for line in lines)


@given(values, rooms | st.integers(-20, 20), st.booleans())
def test_a_new_value_keeps_to_its_room(value: str, room: int, full: bool) -> None:
    line = alone(value, room, full=full)

    assert line is None or cells(text_of(line)) <= room


@given(values, rooms)
def test_a_chopped_text_is_whole(value: str, room: int) -> None:
    text = visible(value)

    pieces = list(chopped(text, room))

    assert "".join(pieces) == text
    assert all(cells(piece) <= room for piece in pieces)


@given(texts, rooms)
def test_wrapping_keeps_every_word(value: str, room: int) -> None:
    text = visible(value)

    lines = list(wrapped(text, room))

    assert " ".join(lines) == text
    assert all(cells(line) <= room or " " not in line for line in lines)
