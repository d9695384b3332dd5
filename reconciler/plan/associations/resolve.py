"""Resolving the associations in manifests to pairs of known records, or to problems."""

from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import NamedTuple, TypeAlias

from reconciler.errors import Problem, Severity, UnplacedProblem
from reconciler.model.addresses import AssociationAddress, RecordAddress
from reconciler.model.associations import ASSOCIATED, OwnedAssociation
from reconciler.model.desired_records import DesiredAssociation, DesiredRecord
from reconciler.model.facts import Fact, FactKind
from reconciler.model.labels import Label
from reconciler.model.object_references import Direction
from reconciler.model.references import RecordIdentity
from reconciler.plan.associations.endpoints import Endpoint, Endpoints, Presence
from reconciler.plan.associations.labels import Labels, Type
from reconciler.plan.change import Reason, Remote
from reconciler.plan.plan import Held
from reconciler.plan.records.identity import no_such_record
from reconciler.sentences import Sentence, sentence
from reconciler.source import SourceFiles, SourceRef

Side: TypeAlias = tuple[str, str, str]
"""One of two records: its object type, its id, and its key. The key is empty if the record has an id."""


class Identity(NamedTuple):
    """The identity of an association: the same whichever of its two records names it."""

    sides: tuple[Side, Side]  # sorted
    type: Type | None  # type of the label, seen from the first record; None: the unlabelled association


class DesiredLink(NamedTuple):
    """An association that a manifest names, between existing or planned records."""

    record: DesiredRecord  # the record whose manifest names the association
    key: RecordAddress
    endpoint: Endpoint
    target: RecordAddress
    target_endpoint: Endpoint
    label: Label | None
    source: SourceRef

    @property
    def association(self) -> AssociationAddress:
        """The address of the association."""
        return AssociationAddress(self.key, self.target, self.label)

    @property
    def direction(self) -> Direction:
        """The object types of both records."""
        return self.association.direction

    @property
    def remote(self) -> Remote:
        """The ids of both records; None for a record that does not exist yet."""
        return Remote(self.endpoint.id, self.target_endpoint.id)

    @property
    def name(self) -> str:
        """The address of the other record, used like the name of a property of ``record``."""
        return self.target.text


@dataclass(slots=True)
class AssociationResolver:
    """Resolves the records and labels of named associations; collects problems and held associations."""

    endpoints: Endpoints
    labels: Labels
    files: SourceFiles
    archived: Container[RecordIdentity]  # records that this plan archives
    problems: list[Problem] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)
    # both records of each named association that has a problem; the two records are sorted
    faulty: set[tuple[Side, Side]] = field(default_factory=set)

    def resolve(
        self, named: Iterable[tuple[DesiredRecord, DesiredAssociation]]
    ) -> dict[Identity, DesiredLink]:
        """Return the associations that manifests name, by identity.

        If the manifests of both records name the same association, the first line counts. If one record names
        the same association twice, report a problem.
        """
        wanted: dict[Identity, DesiredLink] = {}
        for record, association in named:
            resolved = self._resolved(record, association)
            if resolved is None:
                continue
            first = wanted.setdefault(self.identity(resolved), resolved)
            if first is not resolved and first.key == resolved.key:
                message = sentence(
                    "{record} is associated twice, also at {where}",
                    record=resolved.target.display,
                    where=str(first.source),
                )
                self._tell(record, association, [UnplacedProblem(message, "keep one of the two")])
        return wanted

    def identity(self, wanted: DesiredLink) -> Identity:
        """Return the identity of ``wanted``."""
        return self._identity(*self.sides(wanted), wanted.label)

    def identity_of_owned(self, pair: OwnedAssociation) -> Identity:
        """Return the identity of ``pair``."""
        one, other = (
            (pair.source.address.object, pair.source.id, ""),
            (pair.target.address.object, pair.target.id, ""),
        )
        return self._identity(one, other, pair.label)

    def _identity(self, one: Side, other: Side, label: Label | None) -> Identity:
        if label is None or one <= other:
            return Identity((min(one, other), max(one, other)), label.type if label else None)
        category, number = label.type
        inverse = self.labels.inverse(Direction(one[0], other[0]), label.type)
        return Identity((other, one), inverse or (f"inverse of {category}", number))

    def sides(self, wanted: DesiredLink) -> tuple[Side, Side]:
        """Return the two records of ``wanted``; the first is the one whose manifest entry names the other."""
        return self.side(wanted.key, wanted.endpoint), self.side(wanted.target, wanted.target_endpoint)

    def side(self, key: RecordAddress, endpoint: Endpoint) -> Side:
        """Return what identifies a record: the id of the record, or its key if it has no id yet."""
        return (
            (key.object, endpoint.id, "")
            if endpoint.id
            else (key.object, "", self.endpoints.spelling(key)[-1])
        )

    def _resolved(self, record: DesiredRecord, association: DesiredAssociation) -> DesiredLink | None:
        key, source = record.address, self.files.ref(association.place)
        endpoint = self.endpoints.of(key)
        # the problem of an invalid record is reported with that record, not with its associations
        is_wrong = endpoint.presence is Presence.INVALID and endpoint.id is None
        if endpoint.presence is not Presence.NEW and endpoint.id is None and not is_wrong:
            self.endpoints.note_unclear(key, None, association.object)  # HubSpot may have it by another key
            return None
        target = self.endpoints.key_of(association)
        label: Label | UnplacedProblem | None = None
        if association.label is not None and isinstance(target, RecordAddress):
            label = self.labels.named(Direction(key.object, target.object), association.label)
        faults = [
            replace(found, stands_alone=True)
            for found in (target, label)
            if isinstance(found, UnplacedProblem)
        ]
        if isinstance(target, UnplacedProblem):
            self.endpoints.note_unclear(key, endpoint.id, association.object)
            self._tell(record, association, faults)
            return None
        target_endpoint = self.endpoints.of(target)
        if target_endpoint.presence is Presence.GONE:
            facts = (Fact(FactKind.OTHER_END_GONE, key=target),)
            text = association.label or ASSOCIATED
            self.held.append(Held(key, None, Reason.GONE, None, text, source, facts, target))
            return None
        faults += self._faults(key, endpoint, target, target_endpoint)
        if not faults and self.endpoints.is_taken_away(association):
            message = _not_associated(target, "the line names it by a value that this plan changes")
            faults.append(UnplacedProblem(message, "name the record by a value that it keeps"))
        self._tell(record, association, faults)
        if faults and target_endpoint.id is None:
            self.endpoints.note_unclear(key, endpoint.id, target.object)
        elif faults:
            one, other = self.side(key, endpoint), self.side(target, target_endpoint)
            self.faulty.add((min(one, other), max(one, other)))
        if faults or isinstance(label, UnplacedProblem) or is_wrong:
            return None
        return DesiredLink(record, key, endpoint, target, target_endpoint, label, source)

    def _faults(
        self, key: RecordAddress, endpoint: Endpoint, target: RecordAddress, target_endpoint: Endpoint
    ) -> Iterator[UnplacedProblem]:
        """Return the reasons why the two records cannot be associated."""
        if self.side(key, endpoint) == self.side(target, target_endpoint):
            yield UnplacedProblem(
                sentence("{record} cannot be associated with itself", record=target.display), "remove it"
            )
        elif target_endpoint.presence is Presence.ABSENT:
            why = "the manifests say that this record must not exist"
            yield UnplacedProblem(_not_associated(target, why), "remove one of the two")
        elif target_endpoint.id is not None and (target.object, target_endpoint.id) in self.archived:
            advice = "name this record in a manifest, or remove the association"
            yield UnplacedProblem(_not_associated(target, "this plan archives the record"), advice)
        elif target_endpoint.presence is Presence.UNANSWERED:
            message = _not_associated(target, "HubSpot leaves the record out of its answers")
            yield UnplacedProblem(
                message, "the association is left out of this plan: plan again later", Severity.LEFT_OUT
            )
        elif target_endpoint.presence is Presence.MISSING and self.endpoints.is_named(target):
            why = "HubSpot has no record with this key, and this plan leaves the record out"
            yield UnplacedProblem(_not_associated(target, why), "plan this record too, or apply it first")
        elif target_endpoint.presence is Presence.MISSING:
            yield UnplacedProblem(
                no_such_record(target),
                "correct the key; or name the record in a manifest, and the plan creates it first",
            )
        elif target_endpoint.presence is Presence.INVALID and target_endpoint.id is None:
            yield UnplacedProblem(
                _not_associated(target, "the record has a problem itself"),
                "correct the problem of the record first",
            )

    def _tell(
        self, record: DesiredRecord, association: DesiredAssociation, faults: Iterable[UnplacedProblem]
    ) -> None:
        address = record.address.property_address(association.address)
        source = self.files.ref(association.place)
        self.problems.extend(fault.at(source, address) for fault in faults)


def _not_associated(target: RecordAddress, why: str) -> Sentence:
    return sentence("{record} cannot be associated: {why}", record=target.display, why=why)
