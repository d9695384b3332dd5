"""Names below ``options:``, ``stages:``, ``pipelines:`` and ``groups:`` may be any text, even a keyword."""

import json

from hypothesis import example, given
from hypothesis import strategies as st

from reconciler.manifest.definitions.merge import merge_definitions
from reconciler.manifest.documents import read_manifest
from reconciler.model.portal_definitions import DesiredDefinition
from tests.manifest.reading import FILES

TRICKY = [
    *("true", "007", "$0-$50k", "a:b#c", "null", "~", "$absent", "- x", "a/b", "100%", "1.50", "no", "=x"),
    "<<",
]
names = st.one_of(
    st.sampled_from(TRICKY),
    st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Zs"]), min_size=1, max_size=12),
).filter(lambda name: bool(name.strip()))


def spelled(content: object) -> str:
    return json.dumps(content, ensure_ascii=False)


def definitions(text: str) -> tuple[DesiredDefinition, ...]:
    read = read_manifest(text.encode(), FILES, 0)
    assert read.problems == ()
    declared = [[each for document in read.documents for each in document.definitions]]
    found, problems = merge_definitions(declared, FILES)
    assert problems == ()
    return found


@given(st.lists(names, unique=True, min_size=1, max_size=8))
@example(TRICKY)
def test_options_keep_their_names_and_their_order(options: list[str]) -> None:
    listed = {name: dict[str, str]() for name in options}
    (tier,) = definitions(f"object: companies\nproperties: {{tier: {{options: {spelled(listed)}}}}}\n")
    assert json.loads(tier.value("options") or "") == options
    assert [option.name for option in tier.options] == options
    assert [tier.options[index].place for index in range(len(options))] == sorted(
        option.place for option in tier.options
    )


@given(st.lists(names, unique_by=lambda name: name.strip().casefold(), min_size=1, max_size=6))
@example(TRICKY)
def test_pipelines_stages_and_groups_keep_their_names(listed: list[str]) -> None:
    stages = {"stages": {name: dict[str, str]() for name in listed}}
    found = definitions(
        f"object: deals\ngroups: {spelled({name: {'label': 'x'} for name in listed})}\n"
        f"pipelines: {spelled(dict.fromkeys(listed, stages))}\n"
    )
    by_section: dict[str, set[str]] = {}
    for each in found:
        by_section.setdefault(each.address.section, set()).add(each.address.name)
        if each.address.section == "pipelines":
            assert json.loads(each.value("stages") or "") == listed
    assert by_section == {section: set(listed) for section in ("groups", "pipelines", "stages")}


@given(st.permutations([*TRICKY[:4], "Zeta", "alpha", "no"]))
def test_names_without_quotes_are_the_same_names(options: list[str]) -> None:
    lines = "".join(f"      {name}: Label\n" for name in options)
    (tier,) = definitions(f"object: companies\nproperties:\n  tier:\n    options:\n{lines}")
    assert json.loads(tier.value("options") or "") == options


anything = st.recursive(
    st.one_of(
        st.sampled_from(["", "~", '""', "null", "true", "x", "1", "0.5", "&a x", "*a", "!t x"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]"),
        st.lists(st.tuples(st.sampled_from([
            "label", "options", "options_include", "stages", "$absent", "$moves_to", "$id", "$renamed_from",
            "$protect", "type", "labels", "singular", "hidden", "probability", "requiredProperties", "tier",
            "companies", "''", "a b", "metadata", "limits",
        ]), inner), max_size=4).map(
            lambda pairs: "{" + ", ".join(f"{name}: {value}" for name, value in pairs) + "}"
        ),
    ),
    max_leaves=12,
)  # fmt: skip


@given(
    st.sampled_from(["groups", "properties", "pipelines", "schema", "association_labels"]),
    anything,
    st.sampled_from(["companies", "machines", "x y"]),
)
def test_whatever_stands_there_is_read_or_reported(section: str, value: str, name: str) -> None:
    read = read_manifest(f"object: {name}\n{section}: {value}\n".encode(), FILES, 0)
    declared = [each for document in read.documents for each in document.definitions]
    merge_definitions([declared, declared], FILES)
    for problem in read.problems:
        assert problem.source is not None
        assert problem.message
