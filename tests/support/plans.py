"""Plans for tests of code that reads or shows them: any plan (Hypothesis), and its parts."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from reconciler.errors import Problem, Severity
from reconciler.model.addresses import RECORD_ID, SECTION_MARK, AssociationAddress, RecordAddress, RecordId
from reconciler.model.calls import Call, Operation
from reconciler.model.definitions import PortalSchema
from reconciler.model.desired_records import Drift, Prune, PruneRule
from reconciler.model.facts import Fact, FactKind
from reconciler.model.labels import Label
from reconciler.model.names import DisplayNames, Names, ObjectNames, PropertyNames
from reconciler.model.object_references import ObjectProperty
from reconciler.model.owned import Origin, StateVersion
from reconciler.model.personal_data import MaskRules
from reconciler.model.property_history import ChangeSource, ValueVersion
from reconciler.model.selection import EVERYTHING
from reconciler.plan.assemble import PlanBasis, assemble
from reconciler.plan.associations.changes import operation_of
from reconciler.plan.budget import Spent
from reconciler.plan.change import (
    Action,
    AssociationDetails,
    Change,
    Owned,
    Reason,
    RecordDetails,
    Remote,
    ValueChange,
)
from reconciler.plan.context import PlanContext
from reconciler.plan.findings import Findings
from reconciler.plan.guards import DEFAULT_LIMITS, Guards
from reconciler.plan.kinds import Verb, verb_of
from reconciler.plan.plan import (
    Budget,
    DifferenceKind,
    Guard,
    GuardBase,
    GuardRefusal,
    Held,
    ManifestInfo,
    Plan,
    Review,
    ReviewDifference,
)
from reconciler.plan.records.policy import Policy
from reconciler.plan.stages import Stage, StageName, stages_of
from reconciler.sentences import join_sentences
from reconciler.source import SourceRef

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
"""Any text: control characters, marks of direction, wide and combining characters."""

words = st.text("abcdefghij _", min_size=1, max_size=12)
"""Text that needs no escapes and breaks at spaces."""

values = texts | st.text(st.sampled_from("ab \n\tä世\u202e→\u2039\u0301"), max_size=300)
"""Texts of properties, also long ones and those of several lines."""

counts = st.integers(0, 10**9)
_reasons = st.sampled_from(Reason)
_origins = st.sampled_from(Origin)
_record_ids = st.integers(1, 10**12).map(lambda number: RecordId(str(number)))
_names = st.sampled_from(["email", "name", "phone", "hs_lead_status", "a_rather_long_property_name"])


def _is_property(name: str) -> bool:
    """Return whether a name can be a property: ``:`` begins the section of a definition's address."""
    return not name.startswith(SECTION_MARK)


def _edited_value(value: ValueChange, hand: ValueVersion | None) -> ValueChange:
    """Return ``value`` with ``hand`` as the change in HubSpot to which it owes its live value."""
    return replace(value, changed=hand and replace(hand, value=value.before))


def _edited_held(held: Held, hand: ValueVersion | None) -> Held:
    return replace(held, changed=hand and replace(hand, value=held.live))


def _by_name(changed: list[ValueChange]) -> tuple[ValueChange, ...]:
    return tuple(sorted(changed, key=lambda value: value.name))


def any_plans(words: st.SearchStrategy[str]) -> st.SearchStrategy[Plan]:
    """Build any plan, even one that planning would never make; texts come from ``words``."""
    names = _names | words
    versions = st.builds(
        ValueVersion,
        via=st.sampled_from(ChangeSource),
        by=words,
        at=st.datetimes(timezones=st.just(UTC)),
        value=st.none(),
    )
    sources = st.builds(
        SourceRef,
        file=st.sampled_from(["companies.yaml", "acme/deals.yaml"]) | words,
        line=st.integers(1, 99_999),
        column=st.integers(1, 200),
    )
    keys = st.builds(
        RecordAddress,
        object=st.sampled_from(["companies", "contacts", "deals", "p12_car"]),
        by=st.sampled_from(["external_id", "email", RECORD_ID]),
        value=words,
    )
    changed = st.lists(
        st.builds(
            ValueChange,
            name=names,
            before=st.none() | values,
            after=st.none() | values,
            reason=_reasons,
            source=st.none() | sources,
        ).flatmap(lambda value: st.builds(_edited_value, st.just(value), st.none() | versions)),
        max_size=4,
        unique_by=lambda value: value.name,
    ).map(_by_name)
    rests_on = changed.map(
        lambda read: tuple(ValueChange(one.name, one.before, one.before, Reason.IN_STEP) for one in read)
    )
    display_names = st.builds(DisplayNames, st.none() | words, st.none() | words)
    of_record: dict[str, Any] = {
        "key": keys,
        "reason": _reasons,
        "source": sources,
        "display_names": display_names,
    }
    changes = any_changes(keys, changed, rests_on, st.none() | sources, names, words)
    facts = st.lists(any_facts(words, keys, names), max_size=3).map(tuple)
    held = st.builds(
        Held,
        name=st.none() | names,
        live=st.none() | values,
        desired=st.none() | values,
        facts=facts,
        target=st.none() | keys,
        **of_record,
    ).flatmap(lambda entry: st.builds(_edited_held, st.just(entry), st.none() | versions))
    rules = st.lists(st.builds(PruneRule, words, names, st.sampled_from(Prune)), max_size=2, unique=True).map(
        tuple
    )
    differences = st.builds(
        ReviewDifference,
        how=st.sampled_from(DifferenceKind),
        key=keys,
        verb=st.sampled_from(Verb),
        facts=facts,
        source=st.none() | sources,
        target=st.none() | keys,
    )
    reviews = st.builds(
        Review,
        digest=st.just(f"sha256:{'ab' * 32}"),
        content=words,
        git=st.none() | words,
        differences=st.lists(differences, max_size=3).map(tuple),
        unreviewed_rules=rules,
    )
    return st.builds(
        Plan,
        tool_version=words,
        created_at=st.datetimes(timezones=st.just(UTC)),
        environment=words,
        portal_id=counts,
        portal_type=words,
        host=st.none() | words,
        api_version=words,
        state=st.builds(StateVersion, lineage=st.none() | words, serial=counts),
        manifests=st.builds(ManifestInfo, digest=words, files=counts, records=counts, git=st.none() | words),
        changes=st.lists(changes, max_size=6).map(tuple),
        stages=st.lists(st.builds(Stage, st.sampled_from(StageName), counts), max_size=4).map(tuple),
        held=st.lists(held, max_size=3).map(tuple),
        problems=st.lists(any_problems(words, sources, keys), max_size=3).map(tuple),
        no_op=counts,
        budget=st.builds(
            Budget,
            read_calls=counts,
            write_calls=counts,
            reread_calls=counts,
            seconds=st.floats(0, 10**6),
            daily_remaining=st.none() | counts,
        ),
        write_scopes=st.lists(words, max_size=3).map(tuple),
        prune_rules=rules,
        review=st.none() | reviews,
        bases=st.lists(
            st.builds(
                GuardBase,
                words,
                named=counts,
                found=counts,
                owned=counts,
                owned_named=counts,
                values=counts,
                has_records=st.booleans(),
            ),
            max_size=2,
        ).map(tuple),
        refusals=st.lists(
            st.builds(
                GuardRefusal,
                guard=st.sampled_from(Guard),
                count=counts,
                message=words,
                first=st.lists(keys, max_size=2).map(tuple),
                advice=words,
            ),
            max_size=2,
        ).map(tuple),
        masked_properties=st.lists(
            st.builds(ObjectProperty, st.sampled_from(["contacts", "companies"]), names),
            max_size=4,
            unique=True,
        ).map(tuple),
        rolls_back=st.none() | words,
        keeps_state=st.booleans(),
        names=any_names(names, words),
    )


def any_names(names: st.SearchStrategy[str], words: st.SearchStrategy[str]) -> st.SearchStrategy[Names]:
    """Build the display names of a plan; two values of a property never have the same label."""
    labels = st.dictionaries(values, words, max_size=3).map(
        lambda named: {value: f"{label} ({value})" for value, label in named.items()}
    )
    properties = st.builds(PropertyNames, words, labels, st.booleans())
    objects = st.builds(
        ObjectNames,
        st.none() | st.just("0-2"),
        st.lists(names, max_size=2).map(tuple),
        st.dictionaries(names, properties, max_size=3),
    )
    pages = st.none() | st.just("https://app-eu1.hubspot.com/contacts/7654321/record/")
    types = st.sampled_from(["companies", "contacts", "deals"])
    return st.builds(Names, pages, st.dictionaries(types, objects, max_size=2))


def any_changes(
    keys: st.SearchStrategy[RecordAddress],
    values: st.SearchStrategy[tuple[ValueChange, ...]],
    rests_on: st.SearchStrategy[tuple[ValueChange, ...]],
    sources: st.SearchStrategy[SourceRef | None],
    names: st.SearchStrategy[str],
    words: st.SearchStrategy[str],
) -> st.SearchStrategy[Change]:
    """Build any change of any kind, even one that planning would never make."""
    owned = st.builds(Owned, _origins, st.booleans())
    of_all: dict[str, Any] = {
        "reason": _reasons,
        "source": sources,
        "step": st.integers(1, 3),
        "display_names": st.builds(DisplayNames, st.none() | words, st.none() | words),
    }
    known: dict[str, Any] = {
        "remembered": values,
        "forgotten": values,
        "moved_from": st.none()
        | st.builds(RecordAddress, st.just("deals"), names.filter(_is_property), words),
        "remote": _record_ids.map(Remote),
    }

    def of_record(action: Action, *calls: Call, **parts: Any) -> st.SearchStrategy[Change]:
        by = st.none() if action is Action.ARCHIVE else st.none() | names
        parts |= {"operation": st.builds(Operation, st.sampled_from(calls), by)} if calls else {}
        return st.builds(Change, address=keys, action=st.just(action), **of_all | parts).map(_in_its_type)

    labels = st.builds(Label, st.sampled_from(["HUBSPOT_DEFINED", "USER_DEFINED"]), counts, words)
    addresses = st.builds(AssociationAddress, keys, keys, st.none() | labels)
    ids = st.builds(Remote, _record_ids, _record_ids)
    some_ids = st.builds(Remote, st.none() | _record_ids, st.none() | _record_ids)

    def of_association(
        action: Action, remote: st.SearchStrategy[Remote], **parts: Any
    ) -> st.SearchStrategy[Change]:
        details = st.booleans().map(AssociationDetails)
        made = st.builds(
            Change,
            address=addresses,
            action=st.just(action),
            remote=remote,
            details=details,
            **of_all | parts,
        )
        return made.map(lambda change: replace(change, operation=operation_of(change)))

    replaced = st.none() | _record_ids.map(RecordDetails)
    written = {"values": values, "owned": owned}
    return st.one_of(
        of_record(Action.CREATE, Call.UPSERT, Call.CREATE, remembered=values, details=replaced, **written),
        of_record(Action.UPDATE, Call.UPDATE, Call.UPSERT, rests_on=rests_on, **written, **known),
        of_record(Action.ADOPT, owned=owned, **known),
        of_record(
            Action.ARCHIVE,
            Call.ARCHIVE,
            owned_before=st.none() | owned,
            rests_on=rests_on,
            remote=_record_ids.map(Remote),
        ),
        of_record(Action.RELEASE, owned_before=owned, forgotten=values, remote=_record_ids.map(Remote)),
        of_association(Action.CREATE, some_ids, owned=owned),
        of_association(Action.ADOPT, ids, owned=owned),
        of_association(Action.ARCHIVE, ids, owned_before=owned),
        of_association(Action.RELEASE, ids, owned_before=owned),
    )


def _in_its_type(change: Change) -> Change:
    """Return the change with the object type of its record in ``moved_from``, too."""
    former = change.moved_from
    return replace(change, moved_from=former and replace(former, object=change.object_type))


def any_facts(
    words: st.SearchStrategy[str], keys: st.SearchStrategy[RecordAddress], names: st.SearchStrategy[str]
) -> st.SearchStrategy[Fact]:
    """Build any fact, even with fields that its kind does not have."""
    return st.builds(
        Fact,
        kind=st.sampled_from(FactKind),
        record_id=st.none() | _record_ids,
        other_id=st.none() | _record_ids,
        key=st.none() | keys,
        names=st.lists(names, max_size=2).map(tuple),
        value=st.none() | words,
        word=st.none() | words,
        count=st.none() | counts,
    )


def any_problems(
    words: st.SearchStrategy[str],
    sources: st.SearchStrategy[SourceRef],
    keys: st.SearchStrategy[RecordAddress],
) -> st.SearchStrategy[Problem]:
    """Build any problem, with texts from ``words``, and perhaps values of records and keys."""
    values = keys.map(lambda key: key.as_value) | keys.map(lambda key: key.display)
    sentences = words | st.lists(words | values, max_size=4).map(lambda parts: join_sentences(" ", parts))
    return st.builds(
        Problem,
        message=sentences,
        advice=st.none() | sentences,
        source=st.none() | sources,
        address=st.none() | keys.map(lambda key: key.text),
        severity=st.sampled_from(Severity),
        people=st.lists(words, max_size=2).map(tuple),
    )


plans = any_plans(texts)
plain_plans = any_plans(words)


def plan_of(
    *changes: Change,
    held: tuple[Held, ...] = (),
    problems: tuple[Problem, ...] = (),
    masked_properties: tuple[ObjectProperty, ...] = (),
    environment: str = "production",
    lineage: str | None = "5f6b1c9e",
    no_op: int = 0,
    budget: Budget = Budget(read_calls=5, write_calls=0, seconds=0.0, daily_remaining=250_000),  # noqa: B008 - a value
) -> Plan:
    """Build a plan for the portal of these tests."""
    return Plan(
        tool_version="0.1.0",
        created_at=datetime(2026, 11, 22, 9, 30, tzinfo=UTC),
        environment=environment,
        portal_id=7654321,
        portal_type="STANDARD",
        api_version="2026-03",
        state=StateVersion(lineage=lineage, serial=41),
        manifests=ManifestInfo(digest="sha256:aa11", files=4, records=120, git="3f2c9ab41d7e"),
        changes=changes,
        stages=stages_of(map(verb_of, changes)),
        held=held,
        problems=problems,
        no_op=no_op,
        budget=budget,
        write_scopes=("crm.objects.companies.write",) if changes else (),
        masked_properties=masked_properties,
    )


def assembled(findings: Findings, portal: PortalSchema, records: int = 0, **settings: Any) -> Plan:
    """Make the plan of what was found, in the portal of these tests."""
    context = PlanContext(
        environment="local",
        portal_id=portal.account.portal_id,
        policy=Policy(Drift.REVERT),
        selection=EVERYTHING,
        guards=Guards(DEFAULT_LIMITS, {}),
        masks=MaskRules(),
        stand_ins={},
        commit=None,
        has_uncommitted=False,
        created_at=datetime(2026, 11, 22, tzinfo=UTC),
        keeps_state=findings.keeps_state,
        reviewed=None,
        skips_invalid=False,
    )
    basis = PlanBasis(
        portal=portal,
        state=StateVersion(None, 0),
        manifests=ManifestInfo("sha256:0", 1, records, None),
        spent=Spent(1, None, lambda calls: calls / 19),
    )
    return assemble(findings, basis, replace(context, **settings))


def at(line: int, file: str = "companies.yaml", column: int = 7) -> SourceRef:
    """Build a place in a manifest."""
    return SourceRef(file, line, column)
