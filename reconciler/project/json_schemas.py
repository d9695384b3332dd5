"""The JSON schema of one portal's manifests, for editors."""

from collections.abc import Iterable
from typing import Any

from reconciler.errors import UsageError
from reconciler.manifest.load import load_manifests
from reconciler.manifest.portal_manifest_schema import portal_manifest_schema
from reconciler.project.session import Session
from reconciler.reconcile.find_schemas import find_schemas


def live_schema(session: Session, objects: Iterable[str]) -> dict[str, Any]:
    """Read the portal; return the schema of manifests about ``objects``, by default those in the manifests.

    Definitions that manifests declare count as existing in the portal.

    Raises:
        UsageError: no manifest names an object type, or the token belongs to another portal.
        ManifestError: the portal lacks one of the types.
        HubSpotError: the portal cannot be read.
    """
    settings = session.settings
    desired = load_manifests(
        settings.project,
        settings.manifests,
        session.environment.name,
        settings.environment_names,
        settings.listed,
        keeps_going=True,
    )
    names = set(objects) or set(desired.objects)
    if not names:
        raise UsageError("no manifest names an object type\n    name some: --objects companies,deals")
    with session.reader() as reader:
        schemas, owners = find_schemas(reader, session.environment.portal_id, names, desired)
    return portal_manifest_schema(schemas, owners)
