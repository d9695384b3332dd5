"""Text that is not YAML, or is refused YAML, gets one message with its place."""

import re
import time

import pytest

from tests.manifest.reading import only, read, reported


def deep(levels: int) -> str:
    return "[" * levels + "]" * levels


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1\nb: 2\na: 3\n", 'a.yaml:3:1: "a" is declared twice'),
        ("&0:\n", "a.yaml:1:1: a name cannot be empty"),
        ("a: {b: 1, &c : 2}\n", "a.yaml:1:11: a name cannot be empty"),
        ("a:\n  ? \n  : 1\n", "a.yaml:2:4: a name cannot be empty"),
        ("'': 1\n", "a.yaml:1:1: a name cannot be empty"),
        ("x: {a: 1, 'a': 2}\n", 'a.yaml:1:11: "a" is declared twice'),
        ("a: &x {b: c}\nd:\n  <<: *x\n", "a.yaml:3:3: merge keys (<<) are not supported"),
        ("a: !env X\n", "a.yaml:1:4: tags are not supported: a value is the text as written"),
        ("a: !!str X\n", "a.yaml:1:4: tags are not supported: a value is the text as written"),
        ("a: ! X\n", "a.yaml:1:4: tags are not supported: a value is the text as written"),
        ("- !x {}\n", "a.yaml:1:3: tags are not supported: a value is the text as written"),
        ("!x a: b\n", "a.yaml:1:1: tags are not supported: a value is the text as written"),
        ("a: &x\n  b: *x\n", "a.yaml:2:6: *x is inside &x and would never end"),
        ("&x [*x]\n", "a.yaml:1:5: *x is inside &x and would never end"),
        ("a: *x\nb: &x 1\n", "a.yaml:1:4: there is no anchor &x before this alias"),
        ("a: &x 1\n---\nb: *x\n", "a.yaml:3:4: there is no anchor &x before this alias"),
        ("? [a]\n: b\n", "a.yaml:1:3: a name must be a text, not a list or mapping"),
        ("a: {{ b }}\n", "a.yaml:1:5: a name must be a text, not a list or mapping"),
        ("a: &x [1]\n*x : b\n", "a.yaml:2:1: a name must be a text, not a list or mapping"),
        (f"a: {deep(50)}\n", "a.yaml:1:53: this is nested deeper than 50 levels"),
        (
            f"a: &a {deep(25)}\nb: {'[' * 25}*a{']' * 25}\n",
            "a.yaml:2:29: this is nested deeper than 50 levels",
        ),
        ('a: "\\0"\n', "a.yaml:1:4: a text cannot contain NUL"),
        ('"a\\0": b\n', "a.yaml:1:1: a name cannot contain NUL"),
    ],
)
def test_yaml_that_we_do_not_take_is_refused(text: str, expected: str) -> None:
    reading = read(text)
    assert reported(reading.problems) == [expected]
    assert all(problem.advice for problem in reading.problems)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("acme:\n\tname: x\n", "a.yaml:2:1: a tab is used as indentation"),
        ("acme:\n  a: x\n  \tname: x\n", "a.yaml:3:3: a tab is used as indentation"),
        ("a: |\n\tx\n", "a.yaml:2:1: a tab is used as indentation"),
        ("a:\n  b: x\n\tc: y\n", "a.yaml:3:1: a tab is used as indentation"),
        ("name: Acme: GmbH\n", 'a.yaml:1:11: a ": " is not allowed here'),
        ("a: @x\n", "a.yaml:1:4: a text cannot begin with this character"),
        ("a: `x`\n", "a.yaml:1:4: a text cannot begin with this character"),
        ("a: %x\n", "a.yaml:1:4: a text cannot begin with this character"),
        ("a: *x*\n", "a.yaml:1:6: a text cannot begin with * or &, which mark aliases and anchors"),
        ("a: & x\n", "a.yaml:1:5: a text cannot begin with * or &, which mark aliases and anchors"),
        ('a: 1\nb: "x\nc: d\n', "a.yaml:2:4: this quoted text has no closing quote"),
        ("a: 'x\n---\nb\n", "a.yaml:1:4: this quoted text has no closing quote"),
        ('a: "C:\\dir"\n', "a.yaml:1:7: this escape is not known inside double quotes"),
        ('a: "\\uD83D"\n', "a.yaml:1:7: this escape is not known inside double quotes"),
        ('a: "\\xZZ"\n', "a.yaml:1:7: this escape is not known inside double quotes"),
        ("a: [1, 2\nb: c\n", 'a.yaml:1:4: a "," or "]" is missing in the list that begins here'),
        ("a: {b: 1\n c: d}\n", 'a.yaml:1:4: a "," or "}" is missing in the mapping that begins here'),
        ("a: 1\n  b: 2\n", 'a.yaml:2:4: a ": " is not allowed here'),
        ("a:\n  b: 1\n c: 2\n", "a.yaml:3:2: this does not fit into the mapping around it"),
        ("a: 'x' y\n", "a.yaml:1:8: this does not fit into the mapping around it"),
        ("a: 1\nb\nc: d\n", "a.yaml:2:1: this line is neither `name: value` nor part of a text"),
        ("- a\nb: c\n", "a.yaml:2:1: this line does not belong to the list above it"),
        ("a: - b\n", "a.yaml:1:4: a list item is not allowed here"),
        ("a: | text\n", "a.yaml:1:6: no text may follow on a line after | or >"),
        ("a: |0\n  x\n", "a.yaml:1:5: the indentation of a block of text cannot be 0"),
        ("{a: b}\nc: d\n", "a.yaml:2:1: something follows after the document has ended"),
        ("a: [b, , c]\n", "a.yaml:1:8: a value is missing here"),
        ("a: ? b\n", "a.yaml:1:4: a ? is not allowed here"),
        ("a: !foo!bar x\n", "a.yaml:1:4: tags are not supported: a value is the text as written"),
        ("a: !<x y\n", "a.yaml:1:4: tags are not supported: a value is the text as written"),
        ("%FOO\n---\na: b\n", "a.yaml:1:1: this is not a directive that YAML knows"),
        ("%YAML 2.0\n---\na: b\n", "a.yaml:1:1: this is not a directive that YAML knows"),
        ("%YAML 1.1\n%YAML 1.1\n---\na: b\n", "a.yaml:2:1: this is not a directive that YAML knows"),
        ("%TAG x\n---\na: b\n", "a.yaml:1:1: this is not a directive that YAML knows"),
        ("a: {b: c:, d: e}\n", "a.yaml:1:9: a colon is not allowed here"),
        ("a: [b,\n", "a.yaml:2:1: the file ends inside a list or mapping"),
        ("a: {b: ", "a.yaml:2:1: the file ends inside a list or mapping"),
        ("%YAML x\n---\na: b\n", "a.yaml:1:1: this is not a directive that YAML knows"),
    ],
)
def test_text_that_is_no_yaml_gets_one_sentence(text: str, expected: str) -> None:
    reading = read(text)
    assert reported(reading.problems) == [expected]
    assert all(problem.advice for problem in reading.problems)


def test_tabs_that_are_no_indentation_are_fine() -> None:
    assert only('a:\tx\nb: {c: d,\n\te: f}\ng: "h\n\ti"\nj: |\n  k\n  \tl\n') == {
        "a": "x",
        "b": {"c": "d", "e": "f"},
        "g": "h i",
        "j": "k\n\tl\n",
    }


def test_a_tab_in_a_flow_line_is_not_blamed_for_something_else() -> None:
    assert reported(read('a: {b: "1"\n\tc: 2}\n').problems) == [
        'a.yaml:1:4: a "," or "}" is missing in the mapping that begins here'
    ]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"\xff\xfea\x00", "a.yaml:1:1: the file is UTF-16"),
        (b"a: b\nc\x00", "a.yaml:2:2: this is not a text file: it contains NUL"),
        ("ä: 1\r\nß: M".encode() + b"\xfcnchen\n", "a.yaml:2:5: the file is not UTF-8"),
        (b"\xef\xbb\xbfa\xff", "a.yaml:1:2: the file is not UTF-8"),
        (b"a: \xed\xa0\x80", "a.yaml:1:4: the file is not UTF-8"),
    ],
)
def test_a_file_that_is_no_utf8_text_is_one_problem(data: bytes, expected: str) -> None:
    reading = read(data)
    assert (reported(reading.problems), reading.documents) == ([expected], ())


def test_every_unfit_character_is_reported() -> None:
    text = "\ufeffa: \x07\r\nb: ü\x7f \x85\rc: \u2028 \ufeff\n"
    assert reported(read(text).problems) == [
        f"a.yaml:{place}: the character U+{code} cannot be used as it is"
        for place, code in (
            ("1:4", "0007"),
            ("2:5", "007F"),
            ("2:7", "0085"),
            ("3:4", "2028"),
            ("3:6", "FEFF"),
        )
    ]


def test_an_unfit_character_can_be_written_as_an_escape() -> None:
    text = "a: \u2028\n"
    (problem,) = read(text).problems
    escape = re.search(r'"(.*?)"', problem.advice or "")
    assert escape
    assert only(f'a: "{escape[1]}"\n') == {"a": "\u2028"}


def test_characters_that_look_unfit_in_part_are_fine() -> None:
    text = "\u00a0 € \u2013 ﷽ \ufffd \U0010ffff ÿ"
    assert only(f"a: x{text}\n") == {"a": f"x{text}"}


def test_all_problems_are_reported_beside_what_is_no_yaml() -> None:
    text = "a: !x 1\na: *y\nb: {c: 1, c: 2}\n---\nd: 1\nd: 2\ne: [\n"
    assert reported(read(text).problems) == [
        "a.yaml:1:4: tags are not supported: a value is the text as written",
        "a.yaml:2:4: there is no anchor &y before this alias",
        'a.yaml:3:11: "c" is declared twice',
        'a.yaml:2:1: "a" is declared twice',
        'a.yaml:6:1: "d" is declared twice',
        "a.yaml:8:1: the file ends inside a list or mapping",
    ]


def test_documents_before_a_broken_one_are_still_read() -> None:
    reading = read("a: 1\n---\nb: [\n")
    assert len(reading.documents) == len(reading.problems) == 1


def test_the_second_of_two_names_points_at_the_first() -> None:
    (problem,) = read("a: 1\nb: 2\na: 3\n").problems
    assert problem.advice == "the first one is in line 1, column 1: keep one of them"


def test_aliases_that_expand_without_measure_are_refused_at_once() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 30)]
    started = time.perf_counter()
    problems = read("\n".join(lines)).problems
    assert reported(problems) == ["a.yaml:6:45: the aliases up to here expand to more than 1,000,000 values"]
    assert time.perf_counter() - started < 5


def test_aliases_that_nest_without_measure_are_refused() -> None:
    lines = ["a0: &a0 [x]", *(f"a{n}: &a{n} [*a{n - 1}]" for n in range(1, 100))]
    problems = read("\n".join(lines)).problems
    assert reported(problems)[0] == "a.yaml:50:12: this is nested deeper than 50 levels"


@pytest.mark.parametrize("opening", ["[", "{", "- ", "? ", "[{a: ", "- - ? "])
def test_a_megabyte_of_openings_ends_at_once(opening: str) -> None:
    started = time.perf_counter()
    problems = read(opening * (1_000_000 // len(opening))).problems
    assert problems[-1].message in {
        "this is nested deeper than 50 levels",
        "a name must be a text, not a list or mapping",
    }
    assert time.perf_counter() - started < 5
