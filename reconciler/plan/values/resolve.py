"""Resolving manifest values with the portal's definitions: each value becomes a text to send, or a problem.

This finds every mistake that can be found before a write: a wrong name, an unknown option, an invalid number,
an owner or stage that does not exist. ``docs/limits.md`` lists the mistakes that only HubSpot finds.
"""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple

from reconciler.errors import Problem, Severity
from reconciler.model.addresses import Section
from reconciler.model.definitions import Kind, ObjectSchema, Owner, PropertyDef
from reconciler.model.desired_records import DesiredRecord, ManifestValue, Ownership
from reconciler.model.display_names import display_properties
from reconciler.model.live import LiveRecord
from reconciler.plan.values.checks import (
    check_stays,
    check_text,
    join_choices,
    refuse_read_only,
    split_choices,
)
from reconciler.plan.values.not_made import not_made_of
from reconciler.plan.values.numbers import number_in_cell
from reconciler.plan.values.owners import OwnerDirectory, owner_ids
from reconciler.plan.values.pipelines import find_pipeline, find_stage
from reconciler.plan.values.wrong_value import WrongValue, check_each
from reconciler.sentences import sentence
from reconciler.source import Place, SourceFiles
from reconciler.suggestions import did_you_mean

LONGEST_TEXT = 65_536
"""Maximum length of a value in characters.

Source: https://developers.hubspot.com/docs/guides/api/crm/properties.
"""

_OWNERS = frozenset({Kind.OWNER, Kind.OWNERS})
_REFERENCES = _OWNERS | {Kind.PIPELINE, Kind.STAGE}


class ResolvedValue(NamedTuple):
    """One property of a desired record, ready to be compared and sent."""

    definition: PropertyDef
    text: str | None  # the text to send; None clears
    ownership: Ownership
    place: Place


@dataclass(frozen=True)  # without slots, because it caches results
class Resolver:
    """Resolves desired values of one object type with the portal's definitions."""

    schema: ObjectSchema
    files: SourceFiles
    owner_ids: Mapping[str, str]  # lower-case e-mail -> id
    deactivated: Mapping[str, str] = field(
        default_factory=dict
    )  # lower-case e-mail -> id of deactivated owners
    stand_ins: Mapping[str, str] = field(default_factory=dict)  # e-mail -> e-mail of the replacement

    @cached_property
    def owners(self) -> OwnerDirectory:
        """The owners of the portal, and the environment's replacements for absent owners."""
        return OwnerDirectory(self.owner_ids, self.deactivated, self.stand_ins)

    @cached_property
    def references(self) -> frozenset[str]:
        """Names of the properties whose values may have to be replaced by other texts.

        Their values refer to owners, pipelines or stages, or the plan removes one of their options.
        """
        properties = self.schema.properties.items()
        return frozenset(
            name for name, definition in properties if definition.kind in _REFERENCES or definition.leaving
        )

    @cached_property
    def numbers(self) -> frozenset[str]:
        """Names of the properties whose values are numbers."""
        properties = self.schema.properties.items()
        return frozenset(name for name, definition in properties if definition.kind is Kind.NUMBER)

    @cached_property
    def owner_names(self) -> frozenset[str]:
        """Names of the properties whose values are owners."""
        properties = self.schema.properties.items()
        return frozenset(name for name, definition in properties if definition.kind in _OWNERS)

    def owners_named(self, records: Iterable[DesiredRecord]) -> frozenset[str]:
        """Return the owners that ``records`` name, by e-mail or id, as written."""
        return frozenset(
            owner
            for record in records
            if not self.owner_names.isdisjoint(record.names)
            for name, written in zip(record.names, record.values, strict=True)
            if name in self.owner_names and written is not None
            for text in (written if isinstance(written, tuple) else (written,))
            for owner in text.split(";")
        )

    def knowing(self, owners: Iterable[Owner], stand_ins: Mapping[str, str]) -> "Resolver":
        """Return the resolver with these owners, and with replacements for absent ones."""
        known = tuple(owners)
        deactivated = {
            owner.email.lower(): owner.id for owner in known if owner.email and not owner.is_active
        }
        active = owner_ids((owner for owner in known if owner.is_active), stand_ins)
        lowered = {absent.lower(): present for absent, present in stand_ins.items()}
        return replace(self, owner_ids=active, deactivated=deactivated, stand_ins=lowered)

    def resolve(
        self, record: DesiredRecord, live: LiveRecord | None, problems: list[Problem]
    ) -> list[ResolvedValue]:
        """Convert the values of ``record`` to texts to send; add a problem for each value that is wrong.

        A value that is equal to the live text is not sent. It is wrong only if the plan removes its option.
        If it is an owner, a pipeline or a stage that could not be sent now, it gets a warning, not a problem.
        """
        resolved: list[ResolvedValue] = []
        definitions = self.schema.properties
        ownership = record.document.ownership
        has_table = record.document.table is not None
        for name, written, place in zip(record.names, record.values, record.places, strict=True):
            owner = ownership.get(name, Ownership.ENFORCE)
            definition = definitions.get(name)
            try:
                if definition is None:
                    raise self._unknown_property(name)
                if has_table and definition.kind is Kind.NUMBER:
                    written = self._number(record, name, written, place)  # noqa: PLW2901 - the same number
                if live is not None and written is not None and live.properties.get(name) == written:
                    text: str | None = live.properties[name]
                    check_stays(definition, written)
                    if definition.kind in _REFERENCES:
                        self._warn(definition, record, place, live, problems)
                else:
                    refuse_read_only(definition, owner, self.schema.name)
                    text = self._text(definition, written, record, live)
            except WrongValue as wrong:
                problems.extend(self._problems(record, name, place, wrong))
                continue
            if definition.kind in _OWNERS and text is not None and self.deactivated:
                problems.extend(self._still_there(definition, text, record, place))
            resolved.append(ResolvedValue(definition, text, owner, place))
        return resolved

    def missing_required(self, record: DesiredRecord) -> Problem | None:
        """Report a record that cannot be created because its key or a required property cannot be sent.

        A required property with a wrong or cleared value is reported at its own line, not here.
        """
        key = self.schema.properties.get(record.document.key)
        if key is not None and (key.is_read_only or key.is_calculated):
            return Problem(
                f"a new record of {self.schema.name} cannot be given its key: {key.name} is read-only",
                "the portal has no record with this key; to create it, use a key property that is writable",
                self.files.ref(record.place),
                record.address.text,
            )
        sent = {name for name in record.names if record.document.ownership_of(name) is not Ownership.OBSERVE}
        sent.add(record.document.key)
        cleared = {name for name, value in zip(record.names, record.values, strict=True) if value is None}
        missing = [name for name in self.schema.required if name not in sent]
        if self.schema.one_of and (sent - cleared).isdisjoint(self.schema.one_of):
            missing.append(" or ".join(self.schema.one_of))
        if not missing:
            return None
        return Problem(
            f"a new record of {self.schema.name} needs {', '.join(missing)}",
            sentence(
                "the portal has no such record yet; {so_that} so that it can be created",
                so_that=self._how_to_send(record),
            ),
            self.files.ref(record.place),
            record.address.text,
        )

    def _how_to_send(self, record: DesiredRecord) -> str:
        """Return advice for required properties that are not sent: observed, not selected, or not named."""
        observed = [
            name
            for name in (*self.schema.required, *self.schema.one_of)
            if name in record.names and record.document.ownership_of(name) is Ownership.OBSERVE
        ]
        if observed:
            return f"set `ownership` of {' and '.join(observed)} to initial"
        if record.special.is_partial:
            return sentence("take the whole record with --target {record}", record=record.address.display)
        return "name these properties"

    def _still_there(
        self, definition: PropertyDef, text: str, record: DesiredRecord, place: Place
    ) -> Iterator[Problem]:
        """Warn about every deactivated owner that the record has and the manifest still names."""
        emails = {owner_id: email for email, owner_id in self.deactivated.items()}
        for owner_id in text.split(";"):
            if owner_id in emails:
                gone = self.owners.why_deactivated(emails[owner_id]).problem
                message = sentence("{gone}, and still owns the record", gone=gone.message)
                held = WrongValue(message, gone.advice, gone.people)
                for problem in self._problems(record, definition.name, place, held):
                    yield replace(problem, severity=Severity.WARNING)

    def wrong_anyway(self, record: DesiredRecord, reported: Container[str]) -> Iterator[Problem]:
        """Find the problems of ``record`` that can be found without reading the record in HubSpot.

        Unknown properties in ``reported`` are skipped.
        """
        for name, written, place in zip(record.names, record.values, record.places, strict=True):
            definition = self.schema.properties.get(name)
            try:
                if definition is None and name not in reported:
                    raise self._unknown_property(name)
                if definition is not None:
                    is_number = definition.kind is Kind.NUMBER
                    number = self._number(record, name, written, place) if is_number else written
                    self._text(definition, number, record, None)
            except WrongValue as wrong:
                yield from self._problems(record, name, place, wrong)

    def impossible_key(self, record: DesiredRecord) -> Problem | None:
        """Return a problem if the key of a new record is not a valid value of the key property; or None."""
        definition = self.schema.properties.get(record.document.key)
        try:
            if definition is not None:
                refuse_read_only(definition, Ownership.ENFORCE, self.schema.name)
                self._text(definition, record.key, record, None)
        except WrongValue as wrong:
            source, address = self.files.ref(record.place), record.address.text
            found = wrong.as_problem(self.schema.name, record.document.key, source, address)
            return replace(found, stands_alone=True)
        return None

    def _warn(
        self,
        definition: PropertyDef,
        record: DesiredRecord,
        place: Place,
        live: LiveRecord,
        problems: list[Problem],
    ) -> None:
        try:
            self._text(definition, live.properties[definition.name], record, live)
        except WrongValue as wrong:
            for problem in self._problems(record, definition.name, place, wrong):
                message = sentence("{wrong}; the record has this value already", wrong=problem.message)
                problems.append(replace(problem, message=message, severity=Severity.WARNING))

    def _problems(
        self, record: DesiredRecord, name: str, place: Place, wrong: WrongValue
    ) -> Iterator[Problem]:
        address = record.address.property_address(name)
        return wrong.as_problems(self.schema.name, name, self.files.ref(place), address)

    def _unknown_property(self, name: str) -> WrongValue:
        message = f'{self.schema.name} has no property "{name}"'
        lacking = not_made_of(self.schema, Section.PROPERTIES, name)
        wrong = WrongValue(message, did_you_mean(name, self.schema.properties))
        return wrong.explained_by(lacking) if lacking else wrong

    def _checked(self, definition: PropertyDef, written: str) -> str | None:
        items = split_choices(definition, written) if definition.kind is Kind.CHOICES else [written]
        return ";".join(check_each(items, lambda item: self._checked_item(definition, item))) or None

    def _checked_item(self, definition: PropertyDef, written: str) -> str:
        try:
            return check_text(definition, written)
        except WrongValue as wrong:
            lacking = not_made_of(self.schema, Section.OPTIONS, definition.name, written)
            if lacking is None:
                raise
            raise wrong.explained_by(lacking) from wrong

    def _number(
        self, record: DesiredRecord, name: str, written: ManifestValue, place: Place
    ) -> ManifestValue:
        """Return ``written``; in a number from a cell of a table, replace the decimal sign by a point."""
        document = record.document
        if document.table is None or not isinstance(written, str) or not document.is_cell(place):
            return written
        return number_in_cell(name, written, document.table)

    def _text(
        self, definition: PropertyDef, written: ManifestValue, record: DesiredRecord, live: LiveRecord | None
    ) -> str | None:
        if written is None:
            if definition.name in self.schema.required:
                raise WrongValue(f"{definition.name} cannot be cleared: {self.schema.name} require it")
            return None
        if isinstance(written, tuple):
            written = join_choices(definition, written)
        if len(written) > LONGEST_TEXT:
            raise WrongValue(
                f"{definition.name} is {len(written):,} characters long", f"HubSpot takes {LONGEST_TEXT:,}"
            )
        match definition.kind:
            case Kind.OWNER | Kind.OWNERS:
                held = (live.properties.get(definition.name) or "").split(";") if live else []
                is_many = definition.kind is Kind.OWNERS
                owners = split_choices(definition, written) if is_many else [written]
                named = (owner for owner in owners if owner)
                return ";".join(check_each(named, lambda owner: self.owners.id_of(owner, held))) or None
            case Kind.PIPELINE:
                return find_pipeline(self.schema, written).id
            case Kind.STAGE:
                return find_stage(self.schema, written, record, live)
            case _:
                return self._checked(definition, written)


def keys_and_names(
    schema: ObjectSchema, records: Sequence[DesiredRecord]
) -> tuple[Sequence[str], Sequence[str]]:
    """Return the keys (also old ones) and the properties to read for comparing ``records``.

    The properties are those that records name and the portal has, both pipeline and stage if one of them is
    named, and those that display names consist of.
    """
    keys = [record.key for record in records]
    keys += [record.special.renamed_from for record in records if record.special.renamed_from]
    named = {name for shape in {record.names for record in records} for name in shape}
    known = named & schema.properties.keys()
    if (pair := schema.pipeline_and_stage) and not known.isdisjoint(pair):
        known |= set(pair)
    return keys, sorted(known.union(display_properties(schema)))
