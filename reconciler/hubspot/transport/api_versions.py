"""Versions of HubSpot's API, and the paths of their endpoints.

The version is only a part of the path. v3 and the dated versions order the parts of a path differently.
Sources: https://developers.hubspot.com/docs/developer-tooling/platform/versioning and HubSpot's OpenAPI
collection, https://github.com/HubSpot/HubSpot-public-api-spec-collection.
"""

from dataclasses import dataclass
from datetime import date
from urllib.parse import quote

from reconciler.errors import UsageError
from reconciler.model.calls import Call

DEFAULT_VERSION = "v3"
API_VERSIONS = (DEFAULT_VERSION, "2025-09", "2026-03", "2026-09")
SUPPORTED_UNTIL = {
    DEFAULT_VERSION: date(2027, 9, 1),
    "2025-09": date(2027, 3, 30),
    "2026-03": date(2027, 9, 30),
    "2026-09": date(2028, 3, 8),
}
"""The last day on which HubSpot supports a version: 18 months after its release, or as announced.

After that day, calls may still work, but HubSpot corrects no errors.
"""


@dataclass(frozen=True, slots=True)
class Paths:
    """The paths of the endpoints in one version."""

    account: str
    daily_usage: str
    owners: str
    schemas: str
    _lists: str
    _enablement: str
    _records: str
    _properties: str
    _pipelines: str
    _associations: str
    _limits: str
    _validations: str
    _usage: str

    def labels(self, object_path: str, other_path: str) -> str:
        """Return the path of the labels between two types."""
        return f"{self._associations}/{object_path}/{other_path}/labels"

    @property
    def all_association_limits(self) -> str:
        """The path of all limits that the portal sets on associations."""
        return f"{self._limits}/all"

    def association_limits(self, object_path: str, other_path: str) -> str:
        """Return the path of the portal's limits on associations between two types."""
        return f"{self._limits}/{object_path}/{other_path}"

    def pairs_read(self, object_path: str, other_path: str) -> str:
        """Return the path of batch/read of associations, a POST that changes nothing."""
        return f"{self._associations}/{object_path}/{other_path}/batch/read"

    def pairs(self, object_path: str, other_path: str, call: Call) -> str:
        """Return the path of a batch call that creates or removes associations."""
        return f"{self._associations}/{object_path}/{other_path}/{call.removeprefix('associations/')}"

    def batch_read(self, object_path: str) -> str:
        """Return the path of batch/read, a POST that changes nothing."""
        return f"{self._records}/{object_path}/batch/read"

    def batch(self, object_path: str, call: Call) -> str:
        """Return the path of a batch call that writes."""
        return f"{self._records}/{object_path}/{call}"

    def enablement(self, type_number: str) -> str:
        """Return the path that tells whether the portal has activated a type."""
        return f"{self._enablement}/{type_number}"

    def records(self, object_path: str) -> str:
        """Return the path of the list of a type's records."""
        return f"{self._records}/{object_path}"

    def record(self, object_path: str, record_id: str) -> str:
        """Return the path of one record."""
        return f"{self._records}/{object_path}/{record_id}"

    def search(self, object_path: str) -> str:
        """Return the path of the search for records of a type, a POST that changes nothing."""
        return f"{self._records}/{object_path}/search"

    def list_by_id(self, list_id: str) -> str:
        """Return the path of one list of records."""
        return f"{self._lists}/{list_id}"

    def list_by_name(self, type_number: str, name: str) -> str:
        """Return the path of the list called ``name``; names are unique among the lists of an object type."""
        return f"{self._lists}/object-type-id/{type_number}/name/{quote(name, safe='')}"

    def list_members(self, list_id: str) -> str:
        """Return the path of the records in a list."""
        return f"{self._lists}/{list_id}/memberships"

    def properties(self, object_path: str) -> str:
        """Return the path of the property definitions of a type."""
        return f"{self._properties}/{object_path}"

    def property_definition(self, object_path: str, name: str) -> str:
        """Return the path of one property definition."""
        return f"{self._properties}/{object_path}/{quote(name, safe='')}"

    def validations(self, object_path: str) -> str:
        """Return the path of the rules for values of a type's properties."""
        return f"{self._validations}/{object_path}"

    def usage(self, feature: str) -> str:
        """Return the path that tells the portal's limit for ``feature``, and how much of it is used."""
        return f"{self._usage}/{feature}"

    def groups(self, object_path: str) -> str:
        """Return the path of the property groups of a type."""
        return f"{self._properties}/{object_path}/groups"

    def group(self, object_path: str, name: str) -> str:
        """Return the path of one property group."""
        return f"{self._properties}/{object_path}/groups/{quote(name, safe='')}"

    def pipelines(self, object_path: str) -> str:
        """Return the path of the pipelines of a type."""
        return f"{self._pipelines}/{object_path}"

    def pipeline(self, object_path: str, pipeline_id: str) -> str:
        """Return the path of one pipeline."""
        return f"{self._pipelines}/{object_path}/{quote(pipeline_id, safe='')}"

    def stages(self, object_path: str, pipeline_id: str) -> str:
        """Return the path of the stages of a pipeline."""
        return f"{self.pipeline(object_path, pipeline_id)}/stages"

    def stage(self, object_path: str, pipeline_id: str, stage_id: str) -> str:
        """Return the path of one stage."""
        return f"{self.stages(object_path, pipeline_id)}/{quote(stage_id, safe='')}"

    def audit(self, object_path: str, pipeline_id: str, stage_id: str | None = None) -> str:
        """Return the path of the audit of a pipeline, or of one of its stages."""
        of = self.pipeline(object_path, pipeline_id)
        return f"{self.stage(object_path, pipeline_id, stage_id) if stage_id else of}/audit"

    def schema(self, object_path: str) -> str:
        """Return the path of the schema of one type."""
        return f"{self.schemas}/{object_path}"

    def schema_associations(self, object_path: str) -> str:
        """Return the path for adding a type with which records of a custom object may be associated."""
        return f"{self.schema(object_path)}/associations"

    def label(self, object_path: str, other_path: str, type_id: str) -> str:
        """Return the path of one label between two types."""
        return f"{self.labels(object_path, other_path)}/{type_id}"


def paths_of(version: str) -> Paths:
    """Return the paths of one of ``API_VERSIONS``.

    Raises:
        UsageError: the version is unknown.
    """
    if version not in API_VERSIONS:
        raise UsageError(f"api_version {version!r} is unknown\n    use one of {', '.join(API_VERSIONS)}")
    if version == DEFAULT_VERSION:
        return Paths(
            account="/account-info/v3/details",
            daily_usage="/account-info/v3/api-usage/daily/private-apps",
            owners="/crm/v3/owners",
            schemas="/crm-object-schemas/v3/schemas",
            _lists="/crm/v3/lists",
            _enablement="/crm/v3/object-library/enablement",
            _records="/crm/v3/objects",
            _properties="/crm/v3/properties",
            _pipelines="/crm/v3/pipelines",
            _associations="/crm/v4/associations",
            _limits="/crm/associations/v4/definitions/configurations",
            _validations="/crm/v3/property-validations",
            _usage="/crm/v3/limits",
        )
    return Paths(
        account=f"/account-info/{version}/details",
        daily_usage=f"/account-info/{version}/api-usage/daily/private-apps",
        owners=f"/crm/owners/{version}",
        schemas=f"/crm-object-schemas/{version}/schemas",
        _lists=f"/crm/lists/{version}",
        _enablement=f"/crm/object-library/{version}/enablement",
        _records=f"/crm/objects/{version}",
        _properties=f"/crm/properties/{version}",
        _pipelines=f"/crm/pipelines/{version}",
        _associations=f"/crm/associations/{version}",
        _limits=f"/crm/associations/{version}/definitions/configurations",
        _validations=f"/crm/property-validations/{version}",
        _usage=f"/crm/limits/{version}",
    )
