"""Formulas of calculated properties."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.emulator import formulas


@pytest.mark.parametrize(
    ("text", "spelled", "value"),
    [
        ("a+b*2", "a + b * 2", "7"),
        ("(a+b)*2", "(a + b) * 2", "8"),
        ("-a - -b", "-a - -b", "2"),
        ("b/2", "b / 2", "1.5"),
        ("b/0", "b / 0", ""),
        ("a + nothing", "a + nothing", ""),
        ("max(a, b,2)", "max(a, b, 2)", "3"),
        ("min(a,b)", "min(a, b)", "1"),
        ("concatenate(first, ' ', \"of \", a)", "concatenate(first, ' ', 'of ', a)", "one of 1"),
        ('first + " it\'s"', 'concatenate(first, "it\'s")'.replace('"it', '" it'), "one it's"),
        ("first + '-' + first", "concatenate(first, '-', first)", "one-one"),
        ("MAX(a, 2.50)", "max(a, 2.5)", "2.5"),
        ("10a", "10 * a", "10"),
        ("((a)) + (b * 2)", "a + b * 2", "7"),
        ("b - (a - 1)", "b - (a - 1)", "3"),
        ("a = 1", "a equals 1", "true"),
        ("first != 'one'", "not (first equals 'one')", "false"),
        ("a < b AND NOT b <= 2", "a < b and not (b <= 2)", "true"),
        ("contains(first, 'n') or a > b", "contains(first, 'n') or a > b", "true"),
        ("begins_with(UPPERCASE(first), 'O')", "begins_with(uppercase(first), 'O')", "true"),
        (
            "if a > b then 1 elseif a = 1 then 2 else 3 endif",
            "if a > b then 1\nelseif a equals 1 then 2 else 3 endif",
            "2",
        ),
        ("if is_known(nothing) then 1 endif", "if is_known(nothing) then 1 endif", ""),
        ("year(a) + 1", "year(a) + 1", ""),
    ],
)
def test_a_formula_is_spelled_and_computed(text: str, spelled: str, value: str) -> None:
    texts = frozenset({"first"})
    formula = formulas.parse(text, texts)
    assert formula.text == spelled
    assert formula.compute({"a": "1", "b": "3", "first": "one"}) == value
    assert formulas.parse(formula.text, texts).text == formula.text


def test_a_formula_names_its_properties_once() -> None:
    assert formulas.parse("a + max(b, a) - c").names == ("a", "b", "c")


@pytest.mark.parametrize(
    "text",
    [
        "[a]",
        "if(a, b, 1)",
        "if a then b",
        "target.a",
        "root(a)",
        "if",
        "not",
        "",
        "a +",
        "a b",
        "(a",
        "a)",
        "max()",
        "max(a",
        "a ^ b",
        "+",
        "'open",
        "a;",
    ],
)
def test_an_invalid_formula_says_so(text: str) -> None:
    with pytest.raises(formulas.FormulaError):
        formulas.parse(text)


@given(st.text(alphabet="ab12 +-*/(),.'max=!<ifnotherd", max_size=20))
def test_any_text_is_parsed_or_refused(text: str) -> None:
    try:
        formula = formulas.parse(text)
    except formulas.FormulaError:
        return
    assert formulas.parse(formula.text).text == formula.text
    formula.compute({"a": "1", "b": "x"})
