"""Copying the portal of an environment into an emulator: parts are read, masked and stored, step by step."""

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reconciler.errors import UsageError
from reconciler.hubspot.copies.definitions import calls_of_definitions, read_definitions_part
from reconciler.hubspot.portal.read_portal import read_portal
from reconciler.hubspot.reader import PortalReader
from reconciler.json_values import Json
from reconciler.model.addresses import RECORD_ID
from reconciler.model.calls import BATCH_SIZE
from reconciler.model.copies import Copied, CopyRequest, CopyResult
from reconciler.model.definitions import Kind, ObjectSchema
from reconciler.model.desired import Desired
from reconciler.model.desired_records import DesiredRecord
from reconciler.model.object_references import Direction, ObjectProperty
from reconciler.model.object_types import object_type
from reconciler.model.progress import Progress
from reconciler.model.pseudonyms import Pseudonyms
from reconciler.plan.hashes import KnownHashes
from reconciler.plan.values.equality import same_value
from reconciler.project.copied import checkpoint_path, salt_of
from reconciler.project.copied_session import plant
from reconciler.project.files import write_private
from reconciler.project.session import Session
from reconciler.reconcile.copy_calls import refuse_too_many_calls
from reconciler.reconcile.copy_records import CopyingRecords, Reached, declared_values, named_elsewhere
from reconciler.reconcile.rehearsal.scope import SYSTEM, names_to_copy
from reconciler.state.store import Store

if TYPE_CHECKING:
    from reconciler.emulator.app import Emulator

_DEFINITIONS = "definitions"
_ADVICE = "copy tomorrow, or copy less: --objects companies, --records named"


@dataclass(slots=True)
class _Checkpoint:
    """The progress of a copy, stored in a file that exists while the copy is not complete."""

    path: Path
    request: CopyRequest
    # digest of the manifests; if it changes, the copy starts again, because it may need other records
    manifests: str
    done: dict[str, str] = field(default_factory=dict)
    is_resumed: bool = False

    @classmethod
    def open(cls, path: Path, request: CopyRequest, manifests: str) -> "_Checkpoint":
        """Read the file of an interrupted copy.

        Begin a new checkpoint if there is none, or if its request or its manifests are different.
        """
        opened = cls(path, request, manifests)
        try:
            found = json.loads(path.read_bytes())
        except FileNotFoundError:
            return opened
        except (OSError, ValueError) as error:
            raise UsageError(f"{path.name} cannot be read ({error})\n    delete it, and copy again") from None
        if not isinstance(found, dict) or {**found, "done": None} != opened.document(None):
            return opened
        done = found.get("done")
        if isinstance(done, dict) and all(isinstance(place, str) for place in done.values()):
            opened.done, opened.is_resumed = done, bool(done)
        return opened

    def reach(self, step: str, place: str) -> None:
        """Store how far a step has come; everything before this place is in the copy."""
        self.done[step] = place
        write_private(self.path, json.dumps(self.document(self.done), indent=1, sort_keys=True))

    def document(self, done: Mapping[str, str] | None) -> Mapping[str, object]:
        """Return the contents of the file; ``done`` says how far each step has come."""
        request = self.request.document()
        return {"done": done, "manifests": self.manifests, "request": request, "version": 1}


def copy_portal(source: Session, target: Session, request: CopyRequest, progress: Progress) -> CopyResult:
    """Copy the portal of ``source`` into the emulator of ``target``.

    In the settings, ``copy_of`` of the environment ``target`` names the environment ``source``.

    Raises:
        UsageError: the portal lacks an object type, or the copy cannot be kept.
        PlanRefused: fewer calls are left today than the copy needs.
        ManifestError: the manifests are wrong.
        HubSpotError: the portal cannot be read; the next call continues the copy.
        StateError: a state cannot be read or written.
    """
    from reconciler.emulator.app import Emulator  # noqa: PLC0415 - only copies need it

    folder, portal_id = source.folder, source.environment.portal_id
    desired = source.load_manifests()
    checkpoint = _Checkpoint.open(checkpoint_path(folder, portal_id), request, desired.digest)
    with ExitStack() as stack:
        emulator = Emulator(folder / "portal.db", observed=target.observed())
        stack.callback(emulator.close)
        if not checkpoint.is_resumed:
            emulator.reset(portal_id)
        emulator.ensure_portal(portal_id, {"owners": []})
        checkpoint.reach("begun", "yes")
        reader = stack.enter_context(source.reader())
        store = stack.enter_context(source.state(to_write=False))
        copying = _Copying(source, emulator, checkpoint, desired, reader, progress)
        copying.run(store)
        owned = _copy_state(store, target)
        checkpoint.path.unlink()
        return CopyResult(
            environment=target.environment.name,
            portal_id=portal_id,
            records=copying.counts(),
            associations=copying.pairs,
            calls=reader.calls,
            masked=tuple(f"{of}#{name}" for of, name in copying.masked),
            owned=owned,
            untold=tuple(copying.untold),
            is_resumed=checkpoint.is_resumed,
        )


@dataclass(slots=True)
class _Copying:
    session: Session
    emulator: "Emulator"
    checkpoint: _Checkpoint
    desired: Desired
    reader: PortalReader
    progress: Progress
    pairs: int = 0
    masked: tuple[ObjectProperty, ...] = ()
    untold: dict[str, None] = field(default_factory=dict)
    # hashes of (object type, property, value), for all keys and all values of unique properties that
    # manifests contain; these values are not masked, and no pseudonym is equal to one of them
    said: KnownHashes = field(default_factory=lambda: KnownHashes(()))
    paths: dict[str, str] = field(default_factory=dict)  # paths of the copied object types, by name
    copied: int = 0

    @property
    def portal_id(self) -> int:
        return self.session.environment.portal_id

    def run(self, store: Store) -> None:
        """Copy definitions, then records, then associations."""
        request = self.checkpoint.request
        portal = read_portal(self.reader, self._objects(store), self.portal_id)
        desired = self.desired.renamed({name: schema.name for name, schema in portal.objects.items()})
        schemas = {schema.name: schema for schema in portal.objects.values()}
        self.paths = {name: schema.path for name, schema in schemas.items()}
        names = _names(desired, schemas, is_masked=request.is_masked)
        pairs = {ObjectProperty(of, name) for of, listed in names.items() for name in listed}
        if request.is_masked:
            self.masked = self.session.settings.masks.masked_properties(schemas, pairs | _secondary(schemas))
            masked = {*self.masked, *_secondary(schemas)}
            self.masked = tuple(
                sorted(each for each in masked if not _is_reference(schemas[each[0]], each[1]))
            )
        elsewhere = named_elsewhere(desired, portal)
        unique = {each for each in self.masked if schemas[each[0]].can_identify(each[1])}
        said = chain(
            ((*of, value) for of, values in elsewhere.items() for value in values),
            declared_values(desired, unique),
        )
        self.said = KnownHashes(hash((of, name, value.casefold())) for of, name, value in said)
        total = self._expected(desired, schemas) + sum(map(len, elsewhere.values()))
        directions = _directions(schemas)
        calls = ceil(total / BATCH_SIZE)
        if _DEFINITIONS not in self.checkpoint.done:
            calls += calls_of_definitions(portal, directions)
        refuse_too_many_calls(self.reader, calls, _ADVICE)
        if _DEFINITIONS not in self.checkpoint.done:
            self._plant(read_definitions_part(self.reader, portal, directions))
            self.checkpoint.reach(_DEFINITIONS, "yes")
        pseudonyms = Pseudonyms(salt_of(self.session.folder, self.portal_id))
        copying = CopyingRecords(
            self.reader, portal, desired, request, names, dict(self.checkpoint.done), self._ids, elsewhere
        )
        for reached in copying.parts(store):
            self._take(reached, pseudonyms, total)

    def counts(self) -> Mapping[str, int]:
        """Count the records in the copy, by object type."""
        found = {name: self.emulator.count(self.portal_id, path) for name, path in self.paths.items()}
        return {name: count for name, count in found.items() if count}

    def _objects(self, store: Store) -> set[str]:
        request = self.checkpoint.request
        if request.objects:
            return set(request.objects)
        objects = set(self.desired.objects)
        objects |= {each.address.object for each in self.desired.definitions}
        objects |= self.desired.associated_with(objects)
        if request.records is Copied.OWNED:
            objects |= {object_name for object_name, _, _ in store.owned_groups()}
        if not objects:
            raise UsageError(
                "the manifests name no object type\n    give the types: --objects companies,deals"
            )
        return objects

    def _expected(self, desired: Desired, schemas: Mapping[str, ObjectSchema]) -> int:
        """Return roughly how many records will be read."""
        request = self.checkpoint.request
        if request.records is Copied.ALL:
            return sum(self.reader.searches.count_records(schema.path).total for schema in schemas.values())
        return desired.record_count + request.sample * len(schemas)

    def _ids(self, path: str, first: int) -> Sequence[int]:
        return self.emulator.record_ids(self.portal_id, path, first)

    def _plant(self, part: Json) -> None:
        self.untold |= dict.fromkeys(plant(self.emulator, self.portal_id, part))

    def _take(self, reached: Reached, pseudonyms: Pseudonyms, total: int) -> None:
        """Mask the data that a step has read, store them in the copy, and record how far the step is."""
        part = reached.part
        if reached.schema is not None:
            records = _records_in(part)
            self.copied += len(records)
            self.progress(self.copied, max(total, self.copied))
            part = {"records": {reached.schema.path: self._masked(reached, records, pseudonyms)}}
        self.pairs += sum(len(each["pairs"]) for each in _associations_in(part))
        if part:
            self._plant(part)
        self.checkpoint.reach(reached.step, reached.place)

    def _masked(
        self, reached: Reached, records: Iterable[dict[str, Any]], pseudonyms: Pseudonyms
    ) -> list[dict[str, Any]]:
        """Return records with pseudonyms; values that the manifests contain are not replaced."""
        object_name = reached.schema.name if reached.schema else ""
        names = {name for of, name in self.masked if of == object_name}
        if not names or reached.schema is None:
            return list(records)
        by_key = {key.casefold(): record for key, record in reached.declared.items()}
        masked: list[dict[str, Any]] = []
        for record in records:
            key = record["id"] if reached.key == RECORD_ID else record["properties"].get(reached.key) or ""
            said = _said(reached.key, key, by_key.get(key.casefold()))
            properties = dict(record["properties"])
            for name in names:
                text = properties.get(name)
                if not text or _is_said(reached.schema, name, said.get(name), text):
                    continue
                if not self._keeps(object_name, name, text):
                    keeps = partial(self._keeps, object_name, name)
                    properties[name] = _pseudonym(reached.schema, name, text, pseudonyms, keeps)
            masked.append({**record, "properties": properties})
        return masked

    def _keeps(self, object_name: str, name: str, text: str) -> bool:
        return hash((object_name, name, text.casefold())) in self.said


def _is_said(schema: ObjectSchema, name: str, said: str | None, text: str) -> bool:
    """Return whether ``text`` is the manifest's value ``said``, perhaps in another spelling."""
    return said is not None and same_value(schema.kind_of(name), said, text)


def _is_reference(schema: ObjectSchema, name: str) -> bool:
    """Return whether the copy keeps the original values of a property, and has no pseudonyms for them.

    This is so if HubSpot writes the values, or if they are owners, pipelines or stages.
    """
    definition = schema.properties.get(name)
    is_owner = definition is not None and definition.kind is Kind.OWNER
    return is_owner or name in {*SYSTEM, *(schema.pipeline_and_stage or ())}


def _pseudonym(
    schema: ObjectSchema, name: str, text: str, pseudonyms: Pseudonyms, keeps: Callable[[str], bool]
) -> str:
    """Return the pseudonym of a value.

    For a property with options, it is one of the options. Otherwise, it is a text of the same form, and never
    one for which ``keeps`` returns True.
    """
    definition = schema.properties.get(name)
    if definition is not None and definition.kind is Kind.BOOLEAN:
        return pseudonyms.among(("false", "true"), text)
    if definition is not None and definition.kind in {Kind.CHOICE, Kind.CHOICES}:
        return pseudonyms.among([option.value for option in definition.options], text)
    return pseudonyms.of_others(text, keeps)


def _said(by: str, key: str, declared: DesiredRecord | None) -> Mapping[str, str]:
    """Return the values of a record that are written in its manifest, by property."""
    if declared is None:
        return {}
    values = zip(declared.names, declared.values, strict=True)
    return {by: key, **{name: value for name, value in values if isinstance(value, str)}}


def _records_in(part: Json) -> list[dict[str, Any]]:
    by_path: Any = part["records"]
    return [record for records in by_path.values() for record in records]


def _associations_in(part: Json) -> list[dict[str, Any]]:
    found: Any = part.get("associations", [])
    return list(found)


def _secondary(schemas: Mapping[str, ObjectSchema]) -> set[ObjectProperty]:
    """Return the properties with further e-mail addresses of contacts.

    The further addresses are as personal as the first address.
    """
    return {
        ObjectProperty(name, other) for name in schemas for other in object_type(name).secondary_keys.values()
    }


def _names(
    desired: Desired, schemas: Mapping[str, ObjectSchema], *, is_masked: bool
) -> Mapping[str, Sequence[str]]:
    """Return the properties to copy, by type: those in manifests, keys, and those that planning needs.

    If values are masked, computed properties are left out.
    """
    wanted: dict[str, set[str]] = {name: set() for name in schemas}
    for group in desired.groups:
        if group.object in wanted:
            for names in {record.names for record in group.records}:
                wanted[group.object].update(names)
    return {name: names_to_copy(schemas[name], of, computed=not is_masked) for name, of in wanted.items()}


def _directions(schemas: Collection[str]) -> set[Direction]:
    return {Direction(one, other) for one in schemas for other in schemas if one <= other}


def _copy_state(source: Store, target: Session) -> int:
    """Copy the owned things into the state of the copy, with a new lineage; return how many there are."""
    with target.state(to_write=True) as place, target.claim().acquire(place) as writer:
        writer.drop()
        return 0 if source.is_empty() else source.copy_owned_into(writer)
