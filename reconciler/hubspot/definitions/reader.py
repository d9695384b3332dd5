"""The calls that read definitions anew; ``PortalReader`` keeps its answers for a whole run.

Sources: https://developers.hubspot.com/docs/api-reference/crm-properties-v3/guide,
https://developers.hubspot.com/docs/api-reference/crm-pipelines-v3/guide,
https://developers.hubspot.com/docs/api-reference/crm-schemas-v3/guide.
"""

from collections.abc import Mapping, Sequence

from reconciler.errors import NotAllowed
from reconciler.hubspot.definitions.limit_responses import (
    LabelLimitsBody,
    LimitBody,
    OverallLimitBody,
    PipelineLimitsBody,
)
from reconciler.hubspot.definitions.responses import (
    DefinitionEdits,
    GroupDefinition,
    GroupDefinitions,
    LabelDefinition,
    LabelDefinitions,
    PipelineDefinition,
    PipelineDefinitions,
    PropertyDefinition,
    PropertyDefinitions,
    SchemaDefinition,
    SchemaDefinitions,
)
from reconciler.hubspot.transport.api_versions import Paths
from reconciler.hubspot.transport.call_result import AnswerT, Decoder, Request, Success
from reconciler.hubspot.transport.caller import Caller, error_for

_NOT_FOUND = 404

NOT_SENSITIVE = "non_sensitive"
SENSITIVITIES = (NOT_SENSITIVE, "sensitive", "highly_sensitive")
"""All sensitivities of properties; each list call returns the properties of one of them."""


class DefinitionReader:
    """Reads definitions as they are now. Thread-safe; every method may raise ``HubSpotError``."""

    def __init__(self, caller: Caller, paths: Paths) -> None:
        self._caller = caller
        self._paths = paths

    def properties(
        self, object_path: str, sensitivity: str = NOT_SENSITIVE, *, is_archived: bool = False
    ) -> tuple[PropertyDefinition, ...]:
        """Read properties of a type, active or archived, with one sensitivity (see ``SENSITIVITIES``)."""
        asked = {"dataSensitivity": sensitivity, "archived": str(is_archived).lower()}
        return self._ask(self._paths.properties(object_path), PropertyDefinitions.read, asked).results

    def property(
        self, object_path: str, name: str, sensitivities: Sequence[str] = SENSITIVITIES
    ) -> PropertyDefinition | None:
        """Read the active property ``name`` if it has one of ``sensitivities``; None if there is none."""
        path = self._paths.property_definition(object_path, name)
        for sensitivity in sensitivities:
            request = Request("GET", path, {"dataSensitivity": sensitivity})
            try:
                exchange = self._caller.ask(request, PropertyDefinition.read)
            except NotAllowed:
                if sensitivity == NOT_SENSITIVE:
                    raise
                continue
            if isinstance(exchange, Success):
                return None if exchange.value.archived else exchange.value
            if exchange.status != _NOT_FOUND and sensitivity == NOT_SENSITIVE:
                raise error_for(request, exchange.status, exchange.error)
        return None

    def groups(self, object_path: str) -> tuple[GroupDefinition, ...]:
        """Read the property groups of a type; HubSpot never shows archived groups."""
        return self._ask(self._paths.groups(object_path), GroupDefinitions.read).results

    def pipelines(self, object_path: str) -> tuple[PipelineDefinition, ...]:
        """Read the pipelines of a type with their stages, in no order."""
        return self._ask(self._paths.pipelines(object_path), PipelineDefinitions.read).results

    def schemas(self) -> tuple[SchemaDefinition, ...]:
        """Read all active custom object types; this list shows changes sooner than ``schema``."""
        asked = {"includePropertyDefinitions": "false", "archived": "false"}
        found = self._ask(self._paths.schemas, SchemaDefinitions.read, asked).results
        return tuple(schema for schema in found if not schema.archived)

    def schema(self, object_path: str) -> SchemaDefinition:
        """Read the schema of one type, standard or custom; HubSpot may show an old version for a minute."""
        return self._ask(self._paths.schema(object_path), SchemaDefinition.read)

    def labels(self, object_path: str, other_path: str) -> tuple[LabelDefinition, ...]:
        """Read the types of association from records of the first type to records of the other."""
        return self._ask(self._paths.labels(object_path, other_path), LabelDefinitions.read).results

    def limit_of_types(self) -> LimitBody:
        """Read how many custom object types the account may have, and how many it has."""
        return self._ask(self._paths.usage("custom-object-types"), LimitBody.read)

    def limits_of_properties(self) -> OverallLimitBody:
        """Read how many custom properties the account and each type may have, and how many they have."""
        return self._ask(self._paths.usage("custom-properties"), OverallLimitBody.read)

    def limit_of_calculated(self) -> OverallLimitBody:
        """Read how many calculated properties the account may have, and how many it has."""
        return self._ask(self._paths.usage("calculated-properties"), OverallLimitBody.read)

    def limits_of_pipelines(self) -> PipelineLimitsBody:
        """Read how many pipelines each type may have, and how many it has besides HubSpot's own."""
        return self._ask(self._paths.usage("pipelines"), PipelineLimitsBody.read)

    def limits_of_labels(self, type_id: str, other_id: str) -> LabelLimitsBody:
        """Read how many labels there may be from one type to another, and how many there are.

        Both types are given by number.
        """
        asked = {"fromObjectTypeId": type_id, "toObjectTypeId": other_id}
        path = self._paths.usage("associations/labels")
        return self._ask(path, LabelLimitsBody.read, asked)

    def latest_editor(self, object_path: str, pipeline_id: str, stage_id: str | None = None) -> str | None:
        """Read HubSpot's id of the user who last changed a pipeline or stage; None if its audit is empty."""
        path = self._paths.audit(object_path, pipeline_id, stage_id)
        edits = self._ask(path, DefinitionEdits.read).results
        return edits[0].from_user_id if edits else None

    def _ask(self, path: str, decode: Decoder[AnswerT], params: Mapping[str, str] | None = None) -> AnswerT:
        request = Request("GET", path, params or {})
        exchange = self._caller.ask(request, decode)
        if isinstance(exchange, Success):
            return exchange.value
        raise error_for(request, exchange.status, exchange.error)
