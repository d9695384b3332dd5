"""Finding live records that no manifest names."""

from dataclasses import replace
from datetime import UTC, datetime

from reconciler.model.display_names import display_properties
from reconciler.model.imports import Choice, ImportRequest, Scope, UnnamedRecords
from reconciler.model.progress import Progress
from reconciler.project.import_files import load_manifests_if_any
from reconciler.project.import_folders import CHECKPOINTS, private_subfolder
from reconciler.project.managed_records import ManagedRecords, managed_keys
from reconciler.project.session import Session
from reconciler.reconcile.find_unnamed import CREATED_BY, describe_unnamed
from reconciler.reconcile.import_checkpoint import KeptRecord, open_checkpoint
from reconciler.reconcile.import_records import begin_import, read_into


def unnamed_records(session: Session, scope: Scope, limit: int | None, progress: Progress) -> UnnamedRecords:
    """Compare the live records of a type with the manifests; nothing is changed anywhere.

    Raises:
        UsageError: the scope does not fit the portal.
        ManifestError: the manifests are wrong.
        HubSpotError: the portal cannot be read.
    """
    desired = load_manifests_if_any(session)
    request = ImportRequest(scope, choice=Choice.NAMED, properties=())
    with session.reader() as reader:
        importing = begin_import(
            reader,
            session.environment.portal_id,
            request,
            desired,
            masks=session.settings.masks,
            find_existing=lambda _names, _key: None,
        )
        importing = replace(importing, also=CREATED_BY)
        folder = private_subfolder(session.folder, CHECKPOINTS)
        path = folder / f"{session.environment.name}-{importing.schema.name}-check.db"
        checkpoint = open_checkpoint(
            path, importing.names, importing.signature, datetime.now(UTC), restarts=False
        )
        with checkpoint:
            read_into(importing, checkpoint, progress)
            checkpoint.finish()
            managed = ManagedRecords(importing, managed_keys(desired, importing, request.scope.object))
            newest: list[KeptRecord] = []
            unnamed = without_key = 0
            for record in checkpoint.newest():
                if managed.name(record):
                    continue
                unnamed += 1
                without_key += record.key is None
                if limit is None or len(newest) < limit:
                    newest.append(record)
            return UnnamedRecords(
                object=importing.schema.name,
                key=importing.key,
                live=checkpoint.count,
                unnamed=unnamed,
                without_key=without_key,
                records=describe_unnamed(importing, newest),
                masked_properties=importing.masked_properties,
                key_label=importing.schema.properties[importing.key].label,
                display=display_properties(importing.schema),
            )
