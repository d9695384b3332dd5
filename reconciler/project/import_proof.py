"""The proof of an import: its files are planned, or compared with the records that were read."""

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import closing

from reconciler.errors import Problem, ReconcilerError, Severity
from reconciler.manifest.tables.write import read_back
from reconciler.model.addresses import Address
from reconciler.model.definitions import ObjectSchema
from reconciler.model.desired import Desired
from reconciler.model.desired_records import DesiredRecord, Document, ManifestValue, Ownership, Write
from reconciler.model.imports import Proof
from reconciler.model.live import LiveRecord
from reconciler.plan.plan import Plan
from reconciler.plan.values.equality import same_value
from reconciler.plan.values.resolve import Resolver
from reconciler.project import make_plan
from reconciler.project.import_writer import WrittenTable
from reconciler.project.plan_request import PlanRequest
from reconciler.project.session import Session
from reconciler.reconcile.import_checkpoint import KeptRecord
from reconciler.source import place_of

_NOWHERE = place_of(0, 1, 1)


def plan_written(session: Session, object_name: str, keys: Container[str]) -> Proof:
    """Plan a type; count adoptions of the records with ``keys``, and their other changes and problems."""
    try:
        plan = make_plan.make_plan(session, PlanRequest(target=(f"{object_name}/*",)))
    except ReconcilerError as error:
        return Proof(0, 0, fault=str(error))
    return _counted(plan, object_name, keys)


def plan_written_definitions(session: Session, object_name: str, addresses: Container[Address]) -> Proof:
    """Plan the definitions of a type; count adoptions of ``addresses``, and other changes and problems."""
    try:
        plan = make_plan.make_plan(session, PlanRequest(target=(f"{object_name}:*",)))
    except ReconcilerError as error:
        return Proof(0, 0, fault=str(error))
    ours = [change for change in plan.changes if change.address in addresses]
    others = [str(change.address) for change in ours if change.is_remote]
    adopted = len(ours) - len(others)
    others += [each.address for each in plan.held if each.key in addresses]
    others += _errors(plan)
    return Proof(adopted, len(others), others[0] if others else None)


def _errors(plan: Plan) -> list[str]:
    errors = (problem for problem in plan.problems if problem.severity is not Severity.WARNING)
    return [problem.address or problem.message for problem in errors]


def _counted(plan: Plan, object_name: str, keys: Container[str]) -> Proof:
    adopted: set[str] = set()
    others: list[str] = []
    for change in plan.changes:
        record = change.record
        if record.object != object_name or record.value not in keys:
            continue
        if change.is_remote:
            others.append(str(change.address))
        else:
            adopted.add(record.value)
    held = (each for each in plan.held if each.key.object == object_name and each.key.value in keys)
    others += [each.address for each in held]
    others += _errors(plan)
    return Proof(len(adopted), len(others), others[0] if others else None)


def compare_manifest(
    session: Session,
    schema: ObjectSchema,
    key: str,
    resolver: Callable[[Desired], Resolver],
    kept: Iterable[KeptRecord],
) -> Proof:
    """Read the manifests again, and compare them with the records that were just read, without calls."""
    try:
        desired = session.load_manifests()
    except ReconcilerError as error:
        return Proof(0, 0, fault=str(error), is_planned=False)
    return _compared(resolver(desired), iter(desired.records_of(schema.name, key)), kept)


def compare_table(
    table: WrittenTable,
    ownership: Mapping[str, Ownership],
    shared: Mapping[str, ManifestValue],
    resolver: Resolver,
    kept: Iterable[KeptRecord],
) -> Proof:
    """Read a new table again, row by row, and compare it with the records that were just read.

    ``ownership`` and ``shared`` (the values under ``all:``) are those of the new document.
    """
    document = Document(resolver.schema.name, table.columns[0], Write.AUTO, ownership, _NOWHERE)
    with closing(read_back(table.format, table.path, table.columns)) as rows:
        records = (_record_of(table.columns, row, document, shared) for row in rows)
        return _compared(resolver, records, kept)


def _record_of(
    columns: Sequence[str], row: Sequence[str | None], document: Document, shared: Mapping[str, ManifestValue]
) -> DesiredRecord:
    cells = {name: cell for name, cell in zip(columns[1:], row[1:], strict=True) if cell is not None}
    values = {**shared, **cells}
    names = tuple(sorted(values))
    places = (document.place,) * len(names)
    return DesiredRecord(
        row[0] or "", names, tuple(values[name] for name in names), places, document.place, document
    )


def _compared(resolver: Resolver, records: Iterator[DesiredRecord], kept: Iterable[KeptRecord]) -> Proof:
    count, others = 0, list[str]()
    for live in kept:
        said = next((record for record in records if record.key == live.key), None)
        count += 1
        if said is None or not _agrees(resolver, said, live):
            others.append(said.address.text if said else f"{resolver.schema.name}/={live.id}")
    return Proof(count - len(others), len(others), others[0] if others else None, is_planned=False)


def _agrees(resolver: Resolver, record: DesiredRecord, live: KeptRecord) -> bool:
    """Return whether the values of ``record`` in the manifests are those that were read from the portal."""
    problems: list[Problem] = []
    resolved = resolver.resolve(record, LiveRecord(live.id, live.values), problems)
    return len(resolved) == len(record.names) and all(
        same_value(value.definition.kind, value.text, live.values.get(value.definition.name))
        for value in resolved
    )
