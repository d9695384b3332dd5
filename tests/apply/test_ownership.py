"""What state holds of a record after a change."""

from reconciler.apply.ownership import owned_after
from reconciler.model.objects import RecordKey
from reconciler.model.outcomes import Applied
from reconciler.model.owned import Origin
from reconciler.model.records import RecordId
from reconciler.model.writes import Call, Route
from reconciler.plan.changes import Adopt, Create, Reason, Update, ValueChange
from reconciler.source import SourceRef
from tests.support.nouns import owned

HERE = SourceRef("companies.yaml", 1, 1)
KEY = RecordKey("companies", "external_id", "acme")
ID = RecordId("9001")


def created(*values: ValueChange) -> Create:
    return Create(KEY, values, Reason.MISSING, Route(Call.UPSERT, "external_id"), HERE)


def test_what_was_sent_is_remembered_and_how_hubspot_spells_it_beside() -> None:
    change = created(
        ValueChange("name", None, "Acme", Reason.MISSING), ValueChange("phone", None, "030 1", Reason.MISSING)
    )
    after = owned_after(change, Applied(ID, {"name": "Acme", "phone": "+49301"}, is_new=True), None)
    assert after.sent == {"name": "Acme", "phone": "030 1"}
    assert after.answered == {"phone": "+49301"}
    assert (after.record_id, after.origin) == (ID, Origin.CREATED)


def test_a_create_that_found_a_record_owns_it_as_adopted() -> None:
    after = owned_after(created(), Applied(ID, {}, is_new=False), None)
    assert after.origin is Origin.ADOPTED


def test_values_in_step_are_learned_with_lives_spelling() -> None:
    in_step = ValueChange("revenue", "12.1", "12.10", Reason.IN_STEP)
    change = Adopt(KEY, ID, (in_step,), Reason.ADOPT, HERE, Origin.ADOPTED)
    after = owned_after(change, Applied(ID, {}), None)
    assert after.sent == {"revenue": "12.10"}
    assert after.answered == {"revenue": "12.1"}


def test_values_that_a_change_does_not_mention_stay() -> None:
    before = owned("acme", "9001", {"name": "Acme", "tier": "gold"}, {"tier": "GOLD"})
    change = Update(
        KEY,
        ID,
        (ValueChange("name", "Acme", "Acme AG", Reason.CHANGED),),
        (),
        Reason.CHANGED,
        Route(Call.UPDATE, None),
        HERE,
        Origin.CREATED,
    )
    after = owned_after(change, Applied(ID, {"name": "Acme AG"}), before)
    assert after.sent == {"name": "Acme AG", "tier": "gold"}
    assert after.answered == {"tier": "GOLD"}


def test_an_old_spelling_does_not_outlive_its_value() -> None:
    before = owned("acme", "9001", {"phone": "030 1"}, {"phone": "+49301"})
    change = created(ValueChange("phone", None, "+49302", Reason.MISSING))
    after = owned_after(change, Applied(ID, {"phone": "+49302"}), before)
    assert after.answered == {}
