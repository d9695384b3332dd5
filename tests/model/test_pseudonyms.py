"""Pseudonyms keep the form of a text, are different for different texts, and depend on a salt."""

import pytest

from reconciler.model.pseudonyms import Pseudonyms

ONE, OTHER = Pseudonyms(b"1" * 32), Pseudonyms(b"2" * 32)


def form(text: str) -> str:
    return "".join(
        "9" if each.isdigit() else "A" if each.isupper() else "a" if each.isalpha() else each for each in text
    )


@pytest.mark.parametrize(
    "text", ["Ada Lovelace", "+49 (30) 123-45", "Jürgen O'Neil-Šmíd", "日本", "AB-12-cd", ""]
)
def test_the_form_stays_and_the_salt_decides(text: str) -> None:
    assert form(ONE.of(text)) == form(text)
    assert ONE.of(text) == ONE.of(text)
    assert not text or ONE.of(text) != OTHER.of(text)


def test_short_texts_of_one_form_never_become_the_same() -> None:
    digits = [f"{number:03d}" for number in range(1000)]
    codes = [f"{letter}{number}" for letter in "abcdefghijklmnopqrstuvwxyz" for number in range(10)]
    assert {ONE.of(text) for text in digits} == set(digits)
    assert {ONE.of(text) for text in codes} == set(codes)


def test_no_pseudonym_is_a_text_that_is_kept() -> None:
    kept = {f"V{number}" for number in range(0, 10, 2)}
    others = [f"V{number}" for number in range(1, 10, 2)] + [f"W{number}" for number in range(10)]
    found = [ONE.of_others(text, kept.__contains__) for text in others]
    assert len(set(found)) == len(others)
    assert not kept.intersection(found)


def test_choices_become_choices() -> None:
    choices = ["gold", "silver", "bronze", "none at all"]
    assert {ONE.among(choices, each) for each in choices} == set(choices)
    assert ONE.among(choices, "gold;bronze").split(";") == [
        ONE.among(choices, each) for each in ("gold", "bronze")
    ]
    assert form(ONE.among(choices, "gone")) == "aaaa"
    assert ONE.among((), "ada@acme.de") == ONE.of("ada@acme.de")


def test_addresses_stay_addresses_that_nobody_has_and_days_stay_days() -> None:
    assert form(ONE.of("ada@acme.de")) == "aaa@aaaa.aa.aaaaaaa"
    assert ONE.of("ada@acme.de").endswith(".de.example")
    assert ONE.of("ada@acme.de;bob@x.de") == f"{ONE.of('ada@acme.de')};{ONE.of('bob@x.de')}"
    assert form(ONE.of("1990-02-28")) == "9999-99-99"
    assert ONE.of("1990-02-28T10:00:00Z") == f"{ONE.of('1990-02-28')}T10:00:00Z"
    assert form(ONE.of("2020-02-31")) == "9999-99-99"
