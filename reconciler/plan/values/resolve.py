"""Manifest text and the portal's definitions become texts to send, or problems.

Everything that can be known before a write is found here: a wrong name, an unknown option, a number
that is none, an owner or stage that does not exist. What cannot be foreseen is listed in
``docs/limits.md``.
"""

import re
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple, TypeVar

from reconciler.errors import Problem, Severity
from reconciler.model.canonical import instant_text, parse_date, parse_instant
from reconciler.model.definitions import Kind, ObjectSchema, Owner, Pipeline, PropertyDef, Stage
from reconciler.model.desired import DesiredRecord, ManifestValue, Ownership
from reconciler.model.live import LiveRecord
from reconciler.sentences import Sentence, Value, about, join_sentences, sentence
from reconciler.source import Place, SourceFiles, SourceRef
from reconciler.suggestions import did_you_mean, nearest

LONGEST_TEXT = 65_536
"""Characters in one value. Source: https://developers.hubspot.com/docs/guides/api/crm/properties."""

_PLAIN_NUMBER = re.compile(r"-?(?:\d+\.?\d*|\.\d+)", re.ASCII)
_DOMAIN_LABEL = r"[^\W_]([^\W_]|-)*(?<!-)"
_EMAIL = re.compile(
    rf"[^\s@,;<>()\[\]\\]+@({_DOMAIN_LABEL}\.)+([^\W\d_]{{2,}}|xn--[a-z0-9-]+)", re.IGNORECASE
)
"""What certainly is no address is refused; HubSpot may refuse more."""
_OWNER_ID = re.compile(r"\d+", re.ASCII)
_OWNERS = frozenset({Kind.OWNER, Kind.OWNERS})
_REFERENCES = _OWNERS | {Kind.PIPELINE, Kind.STAGE}
_MANY = frozenset({Kind.CHOICES, Kind.FILES, Kind.OWNERS})
_Labelled = TypeVar("_Labelled", Pipeline, Stage)


class ResolvedValue(NamedTuple):
    """One property of a desired record, ready to be compared and sent."""

    definition: PropertyDef
    text: str | None  # what would be sent; None clears
    ownership: Ownership
    place: Place


class _Wrong(Exception):
    """Never leaves this module. A value in it that says nothing else is one of the property that is read."""

    def __init__(self, message: str, advice: str | None = None, people: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice
        self.people = people


@dataclass(frozen=True)  # without slots: it keeps what it has worked out once
class Resolver:
    """Reads desired values of one object type with the portal's definitions."""

    schema: ObjectSchema
    files: SourceFiles
    owner_ids: Mapping[str, str]  # lower-case e-mail -> id
    departed: Mapping[str, str] = field(default_factory=dict)  # the same of owners who were deactivated
    stand_ins: Mapping[str, str] = field(default_factory=dict)  # e-mail -> of who stands in here

    @cached_property
    def references(self) -> frozenset[str]:
        """Names of the properties whose values lead to something else in the portal."""
        properties = self.schema.properties.items()
        return frozenset(name for name, definition in properties if definition.kind in _REFERENCES)

    @cached_property
    def owner_names(self) -> frozenset[str]:
        """Names of the properties whose values are owners."""
        properties = self.schema.properties.items()
        return frozenset(name for name, definition in properties if definition.kind in _OWNERS)

    def owners_named(self, records: Iterable[DesiredRecord]) -> frozenset[str]:
        """The owners that ``records`` name, by e-mail or id, as they are written."""
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
        """The same, once it is known who may own records, and who stands in for whom."""
        known = tuple(owners)
        departed = {owner.email.lower(): owner.id for owner in known if owner.email and not owner.is_active}
        active = owner_ids((owner for owner in known if owner.is_active), stand_ins)
        lowered = {absent.lower(): present for absent, present in stand_ins.items()}
        return replace(self, owner_ids=active, departed=departed, stand_ins=lowered)

    def resolve(
        self, record: DesiredRecord, live: LiveRecord | None, problems: list[Problem]
    ) -> list[ResolvedValue]:
        """The values of ``record`` as texts to send; what is wrong with the others goes to ``problems``.

        A value that is spelled as live holds it needs no check, since nothing will be written; a
        reference that leads nowhere any more is worth a warning.
        """
        resolved: list[ResolvedValue] = []
        definitions = self.schema.properties
        ownership = record.document.ownership
        for name, written, place in zip(record.names, record.values, record.places, strict=True):
            owner = ownership.get(name, Ownership.ENFORCE)
            definition = definitions.get(name)
            try:
                if definition is None:
                    raise self._unknown_property(name)
                if live is not None and written is not None and live.properties.get(name) == written:
                    text: str | None = live.properties[name]
                    if definition.kind in _REFERENCES:
                        self._warn(definition, record, place, live, problems)
                else:
                    _check_writable(definition, owner, self.schema.name)
                    text = self._text(definition, written, record, live)
            except _Wrong as wrong:
                problems.append(self._problem(record, name, place, wrong))
                continue
            if definition.kind in _OWNERS and text is not None and self.departed:
                problems.extend(self._still_there(definition, text, record, place))
            resolved.append(ResolvedValue(definition, text, owner, place))
        return resolved

    def missing_required(self, record: DesiredRecord) -> Problem | None:
        """A problem when a record cannot be created: its key, or what HubSpot insists on, cannot be sent.

        That one of them is wrong, or cleared, is told at its own line.
        """
        key = self.schema.properties.get(record.document.key)
        if key is not None and (key.is_read_only or key.is_calculated):
            return Problem(
                f"a new record of {self.schema.name} cannot be given its key: {key.name} is read-only",
                "the portal has no such record yet; recognise records by a property that can be written",
                self.files.ref(record.place),
                record.record_key.address,
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
            f"a new record of {self.schema.name} needs {_listed(missing)}",
            "the portal has no such record yet; name these properties so that it can be created",
            self.files.ref(record.place),
            record.record_key.address,
        )

    def _still_there(
        self, definition: PropertyDef, text: str, record: DesiredRecord, place: Place
    ) -> Iterator[Problem]:
        """A warning for every owner of a record who was deactivated, and whom the manifest leaves there."""
        emails = {owner_id: email for email, owner_id in self.departed.items()}
        for owner_id in text.split(";"):
            if owner_id in emails:
                gone = self._deactivated(emails[owner_id])
                message = sentence("{gone}, and still owns the record", gone=gone.message)
                held = _Wrong(message, gone.advice, gone.people)
                problem = self._problem(record, definition.name, place, held)
                yield replace(problem, severity=Severity.WARNING)

    def wrong_anyway(self, record: DesiredRecord, reported: Container[str]) -> Iterator[Problem]:
        """What is wrong with ``record`` whatever the portal holds; names in ``reported`` are told already."""
        for name, written, place in zip(record.names, record.values, record.places, strict=True):
            definition = self.schema.properties.get(name)
            try:
                if definition is None and name not in reported:
                    raise self._unknown_property(name)
                if definition is not None:
                    self._text(definition, written, record, None)
            except _Wrong as wrong:
                yield self._problem(record, name, place, wrong)

    def impossible_key(self, record: DesiredRecord) -> Problem | None:
        """A problem when the key of a record to be created is no value that its property can have."""
        definition = self.schema.properties.get(record.document.key)
        try:
            if definition is not None:
                _check_writable(definition, Ownership.ENFORCE, self.schema.name)
                self._text(definition, record.key, record, None)
        except _Wrong as wrong:
            source, address = self.files.ref(record.place), record.record_key.address
            return _told_about(wrong, self.schema.name, record.document.key, source, address)
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
        except _Wrong as wrong:
            message = sentence("{wrong}; the record holds it already", wrong=wrong.message)
            held = _Wrong(message, wrong.advice)
            problem = self._problem(record, definition.name, place, held)
            problems.append(replace(problem, severity=Severity.WARNING))

    def _problem(self, record: DesiredRecord, name: str, place: Place, wrong: _Wrong) -> Problem:
        address = record.record_key.property_address(name)
        return _told_about(wrong, self.schema.name, name, self.files.ref(place), address)

    def _unknown_property(self, name: str) -> _Wrong:
        return _Wrong(
            f'{self.schema.name} has no property "{name}"', did_you_mean(name, self.schema.properties)
        )

    def _text(
        self, definition: PropertyDef, written: ManifestValue, record: DesiredRecord, live: LiveRecord | None
    ) -> str | None:
        if written is None:
            if definition.name in self.schema.required:
                raise _Wrong(f"{definition.name} cannot be cleared: {self.schema.name} require it")
            return None
        if isinstance(written, tuple):
            written = _joined(definition, written)
        if len(written) > LONGEST_TEXT:
            raise _Wrong(
                f"{definition.name} is {len(written):,} characters long", f"HubSpot takes {LONGEST_TEXT:,}"
            )
        match definition.kind:
            case Kind.OWNER | Kind.OWNERS:
                held = (live.properties.get(definition.name) or "").split(";") if live else []
                owners = written.split(";") if definition.kind is Kind.OWNERS else [written]
                return ";".join(self._owner(owner, held) for owner in owners if owner) or None
            case Kind.PIPELINE:
                return self._pipeline(written).id
            case Kind.STAGE:
                return self._stage(written, record, live)
            case _:
                return _checked_text(definition, written) or None

    def _owner(self, written: str, held: Container[str]) -> str:
        """The id of an owner; of one who was deactivated only where the record has him still, ``held``."""
        email = written.strip().lower()
        if _OWNER_ID.fullmatch(email):
            if email in self.owner_ids.values():
                return email
            email = next((known for known, owner_id in self.departed.items() if owner_id == email), email)
        elif email in self.owner_ids:
            return self.owner_ids[email]
        owner_id = self.departed.get(email)
        if owner_id is not None and owner_id in held:
            return owner_id
        if owner_id is not None:
            raise self._deactivated(email)
        if _OWNER_ID.fullmatch(email):
            message = sentence("the portal has no owner with id {id}", id=Value(email))
            raise _Wrong(message, "name owners by e-mail address")
        raise self._no_owner(written)

    def _deactivated(self, email: str) -> _Wrong:
        """What is to be done about an owner who was deactivated: let somebody stand in."""
        message = sentence("{email} was deactivated in HubSpot", email=Value(email))
        present = self.stand_ins.get(email)
        if present is not None:
            message = sentence(
                "{gone}, and {present}, who stands in here, is no active owner",
                gone=message,
                present=Value(present),
            )
        heir = min((each for each in self.owner_ids if each not in self.stand_ins), default="ADDRESS")
        advice = sentence(
            "name somebody else here, or write in the environment of reconciler.yaml who stands in, such as "
            "`owners: {{{email}: {heir}}}`",
            email=Value(email),
            heir=Value(heir),
        )
        return _Wrong(message, advice, (email, heir, *([present] if present else [])))

    def _no_owner(self, written: str) -> _Wrong:
        present = self.stand_ins.get(written.strip().lower())
        if present is not None:
            message = sentence(
                "{present}, who stands in for {written} here, is no active owner of the portal",
                present=Value(present),
                written=Value(written),
            )
            advice = "correct `owners:` in the environment of reconciler.yaml"
            return _Wrong(message, advice, (written, present))
        advice_or_none = _perhaps_meant(written, self.owner_ids)
        suggested = (email for email in self.owner_ids if f'"{email}"' in (advice_or_none or ""))
        message = sentence('the portal has no owner "{written}"', written=Value(written))
        return _Wrong(message, advice_or_none, (written, *suggested))

    def _pipeline(self, written: str) -> Pipeline:
        return _by_label_or_id(written, self.schema.pipelines, f"pipeline of {self.schema.name}")

    def _stage(self, written: str, record: DesiredRecord, live: LiveRecord | None) -> str:
        """Stages belong to a pipeline: the one the record is about to have, else the one it is in."""
        pipeline = self._pipeline_of(record, live)
        if pipeline is None:
            stages = [stage for candidate in self.schema.pipelines for stage in candidate.stages]
            return _by_label_or_id(written, stages, f"stage of {self.schema.name}").id
        try:
            what = sentence('stage of pipeline "{pipeline}"', pipeline=Value(pipeline.label))
            return _by_label_or_id(written, pipeline.stages, what).id
        except _Wrong as wrong:
            for other in self.schema.pipelines:
                if any(written in (stage.id, stage.label) for stage in other.stages):
                    raise _Wrong(
                        sentence(
                            '"{written}" is no stage of pipeline "{pipeline}"',
                            written=Value(written),
                            pipeline=Value(pipeline.label),
                        ),
                        sentence(
                            'it is one of "{other}": {advice}',
                            other=Value(other.label),
                            advice=self._advice_on_pipeline(record),
                        ),
                    ) from wrong
            raise

    def _pipeline_of(self, record: DesiredRecord, live: LiveRecord | None) -> Pipeline | None:
        """The pipeline whose stages are meant; None where any of them may be."""
        names = self.schema.pipeline_and_stage
        if names is None:
            return None
        by_pipeline, by_stage = names
        ownership = record.document.ownership_of
        stays = (
            live is not None
            and live.properties.get(by_pipeline) is not None
            and ownership(by_pipeline) is not Ownership.ENFORCE
            and ownership(by_stage) is Ownership.ENFORCE
        )
        written = _written_of(record, by_pipeline)
        if isinstance(written, str) and not stays:
            try:
                return self._pipeline(written)
            except _Wrong:
                return None  # said once already, at the pipeline's own line
        if live is not None:
            for pipeline in self.schema.pipelines:
                if pipeline.id == live.properties.get(by_pipeline):
                    return pipeline
        return self.schema.pipelines[0] if len(self.schema.pipelines) == 1 else None

    def _advice_on_pipeline(self, record: DesiredRecord) -> str:
        """What to do about a stage that is none of the pipeline that the record will be in."""
        name = (self.schema.pipeline_and_stage or ("",))[0]
        is_left = name in record.names and record.document.ownership_of(name) is not Ownership.ENFORCE
        return f"`ownership` leaves {name} as it is" if is_left else "set the pipeline in the same record"


def owner_ids(owners: Iterable[Owner], stand_ins: Mapping[str, str]) -> Mapping[str, str]:
    """Lower-case e-mail to owner id; ``stand_ins`` says who stands in for whom in this environment."""
    ids = {owner.email.lower(): owner.id for owner in owners if owner.email}
    for absent, present in stand_ins.items():
        owner_id = ids.get(present.lower())
        if owner_id is not None:
            ids[absent.lower()] = owner_id
    return ids


def keys_and_names(
    schema: ObjectSchema, records: Sequence[DesiredRecord]
) -> tuple[Sequence[str], Sequence[str]]:
    """What to ask the portal to judge ``records``: keys, old ones included, and properties.

    Properties are those that are named and exist, and where a pipeline or a stage is, the other too.
    """
    keys = [record.key for record in records]
    keys += [record.special.renamed_from for record in records if record.special.renamed_from]
    named = {name for shape in {record.names for record in records} for name in shape}
    known = named & schema.properties.keys()
    if (pair := schema.pipeline_and_stage) and not known.isdisjoint(pair):
        known |= set(pair)
    return keys, sorted(known)


def _written_of(record: DesiredRecord, name: str) -> ManifestValue:
    """What ``record`` says of one property; None also where it says nothing."""
    return record.values[record.names.index(name)] if name in record.names else None


def _told_about(wrong: _Wrong, object_name: str, name: str, source: SourceRef, address: str) -> Problem:
    """``wrong`` as a problem of one property."""
    message = about(wrong.message, object_name, name)
    advice = wrong.advice and about(wrong.advice, object_name, name)
    return Problem(message, advice, source, address, people=wrong.people)


def _perhaps_meant(written: str, values: Iterable[str]) -> Sentence | None:
    """The same about ``values`` of the property that is read: what is near a value tells much of it."""
    near = [sentence('"{value}"', value=Value(value)) for value in nearest(written, values)]
    return sentence("did you mean {values}?", values=join_sentences(" or ", near)) if near else None


def _check_writable(definition: PropertyDef, ownership: Ownership, object_name: str) -> None:
    if ownership is Ownership.OBSERVE or not (definition.is_read_only or definition.is_calculated):
        return
    why = "calculated by HubSpot" if definition.is_calculated else "read-only"
    raise _Wrong(
        f"{definition.name} of {object_name} is {why} and cannot be written",
        f"remove the line, or say `ownership: {{{definition.name}: observe}}` to be told of differences",
    )


def _joined(definition: PropertyDef, items: tuple[str, ...]) -> str:
    if definition.kind not in _MANY:
        raise _Wrong(
            f"{definition.name} takes one value, not a list",
            f"it is a {definition.kind} property; only multiple choice properties take a list",
        )
    for item in items:
        if ";" in item:
            raise _Wrong(
                sentence('"{item}" contains ";", which separates choices in HubSpot', item=Value(item)),
                "an option with a semicolon in its value cannot be written by API",
            )
    return ";".join(items)


def _checked_text(definition: PropertyDef, written: str) -> str:
    check = _CHECKS.get(definition.kind)
    return written if check is None else check(definition, written)


def _boolean(definition: PropertyDef, written: str) -> str:
    if written.lower() not in {"true", "false"}:
        raise _not_this(definition, "true or false", written)
    return written.lower()


def _date(definition: PropertyDef, written: str) -> str:
    day = parse_date(written)
    if day is None:
        raise _not_this(definition, "a date such as 2026-11-22", written)
    return day.isoformat()


def _choice(definition: PropertyDef, written: str) -> str:
    _check_option(definition, written)
    return written


def _choices(definition: PropertyDef, written: str) -> str:
    """A leading ``;`` would append to what HubSpot stores; a manifest states the whole set."""
    items = [item for item in written.split(";") if item.strip()]
    if written and not items:
        raise _Wrong(
            sentence('{name} takes choices, and "{it}" names none', name=definition.name, it=Value(written)),
            "write the option's value; to clear it, write null in YAML, the text of `clear:` in a table",
        )
    for item in items:
        _check_option(definition, item)
    return ";".join(items)


def _number(definition: PropertyDef, written: str) -> str:
    text = written.strip()
    if not _PLAIN_NUMBER.fullmatch(text):
        advice = "digits and one decimal point, no thousands separators, exponents or units"
        raise _not_this(definition, "a number such as 1200000.50", written, advice)
    return text


def _instant(definition: PropertyDef, written: str) -> str:
    instant = parse_instant(written)
    if instant is not None and not written.strip().lstrip("-").isdigit():
        return instant_text(instant)
    advice = "such as 2026-11-22T09:30:00+01:00 or 2026-11-22T08:30:00Z"
    raise _not_this(definition, "a time with its offset", written, advice)


def _email(definition: PropertyDef, written: str) -> str:
    if not _EMAIL.fullmatch(written.strip()):
        advice = "one @, no blanks, and a domain that ends in a name such as .com"
        raise _not_this(definition, "an e-mail address", written, advice)
    return written


def _not_this(definition: PropertyDef, what: str, written: str, advice: str | None = None) -> _Wrong:
    message = sentence('{name} takes {what}, not "{it}"', name=definition.name, what=what, it=Value(written))
    return _Wrong(message, advice)


_CHECKS: Mapping[Kind, Callable[[PropertyDef, str], str]] = {
    Kind.EMAIL: _email,
    Kind.NUMBER: _number,
    Kind.BOOLEAN: _boolean,
    Kind.DATE: _date,
    Kind.DATETIME: _instant,
    Kind.CHOICE: _choice,
    Kind.CHOICES: _choices,
}


def _check_option(definition: PropertyDef, written: str) -> None:
    if not definition.options or any(option.value == written for option in definition.options):
        return
    message = sentence('{name} has no option "{it}"', name=definition.name, it=Value(written))
    for option in definition.options:
        if written.casefold() in (option.label.casefold(), option.value.casefold()):
            advice = sentence(
                'write "{value}": options are given by value, "{label}" is its label',
                value=Value(option.value),
                label=Value(option.label),
            )
            raise _Wrong(message, advice)
    values = [option.value for option in definition.options]
    raise _Wrong(
        message,
        _perhaps_meant(written, values) or f"its options are {_listed(values[:8])}{_more(values[8:])}",
    )


def _by_label_or_id(written: str, candidates: Iterable[_Labelled], what: str) -> _Labelled:
    """The one candidate that ``written`` names; an id wins, labels are compared without case."""
    known = list(candidates)
    for candidate in known:
        if candidate.id == written:
            return candidate
    label = written.strip().casefold()
    matches = [candidate for candidate in known if candidate.label.strip().casefold() == label]
    if len(matches) == 1:
        return matches[0]
    if matches:
        listed = [
            sentence('{id} ("{label}")', id=Value(match.id), label=Value(match.label)) for match in matches
        ]
        message = sentence('"{it}" names more than one {what}', it=Value(written), what=what)
        raise _Wrong(message, sentence("write one of the ids: {ids}", ids=join_sentences(", ", listed)))
    labels = [candidate.label for candidate in known]
    raise _Wrong(
        sentence('the portal has no {what} called "{it}"', what=what, it=Value(written)),
        _perhaps_meant(written, labels) or (f"it has {_listed(labels)}" if labels else None),
    )


def _listed(names: list[str]) -> str:
    return ", ".join(names)


def _more(rest: list[str]) -> str:
    return f" and {len(rest)} more" if rest else ""
