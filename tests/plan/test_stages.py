"""The stages of a plan contain every change, each in the right stage."""

from hypothesis import given
from hypothesis import strategies as st

from reconciler.plan.kinds import Verb
from reconciler.plan.stages import Stage, StageName, are_stages_of, stages_of

ORDERED = (Verb.ADOPT, Verb.RELEASE, Verb.CREATE, Verb.UPDATE, Verb.ASSOCIATE, Verb.DISSOCIATE, Verb.ARCHIVE)

in_order = st.lists(st.sampled_from(ORDERED), max_size=12).map(lambda verbs: sorted(verbs, key=ORDERED.index))


@given(in_order)
def test_every_change_is_in_a_stage_of_its_own_kind_of_work(verbs: list[Verb]) -> None:
    assert are_stages_of(verbs, stages_of(verbs))


@given(in_order.filter(bool), st.data())
def test_a_change_too_few_or_too_many_or_elsewhere_is_noticed(verbs: list[Verb], data: st.DataObject) -> None:
    stages = stages_of(verbs)
    place = data.draw(st.integers(0, len(verbs) - 1))
    assert not are_stages_of(verbs[:place] + verbs[place + 1 :], stages)
    assert not are_stages_of([*verbs, verbs[-1]], stages)
    other = data.draw(
        st.sampled_from([each for each in ORDERED if stages_of([each]) != stages_of([verbs[place]])])
    )
    assert not are_stages_of([*verbs[:place], other, *verbs[place + 1 :]], stages)


def test_changes_that_wait_for_others_have_a_stage_of_their_own() -> None:
    verbs = [Verb.ADOPT, Verb.CREATE, Verb.UPDATE, Verb.UPDATE, Verb.ARCHIVE]
    assert stages_of(verbs, {3: 1}) == (
        Stage(StageName.STATE, 1),
        Stage(StageName.RECORDS, 2),
        Stage(StageName.RECORDS, 1),
        Stage(StageName.REMOVALS, 1),
    )


def test_removals_never_come_before_records() -> None:
    stages = (Stage(StageName.REMOVALS, 1), Stage(StageName.RECORDS, 1))
    assert not are_stages_of([Verb.ARCHIVE, Verb.CREATE], stages)
