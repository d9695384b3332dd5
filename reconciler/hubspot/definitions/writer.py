"""The calls that change definitions: one method for each endpoint.

Every method returns HubSpot's answer, or its refusal, and may raise ``HubSpotError`` like the methods of
``PortalWriter``. Sources: see ``reader.py``, and
https://developers.hubspot.com/docs/api-reference/crm-associations-v4/guide.
"""

from collections.abc import Mapping
from typing import TypeAlias

from reconciler.hubspot.definitions.responses import (
    GroupDefinition,
    LabelDefinitions,
    PropertyDefinition,
    SchemaDefinition,
)
from reconciler.hubspot.transport.api_versions import Paths
from reconciler.hubspot.transport.call_result import AnswerT, Decoder, ErrorResponse, Request, Success
from reconciler.hubspot.transport.caller import Caller

Body: TypeAlias = Mapping[str, object]
Done: TypeAlias = ErrorResponse | None
"""None if HubSpot made the change, otherwise HubSpot's refusal."""


class DefinitionWriter:
    """Writes definitions. Thread-safe."""

    def __init__(self, caller: Caller, paths: Paths) -> None:
        self._caller = caller
        self._paths = paths

    def create_group(self, object_path: str, body: Body) -> GroupDefinition | ErrorResponse:
        """Create a property group."""
        return self._send("POST", self._paths.groups(object_path), GroupDefinition.read, body)

    def update_group(self, object_path: str, name: str, body: Body) -> GroupDefinition | ErrorResponse:
        """Change a property group."""
        return self._send("PATCH", self._paths.group(object_path, name), GroupDefinition.read, body)

    def archive_group(self, object_path: str, name: str) -> Done:
        """Archive a property group; it cannot be restored."""
        return self._send("DELETE", self._paths.group(object_path, name), _nothing)

    def create_property(self, object_path: str, body: Body) -> PropertyDefinition | ErrorResponse:
        """Create a property; HubSpot restores an archived property of the same name, with its values."""
        return self._send("POST", self._paths.properties(object_path), PropertyDefinition.read, body)

    def update_property(self, object_path: str, name: str, body: Body) -> PropertyDefinition | ErrorResponse:
        """Change a property; ``options`` replaces the whole list."""
        path = self._paths.property_definition(object_path, name)
        return self._send("PATCH", path, PropertyDefinition.read, body)

    def archive_property(self, object_path: str, name: str) -> Done:
        """Archive a property."""
        return self._send("DELETE", self._paths.property_definition(object_path, name), _nothing)

    def create_pipeline(self, object_path: str, body: Body) -> Done:
        """Create a pipeline with its stages."""
        return self._send("POST", self._paths.pipelines(object_path), _nothing, body)

    def update_pipeline(self, object_path: str, pipeline_id: str, body: Body) -> Done:
        """Change the label or position of a pipeline."""
        return self._send("PATCH", self._paths.pipeline(object_path, pipeline_id), _nothing, body)

    def delete_pipeline(self, object_path: str, pipeline_id: str) -> Done:
        """Delete a pipeline; it cannot be restored."""
        return self._send("DELETE", self._paths.pipeline(object_path, pipeline_id), _nothing)

    def create_stage(self, object_path: str, pipeline_id: str, body: Body) -> Done:
        """Create a stage in a pipeline."""
        return self._send("POST", self._paths.stages(object_path, pipeline_id), _nothing, body)

    def update_stage(self, object_path: str, pipeline_id: str, stage_id: str, body: Body) -> Done:
        """Change a stage; HubSpot keeps metadata that is missing in ``body``."""
        return self._send("PATCH", self._paths.stage(object_path, pipeline_id, stage_id), _nothing, body)

    def delete_stage(self, object_path: str, pipeline_id: str, stage_id: str) -> Done:
        """Delete a stage, for good; HubSpot answers 204 even if the pipeline has no such stage."""
        return self._send("DELETE", self._paths.stage(object_path, pipeline_id, stage_id), _nothing)

    def create_schema(self, body: Body) -> SchemaDefinition | ErrorResponse:
        """Create a custom object type; HubSpot may answer with an existing one instead."""
        return self._send("POST", self._paths.schemas, SchemaDefinition.read, body)

    def update_schema(self, object_path: str, body: Body) -> Done:
        """Change a custom object type; HubSpot may reset members missing in ``body`` to older values."""
        return self._send("PATCH", self._paths.schema(object_path), _nothing, body)

    def archive_schema(self, object_path: str) -> Done:
        """Archive a custom object type."""
        return self._send("DELETE", self._paths.schema(object_path), _nothing)

    def associate_schema(self, object_path: str, body: Body) -> Done:
        """Let records of a custom object type be associated with records of another type."""
        return self._send("POST", self._paths.schema_associations(object_path), _nothing, body)

    def create_label(self, object_path: str, other_path: str, body: Body) -> LabelDefinitions | ErrorResponse:
        """Create an association label; the answer contains its numbers in both directions."""
        path = self._paths.labels(object_path, other_path)
        return self._send("POST", path, LabelDefinitions.read, body)

    def update_label(self, object_path: str, other_path: str, body: Body) -> Done:
        """Change the texts of an association label in both directions."""
        return self._send("PUT", self._paths.labels(object_path, other_path), _nothing, body)

    def delete_label(self, object_path: str, other_path: str, type_id: str) -> Done:
        """Delete an association label in both directions, with all associations that have it."""
        return self._send("DELETE", self._paths.label(object_path, other_path, type_id), _nothing)

    def _send(
        self, method: str, path: str, decode: Decoder[AnswerT], body: Body | None = None
    ) -> AnswerT | ErrorResponse:
        request = Request(method, path, body=body, is_write=True)
        exchange = self._caller.ask(request, decode)
        return exchange.value if isinstance(exchange, Success) else exchange


def _nothing(_body: bytes) -> None:
    """Ignore the body of an answer that is empty or only repeats the request."""
