"""Importing from an environment: keys, live records as manifests, records that no manifest names."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Unpack

from reconciler.errors import UsageError
from reconciler.model.progress import Progress, ignore_progress
from reconciler.project.environment_session import OpenedEnvironment
from reconciler.project.import_request import ImportArguments, definitions_request, import_request
from reconciler.project.plan import Plan
from reconciler.project.plan_request import PlanRequest, allowances

if TYPE_CHECKING:
    from reconciler.model.imports import DefinitionsImported, ImportResult, ImportTarget, UnnamedRecords
    from reconciler.model.keys import KeysFound
    from reconciler.model.new_key import KeyResult
    from reconciler.project.import_records import ConfirmKeys

_NO_SOURCE = (
    "a new key needs a source of its values: a property, such as domain; record_id; uuid; "
    "or a pattern, such as {domain}-{country}"
)


class ImportingEnvironment(OpenedEnvironment):
    """The methods that write live records as manifests. They write nothing to portal or state."""

    def find_keys(
        self, object_type: str, *, properties: Iterable[str] = (), progress: Progress = ignore_progress
    ) -> "KeysFound":
        """Find the properties that can recognise the records of a type. Nothing is changed anywhere.

        All live records of the type are read, to count for each property how many have a value, and how many
        share one.

        Args:
            object_type: path name (``companies``), type number (``0-2``) or name of a custom object.
            properties: properties to count besides the unique ones.
            progress: called with the number of records read, and roughly how many there are.

        Raises:
            UsageError: the portal has no such type or property.
            HubSpotError: the portal cannot be read.
        """
        from reconciler.reconcile.find_keys import find_keys  # noqa: PLC0415 - most commands need no keys

        with self.session.reader() as reader:
            return find_keys(reader, self.portal_id, object_type, tuple(properties), progress)

    def create_key(
        self,
        object_type: str,
        name: str,
        *,
        sources: Iterable[str],
        allow: Mapping[str, int] | None = None,
        restart: bool = False,
        progress: Progress = ignore_progress,
    ) -> "tuple[Plan, KeyResult]":
        """Plan a unique property, and a value for every record that can get one; ``apply`` writes them.

        The portal is only read; a manifest that declares the property is written. We do not own the records
        that get a key in this way. If a call was interrupted, the next one continues it.

        Args:
            object_type: path name (``companies``), type number (``0-2``) or name of a custom object.
            name: internal name of the property.
            sources: a property (``domain``), ``record_id``, ``uuid`` or a template
                (``{domain}-{country}``); each record takes the first source with a value that no other record
                has.
            allow: names of guards, each with the number of things that it permits in this plan.
            restart: read everything again after an interrupted call.
            progress: called with the number of records read, and roughly how many there are.

        Returns:
            The plan, and how many records get their value from each source.

        Raises:
            UsageError: the property cannot be a key, or a source names no property.
            ManifestError: the manifests are wrong.
            HubSpotError: the portal cannot be read.
            StateError: the state cannot be read.
        """
        from reconciler.model.key_sources import parse_key_source  # noqa: PLC0415 - as in ``find_keys``
        from reconciler.model.new_key import KeyRequest  # noqa: PLC0415 - as above
        from reconciler.project import create_key as verb  # noqa: PLC0415 - as above

        try:
            parsed = tuple(map(parse_key_source, sources))
        except ValueError as error:
            raise UsageError(str(error)) from None
        if not parsed:
            raise UsageError(_NO_SOURCE)
        request = KeyRequest(object_type, name, parsed, restart)
        plan_request = PlanRequest(allow=allowances(allow or {}))
        plan, result = verb.create_key(self.session, request, plan_request, progress)
        return Plan(plan), result

    def import_records(
        self,
        object_type: str,
        *,
        confirm: "ConfirmKeys | None" = None,
        progress: Progress = ignore_progress,
        **arguments: Unpack[ImportArguments],
    ) -> "ImportResult":
        """Write live records as manifests. The portal is only read, and the state does not change.

        Without ``properties`` and ``custom``, the properties that have a value in one of the records are
        written. Properties that people and automation change often are written with ``ownership: observe``.
        If an import was interrupted, the next call continues it.

        Args:
            object_type: path name (``companies``), type number (``0-2``) or name of a custom object.
            confirm: called with facts about keys that are personal data; returns whether to write them.
            progress: called with the number of records read, and roughly how many there are.
            arguments: records, properties and file, as ``ImportArguments`` describes them.

        Raises:
            UsageError: the arguments do not fit the portal or the project; nothing was written.
            ManifestError: the manifests are wrong.
            HubSpotError: the portal cannot be read.
        """
        from reconciler.project import import_records as verb  # noqa: PLC0415 - most commands import nothing

        request, place = import_request(object_type, **arguments)
        return verb.import_records(self.session, request, place, confirm, progress)

    def import_definitions(
        self,
        object_type: str,
        *,
        sections: Iterable[str] = (),
        properties: Iterable[str] = (),
        associations: Iterable[str] = (),
        out: str | Path | None = None,
        target: "ImportTarget | Literal['new', 'replace']" = "new",
    ) -> "DefinitionsImported":
        """Write live definitions as a manifest. The portal is only read, and the state does not change.

        Without ``properties``, the definitions that were created in the portal are written, and none of
        HubSpot's own. Definitions that the manifests declare already are left out.

        Args:
            object_type: path name (``companies``), type number (``0-2``) or name of a custom object.
            sections: sections to write: ``properties``, ``groups``, ``pipelines``, ``schema``,
                ``association_labels``; none means all.
            properties: names of properties, also HubSpot's own; they are written with their groups.
            associations: further object types; labels of associations with them are written.
            out: file to write, from the working directory; None: ``OBJECT-definitions.yaml``.
            target: ``new``: the file must not exist; ``replace``: write it again, and keep a copy.

        Raises:
            UsageError: the arguments do not fit the portal or the project; nothing was written.
            ManifestError: the manifests are wrong.
            HubSpotError: the portal cannot be read.
        """
        from reconciler.project import import_definitions as verb  # noqa: PLC0415 - most commands import nothing

        request, place = definitions_request(
            object_type,
            sections=sections,
            properties=properties,
            associations=associations,
            out=out,
            target=target,
        )
        return verb.import_definitions(self.session, request, place)

    def unnamed_records(
        self,
        object_type: str,
        *,
        filters: Iterable[str] = (),
        in_list: str | None = None,
        ids: Iterable[str] | None = None,
        limit: int | None = None,
        progress: Progress = ignore_progress,
    ) -> "UnnamedRecords":
        """Find the live records of a type that no manifest names. Nothing is changed anywhere.

        The arguments are those of ``import_records``, except ``limit``. All unnamed records are counted, but
        the result lists only the newest ``limit`` of them; None lists all.

        Raises:
            UsageError: the arguments do not fit the portal, or nothing says how records are recognised.
            ManifestError: the manifests are wrong.
            HubSpotError: the portal cannot be read.
        """
        from reconciler.model.imports import Scope  # noqa: PLC0415 - as above
        from reconciler.project import unnamed_records as verb  # noqa: PLC0415 - as above

        wanted = None if ids is None else tuple(ids)
        scope = Scope(object_type, tuple(filters), in_list, wanted)
        return verb.unnamed_records(self.session, scope, limit, progress)
