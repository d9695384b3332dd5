"""Planning a new key: records are read into a checkpoint, and a manifest that defines the key is written."""

import os
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime

from reconciler.manifest.tables.write import Row, table_pieces
from reconciler.model.addresses import RECORD_ID
from reconciler.model.imports import ImportRequest, Scope
from reconciler.model.new_key import KeyRequest, KeyResult
from reconciler.model.progress import Progress
from reconciler.model.tables import Format
from reconciler.plan.plan import Plan
from reconciler.project.files import write_private_pieces
from reconciler.project.import_files import load_manifests_if_any
from reconciler.project.import_folders import CHECKPOINTS, private_subfolder
from reconciler.project.key_manifest import write_key_manifest
from reconciler.project.make_plan import plan_context
from reconciler.project.notices import Notice
from reconciler.project.plan_request import PlanRequest
from reconciler.project.session import Session
from reconciler.reconcile.choose_key_values import KeyValues
from reconciler.reconcile.create_key import NewKey, check_key, fill, plan_key
from reconciler.reconcile.find_keys import read_schema
from reconciler.reconcile.import_checkpoint import Checkpoint, open_checkpoint
from reconciler.reconcile.import_records import Importing, begin_import, read_into


def create_key(
    session: Session, request: KeyRequest, plan_request: PlanRequest, progress: Progress
) -> tuple[Plan, KeyResult]:
    """Plan a unique property with a value for every record that can get one; write its manifest.

    The portal is only read. If this function was interrupted, calling it again continues the work.

    Raises:
        UsageError: the property cannot be a key, or a source names no property.
        ManifestError: the manifests are wrong.
        HubSpotError: the portal cannot be read.
        StateError: the state cannot be read.
    """
    desired = load_manifests_if_any(session, keeps_going=False)
    with session.reader() as reader:
        portal, schema = read_schema(reader, session.environment.portal_id, request.object)
        key = check_key(reader, portal, schema, request.name, request.sources)
        importing = begin_import(
            reader,
            session.environment.portal_id,
            ImportRequest(Scope(request.object), key=RECORD_ID, takes_personal=True),
            desired,
            masks=session.settings.masks,
            find_existing=lambda _objects, _key: None,
        )
        importing = replace(importing, chosen=replace(importing.chosen, names=key.names))
        with _checkpoint(session, request, importing) as checkpoint, closing(KeyValues()) as values:
            if checkpoint.is_continued:
                said = f"continuing an interrupted run, which has already read {checkpoint.count:,} records"
                session.notify(Notice(said, is_advice=True))
            read_into(importing, checkpoint, progress)
            checkpoint.finish()
            fill(key, values, checkpoint.recognised())
            with session.state(to_write=False) as store:
                plan = plan_key(key, values, reader, store, plan_context(session, plan_request))
            result = _result(session, key, importing, checkpoint, values)
            return plan, replace(result, manifest=write_key_manifest(session, desired, key))


def _checkpoint(session: Session, request: KeyRequest, importing: Importing) -> Checkpoint:
    folder = private_subfolder(session.folder, CHECKPOINTS)
    return open_checkpoint(
        folder / f"{session.environment.name}-{importing.schema.name}-{request.name}.db",
        importing.names,
        importing.signature,
        datetime.now(UTC),
        restarts=request.restarts,
    )


def _result(
    session: Session, key: NewKey, importing: Importing, checkpoint: Checkpoint, values: KeyValues
) -> KeyResult:
    by_source = tuple((source.text, values.count(number)) for number, source in enumerate(key.sources))
    repeated = sum(1 for _ in values.left())
    given = values.count(-1) + sum(count for _, count in by_source)
    without = checkpoint.count - given - repeated
    has_left_out = bool(repeated or without)
    return KeyResult(
        object=key.schema.name,
        name=key.name,
        is_new=key.is_new,
        was_archived=key.was_archived,
        records=checkpoint.count,
        filled_already=values.count(-1),
        by_source=by_source,
        repeated=repeated,
        without=without,
        left_out_file=_write_left_out(session, key, importing, checkpoint, values) if has_left_out else None,
        manifest=None,
        differs_between_portals=tuple(
            source.text
            for number, source in enumerate(key.sources)
            if source.differs_between_portals and values.count(number)
        ),
    )


def _write_left_out(
    session: Session, key: NewKey, importing: Importing, checkpoint: Checkpoint, values: KeyValues
) -> str:
    path = private_subfolder(session.folder, CHECKPOINTS) / f"{key.schema.name}-without-{key.name}.csv"
    rows = _left_out_rows(importing, checkpoint, values)
    write_private_pieces(path, table_pieces(Format.CSV, ("why", "value", "record_id", "name", "link"), rows))
    return os.path.relpath(path)


def _left_out_rows(importing: Importing, checkpoint: Checkpoint, values: KeyValues) -> Iterator[Row]:
    """Yield a row for each record that gets no key value.

    First come records for which only repeated values were found, with equal values beside each other. Then
    come records for which no value was found.
    """
    for record_id, value in values.left():
        record = checkpoint.record(record_id)
        title = importing.title_of(record) if record else ""
        yield "repeated", value, record_id, title, importing.link_to(record_id)
    for kept in checkpoint.recognised():
        if not values.knows(kept.id):
            yield "no value", None, kept.id, importing.title_of(kept), importing.link_to(kept.id)
