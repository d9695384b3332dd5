"""A plan with one entry of every kind."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from reconciler.errors import Problem, Severity
from reconciler.model.addresses import RecordAddress, RecordId
from reconciler.model.calls import Call, Operation
from reconciler.model.desired_records import Prune, PruneRule
from reconciler.model.facts import Fact, FactKind
from reconciler.model.names import DisplayNames, Names, ObjectNames, PropertyNames
from reconciler.model.object_references import ObjectProperty
from reconciler.model.owned import Origin
from reconciler.model.property_history import ChangeSource, ValueVersion
from reconciler.plan.change import Change, Owned, Reason, ValueChange
from reconciler.plan.kinds import Verb
from reconciler.plan.owned_changes import adopt_thing
from reconciler.plan.plan import (
    Budget,
    DifferenceKind,
    Guard,
    GuardRefusal,
    Held,
    Plan,
    Review,
    ReviewDifference,
)
from reconciler.plan.records.changes import create_record, update_record
from reconciler.sentences import Value, sentence
from reconciler.source import SourceRef
from tests.support.plans import at, plan_of

_BY_ID = Operation(Call.UPDATE, None)
_BY_KEY = Operation(Call.UPSERT, "external_id")

_BEFORE = (
    "Acme makes pressure sensors for the food industry. Founded in 1974 in Kassel, the company now has three "
    "plants and sells through distributors in eleven countries."
)
_AFTER = _BEFORE.replace("eleven", "twelve")
_TERMS_BEFORE = (
    "Payment within 30 days.\nDelivery ex works.\n\nReturns only after written consent.\nKassel\nGermany"
)
_TERMS_AFTER = (
    "Payment within 14 days.\nDelivery ex works.\n\nReturns only after written consent.\nKassel\nGermany\nEU"
)


def _value(
    name: str,
    before: str | None,
    after: str | None,
    reason: Reason,
    source: SourceRef | None = None,
    changed: ValueVersion | None = None,
) -> ValueChange:
    return ValueChange(name, before, after, reason, source, changed and replace(changed, value=before))


def _hand(via: ChangeSource, by: str, day: int) -> ValueVersion:
    return ValueVersion(via, by, datetime(2026, 11, day, 14, 5, tzinfo=UTC), None)


GRACE = _hand(ChangeSource.PERSON, "Grace Hopper <grace@acme.example>", 18)
FILLER = _hand(ChangeSource.WORKFLOW, "Fill countries (55)", 19)


def _update(
    key: RecordAddress,
    number: int,
    reason: Reason,
    source: SourceRef,
    *values: ValueChange,
    display_name: str | None = None,
) -> Change:
    origin = Origin.ADOPTED if reason is Reason.ADOPT else Origin.CREATED
    change = update_record(
        key,
        RecordId(str(9000 + number)),
        values,
        reason,
        operation=_BY_ID,
        source=source,
        owned=Owned(origin),
    )
    return replace(change, display_names=DisplayNames(display_name))


def _company(key: str) -> RecordAddress:
    return RecordAddress("companies", "external_id", key)


def _deal(number: int) -> RecordAddress:
    return RecordAddress("deals", "deal_number", f"D-{number:04}")


def _contact(email: str) -> RecordAddress:
    return RecordAddress("contacts", "email", email)


CREATES = (
    create_record(
        _company("initech"),
        (
            _value("country", None, "Germany", Reason.MISSING, at(3, column=12)),
            _value("description", None, _AFTER, Reason.MISSING, at(32)),
            _value("name", None, "Initech GmbH", Reason.MISSING, at(31)),
        ),
        Reason.MISSING,
        _BY_KEY,
        at(30),
    ),
    create_record(_company("hooli"), (), Reason.MISSING, _BY_KEY, at(38)),
    create_record(
        _contact("bob@acme.example"),
        (
            _value("firstname", None, "Bob", Reason.MISSING, at(12, "contacts.yaml")),
            _value("phone", None, "+49 561 4711", Reason.MISSING, at(13, "contacts.yaml")),
        ),
        Reason.MISSING,
        Operation(Call.UPSERT, "email"),
        at(11, "contacts.yaml"),
    ),
)
UPDATES = (
    _update(
        _company("acme"),
        1,
        Reason.CONFLICT,
        at(14),
        _value("annualrevenue", "1000000", "1200000.50", Reason.CONFLICT, at(16), GRACE),
        _value("description", _BEFORE, _AFTER, Reason.CHANGED, at(17)),
        _value("phone", "+49 30 1234", None, Reason.CHANGED, at(18)),
        display_name="Acme GmbH & Co. KG",
    ),
    _update(
        _company("globex"),
        2,
        Reason.DRIFT,
        at(20),
        _value("country", None, "Germany", Reason.DRIFT, at(3, "all/germany.yaml"), FILLER),
        _value("terms_and_conditions", _TERMS_BEFORE, _TERMS_AFTER, Reason.DRIFT, at(22)),
    ),
    _update(
        _contact("ada@acme.example"),
        3,
        Reason.ADOPT,
        at(4, "contacts.yaml"),
        _value("jobtitle", "CTO ", "CTO", Reason.ADOPT, at(6, "contacts.yaml")),
        _value("phone", "0561 4712", "+49 561 4712", Reason.ADOPT, at(7, "contacts.yaml")),
        display_name="Ada Lovelace",
    ),
    *(
        _update(
            _deal(number),
            number + 100,
            Reason.CHANGED,
            at(4 + 5 * number, "deals/q4.yaml"),
            _value(
                "dealstage",
                "appointmentscheduled",
                "closedwon",
                Reason.CHANGED,
                at(6 + 5 * number, "deals/q4.yaml"),
            ),
            display_name=f"Renewal {number}",
        )
        for number in range(1, 318)
    ),
    _update(
        _deal(900),
        900,
        Reason.CHANGED,
        at(2000, "deals/q4.yaml"),
        _value("dealname", "Sensors\u202e 2027", "Sensors 2027", Reason.CHANGED, at(2001, "deals/q4.yaml")),
        _value("product_lines", "PRINT", "CLOUD;PRINT", Reason.CHANGED, at(2002, "deals/q4.yaml")),
    ),
)
ADOPTS = tuple(
    adopt_thing(
        _company(f"client-{number}"),
        RecordId(str(700 + number)),
        Reason.ADOPT,
        at(100 + number),
        Owned(Origin.ADOPTED),
    )
    for number in range(1, 13)
)
HELD = (
    Held(_company("umbrella"), "phone", Reason.DRIFT, "+49 30 99", "+49 30 98", at(52), changed=GRACE),
    Held(_company("umbrella"), "zip", Reason.DRIFT, None, "34117", at(53)),
    Held(
        _company("stark"),
        None,
        Reason.GONE,
        None,
        None,
        at(60),
        (Fact(FactKind.ERASED, RecordId("9123")), Fact(FactKind.NOT_CREATED_AGAIN)),
    ),
    Held(_company("acme"), "description", Reason.OBSERVED, _BEFORE, _AFTER, at(17)),
)


def _phone(text: str) -> Value:
    return Value(text, "contacts", "phone")


NAMES = Names(
    "https://app-eu1.hubspot.com/contacts/7654321/record/",
    {
        "companies": ObjectNames(
            "0-2",
            ("name",),
            {
                "annualrevenue": PropertyNames("Annual revenue"),
                "country": PropertyNames("Country"),
                "description": PropertyNames("Description"),
                "name": PropertyNames("Name"),
                "phone": PropertyNames("Phone number"),
                "terms_and_conditions": PropertyNames("Terms and conditions"),
            },
        ),
        "contacts": ObjectNames(
            "0-1",
            ("firstname", "lastname"),
            {"jobtitle": PropertyNames("Job title"), "phone": PropertyNames("Phone number")},
        ),
        "deals": ObjectNames(
            "0-3",
            ("dealname",),
            {
                "dealname": PropertyNames("Deal name"),
                "dealstage": PropertyNames(
                    "Deal stage",
                    {"appointmentscheduled": "Appointment scheduled", "closedwon": "Closed (closedwon)"},
                ),
                "product_lines": PropertyNames("Product lines", {"CLOUD": "Cloud", "PRINT": "Print"}, True),
            },
        ),
    },
)
"""Display names of the things in these plans; two stages of the portal have the label ``Closed``."""

PROBLEMS = (
    Problem(
        'companies has no property "industy"', 'did you mean "industry"?', at(71), "companies/wayne#industy"
    ),
    Problem(
        sentence(
            'phone takes a number, not "{it}": extensions are written behind an x',
            it=_phone("+49 30 1234 ext. 12"),
        ),
        sentence('write "{it}"', it=_phone("+49 30 1234 x12")),
        at(9, "contacts.yaml", 12),
        "contacts/eve@acme.example#phone",
    ),
    Problem(
        "closedate is before createdate", None, at(90, "deals/q4.yaml"), "deals/D-0001", Severity.WARNING
    ),
)
PERSONAL = (
    ObjectProperty("contacts", "email"),
    ObjectProperty("contacts", "firstname"),
    ObjectProperty("contacts", "phone"),
)


def named_plan_of(*changes: Change, **parts: Any) -> Plan:
    """Build a plan that also contains the display names of everything in it."""
    return replace(plan_of(*changes, **parts), names=NAMES)


EVERYTHING: Plan = named_plan_of(
    *CREATES,
    *UPDATES,
    *ADOPTS,
    held=HELD,
    problems=PROBLEMS,
    masked_properties=PERSONAL,
    no_op=97,
    budget=Budget(read_calls=12, write_calls=7, seconds=0.0, daily_remaining=249_000, reread_calls=7),
)
FEW: Plan = named_plan_of(
    *CREATES,
    *UPDATES[:3],
    UPDATES[-1],
    held=HELD[-1:],
    problems=PROBLEMS[-1:],
    masked_properties=PERSONAL,
    budget=Budget(read_calls=3, write_calls=4, seconds=0.0, daily_remaining=1_200, reread_calls=4),
)
ADOPTING: Plan = plan_of(
    *ADOPTS,
    held=HELD[:1],
    no_op=97,
    lineage=None,
    budget=Budget(read_calls=5, write_calls=0, seconds=0.0, daily_remaining=None),
)
CONVERGED: Plan = plan_of(no_op=120)
REVIEWED: Plan = replace(
    plan_of(UPDATES[0], masked_properties=PERSONAL, budget=Budget(6, 1, 0.0, 249_000)),
    refusals=(
        GuardRefusal(
            Guard.DIVERGED,
            3,
            "the manifests (commit 3f2c9ab41d7e) do not contain the last apply (commit ab12cd34ef56): "
            "3 commits are missing",
            advice="merge the branch that was applied, or rebase onto this branch, and plan again",
        ),
    ),
    review=Review(
        digest=f"sha256:{'ab' * 32}",
        content=f"sha256:{'c0' * 32}",
        git="77d0aa51c3ee2b9d4f6a8c0e1b2d3f4a5b6c7d8e",
        differences=(
            *(
                ReviewDifference(
                    DifferenceKind.NOT_REVIEWED,
                    _company(f"new-{n}"),
                    Verb.CREATE,
                    (Fact(FactKind.PROPERTIES, names=("country", "name")),),
                    at(60 + n),
                )
                for n in range(5)
            ),
            ReviewDifference(
                DifferenceKind.CHANGED,
                _contact("ada@acme.example"),
                Verb.UPDATE,
                (
                    Fact(FactKind.EDITED_SINCE, names=("jobtitle",)),
                    Fact(FactKind.WRITE_NOT_REVIEWED, names=("phone",)),
                ),
                at(4, "contacts.yaml"),
            ),
            ReviewDifference(
                DifferenceKind.NO_LONGER_PLANNED,
                _company("globex"),
                Verb.ASSOCIATE,
                (Fact(FactKind.LABEL, word="Billing"),),
                at(22),
                target=_contact("bob@acme.example"),
            ),
        ),
        unreviewed_rules=(PruneRule("companies", "external_id", Prune.OURS),),
    ),
)
CONTESTED: Plan = plan_of(
    held=(
        Held(
            _company("wonka"),
            "country",
            Reason.CONTESTED,
            None,
            "Germany",
            at(3, "all/germany.yaml"),
            (Fact(FactKind.CONTESTED, count=2),),
            changed=FILLER,
        ),
    ),
    no_op=119,
)
