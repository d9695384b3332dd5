"""A sentence keeps its values separate from its words, whatever is built from it."""

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.sentences import Part, Sentence, Value, about, displayed, join_sentences, sentence

VALUE = Value("12a", "contacts", "phone")


def values_of(text: str) -> list[Value]:
    assert isinstance(text, Sentence)
    return [part for part in text.parts if isinstance(part, Value)]


def test_it_reads_like_any_text() -> None:
    text = sentence(
        '{name} takes {{digits}}, not "{it}", {count:,} times', name="phone", it=VALUE, count=1200
    )

    assert text == 'phone takes {digits}, not "12a", 1,200 times'
    assert values_of(text) == [VALUE]


@pytest.mark.parametrize(
    "inner",
    [
        sentence("no {it}", it=VALUE),
        join_sentences(" or ", [VALUE, "x"]),
        pickle.loads(pickle.dumps(sentence("{it}", it=VALUE))),
    ],
)
def test_a_sentence_inside_another_keeps_its_values(inner: Sentence) -> None:
    outer = sentence("so it is: {inner}; {inner}", inner=inner)

    assert outer == f"so it is: {inner!s}; {inner!s}"
    assert values_of(outer) == [VALUE, VALUE]


def test_it_is_put_together_in_no_other_way() -> None:
    text = sentence("no {it}", it=VALUE)

    with pytest.raises(TypeError, match="by sentence\\("):
        f"{text}!"
    with pytest.raises(TypeError, match="by sentence\\("):
        text + "!"
    with pytest.raises(TypeError, match="by sentence\\("):
        "!" + text


def test_values_that_are_nobodys_become_those_of_one_property() -> None:
    text = about(sentence("{a} and {b}", a=Value("1"), b=Value("2", "deals", "amount")), "contacts", "phone")

    assert values_of(text) == [Value("1", "contacts", "phone"), Value("2", "deals", "amount")]
    assert about("no values", "contacts", "phone") == "no values"


PARTS: st.SearchStrategy[Part] = st.one_of(
    st.text(), st.integers(), st.builds(Value, st.text(), spelled=st.none() | st.text())
)


@given(st.lists(PARTS), st.text())
def test_a_shown_sentence_is_plain_text_with_every_value_replaced(parts: list[Part], between: str) -> None:
    text = join_sentences(between, parts)

    assert displayed(text, str, lambda value: value.shown) == text
    made = displayed(text, lambda _words: "", lambda _value: "*")
    assert made == "*" * sum(isinstance(part, Value) for part in parts)
    assert type(made) is str
