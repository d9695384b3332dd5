"""Finding live records that no manifest names."""

from dataclasses import replace
from datetime import UTC, datetime

from reconciler.model.imports import Choice, ImportRequest, Scope, UnnamedRecords
from reconciler.project.import_files import load_manifests_if_any
from reconciler.project.import_records import Named, named_keys
from reconciler.project.notices import Progress
from reconciler.project.session import Session
from reconciler.reconcile.find_unnamed import CREATED_BY, describe_unnamed
from reconciler.reconcile.import_checkpoint import open_checkpoint
from reconciler.reconcile.import_records import begin_import, read_into


def unnamed_records(session: Session, scope: Scope, progress: Progress) -> UnnamedRecords:
    """Compare the live records of a type with the manifests; write nothing anywhere.

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
        folder = session.folder / "import"
        folder.mkdir(mode=0o700, exist_ok=True)
        path = folder / f"{session.environment.name}-{importing.schema.name}-check.db"
        checkpoint = open_checkpoint(
            path, importing.names, importing.signature, datetime.now(UTC), restarts=False
        )
        try:
            read_into(importing, checkpoint, progress)
            checkpoint.finish()
            named = Named(importing, named_keys(desired, importing, request.scope.object))
            live = checkpoint.count
            found = [record for record in checkpoint.all() if not named.has(record)]
            described = describe_unnamed(importing, found)
        except BaseException:
            checkpoint.close()
            raise
        checkpoint.delete()
    masked = importing.masked_properties
    return UnnamedRecords(importing.schema.name, importing.key, live, described, masked)
