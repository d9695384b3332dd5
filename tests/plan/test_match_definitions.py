"""Finding the live definition: by the id in state, then ``$id``, then label, then previous label."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.owned import OwnedDefinition
from reconciler.model.portal_definitions import DefinitionDirectives, LiveDefinition
from reconciler.plan.definitions.match import DefinitionSides, match_definitions
from tests.support.definitions import live_definition, owned_definition, stage, wanted

SALES = live_definition("deals:pipelines/Sales", {"label": "Sales"}, "p1")
RENEWALS = wanted("deals:pipelines/Renewals", {"label": "Renewals"})


def found(
    desired: Sequence[object], live: Sequence[LiveDefinition], owned: Sequence[OwnedDefinition] = ()
) -> list[str | None]:
    """Return for each desired definition the id of the found one, or the message of its problem."""
    sides = match_definitions(desired, live, owned)  # type: ignore[arg-type]
    return [_text(each) for each in sides]


def _text(sides: DefinitionSides) -> str | None:
    if sides.problem:
        return str(sides.problem.message)
    return sides.live.id if sides.live else None


def test_a_property_is_found_by_its_name_and_never_by_its_label() -> None:
    live = live_definition("companies:properties/tier", {"label": "Level"})
    assert found([wanted("companies:properties/tier", {"label": "Tier"})], [live]) == ["properties/tier"]
    assert found([wanted("companies:properties/level", {"label": "Level"})], [live]) == [None]


def test_a_label_is_found_whatever_its_case_and_outer_blanks() -> None:
    live = live_definition("deals:pipelines/ renewals ", {"label": " renewals "}, "p9")
    assert found([RENEWALS], [SALES, live]) == ["pipelines/p9"]


def test_the_id_in_state_comes_first() -> None:
    other = live_definition("deals:pipelines/Renewals", {"label": "Renewals"}, "p9")
    known = owned_definition("deals:pipelines/Renewals", {"label": "Renewals"}, "p1")
    assert found([RENEWALS], [SALES, other], [known]) == ["pipelines/p1"]


def test_the_given_id_comes_before_the_label() -> None:
    by_id = wanted("deals:pipelines/Sales", {"label": "Sales"}, special=DefinitionDirectives(id="default"))
    default = live_definition("deals:pipelines/Verkauf", {"label": "Verkauf"}, "default")
    assert found([by_id], [default]) == ["pipelines/default"]
    assert found([by_id], [SALES]) == ["the portal has no pipeline with the id default"]


def test_the_previous_label_is_found_last() -> None:
    renamed = wanted(
        "deals:pipelines/Renewals", {"label": "Renewals"}, special=DefinitionDirectives(renamed_from="sales")
    )
    assert found([renamed], [SALES]) == ["pipelines/p1"]
    both = live_definition("deals:pipelines/Renewals", {"label": "Renewals"}, "p9")
    (message,) = found([renamed], [SALES, both])
    assert message is not None
    assert "the portal has two pipelines" in message


def test_two_live_labels_that_are_one_are_a_problem() -> None:
    live = [live_definition(f"deals:pipelines/{each}", {"label": each}, each) for each in ("sales", "SALES")]
    (message,) = found([wanted("deals:pipelines/Sales", {"label": "Sales"})], live)
    assert message == "the portal has 2 pipelines that are called Sales"


def test_a_stage_is_looked_for_in_its_own_pipeline_only() -> None:
    sales = wanted("deals:pipelines/Sales", {"label": "Sales"})
    won = wanted("deals:pipelines/Sales/stages/Won", {"label": "Won"})
    live = [SALES, stage("Other", "Won", "s9", "p2"), stage("Sales", "Won", "s1", "p1")]
    assert found([sales, won], live) == ["pipelines/p1", "stages/s1"]
    assert found([sales, won], live[:2]) == ["pipelines/p1", None]


def test_stages_of_a_renamed_pipeline_are_found_by_their_ids() -> None:
    renamed = wanted(
        "deals:pipelines/Renewals", {"label": "Renewals"}, special=DefinitionDirectives(renamed_from="Sales")
    )
    won = wanted("deals:pipelines/Renewals/stages/Won", {"label": "Won"})
    known = [
        owned_definition("deals:pipelines/Sales", {"label": "Sales"}, "p1"),
        owned_definition("deals:pipelines/Sales/stages/Won", {"label": "Won"}, "s1"),
    ]
    sides = match_definitions([renamed, won], [SALES, stage("Sales", "Relabelled", "s1", "p1")], known)
    assert [each.live and each.live.id for each in sides] == ["pipelines/p1", "stages/s1"]
    assert [each.former and each.former.text for each in sides] == [
        "deals:pipelines/Sales",
        "deals:pipelines/Sales/stages/Won",
    ]


def test_a_label_that_is_passed_on_means_a_new_definition() -> None:
    """The stage Won gets the label Signed, and a new stage gets the label Won."""
    known = owned_definition("deals:pipelines/Sales", {"label": "Sales"}, "p1")
    old = wanted("deals:pipelines/Old", {"label": "Old"}, special=DefinitionDirectives(renamed_from="Sales"))
    new = wanted("deals:pipelines/Sales", {"label": "Sales"})
    for owned in ([known], []):
        assert found([old, new], [SALES], owned) == ["pipelines/p1", None] or not owned


def test_two_names_of_one_definition_are_a_problem() -> None:
    by_id = wanted("deals:pipelines/Renewals", {"label": "R"}, special=DefinitionDirectives(id="p1"))
    other = wanted("deals:pipelines/Again", {"label": "A"}, special=DefinitionDirectives(id="p1"))
    first, second = found([by_id, other], [SALES])
    assert first == "pipelines/p1"
    assert second is not None
    assert "are the same definition in the portal" in second


@given(st.data())
def test_no_live_definition_is_found_twice(data: st.DataObject) -> None:
    names = data.draw(st.lists(st.sampled_from("ABCDEF"), unique=True, max_size=5))
    labels = data.draw(st.lists(st.sampled_from("ABCDEF"), unique=True, max_size=5))
    live = [live_definition(f"deals:pipelines/{each}", {"label": each}, f"id{each}") for each in labels]
    entries = data.draw(st.dictionaries(st.sampled_from("ABCDEF"), st.sampled_from("ABCDEF"), max_size=4))
    owned, seen = [], set()
    for name, known in entries.items():
        if known not in seen:
            owned.append(owned_definition(f"deals:pipelines/{name}", {"label": known}, f"id{known}"))
            seen.add(known)
    before = data.draw(st.dictionaries(st.sampled_from(names or ["A"]), st.sampled_from("ABCDEF")))
    desired = [
        wanted(
            f"deals:pipelines/{name}",
            {"label": name},
            special=DefinitionDirectives(renamed_from=before.get(name)),
        )
        for name in names
    ]
    sides = match_definitions(desired, live, owned)
    assert [each.wanted for each in sides] == desired
    ids = [each.live.id for each in sides if each.live and not each.problem]
    assert len(ids) == len(set(ids))
