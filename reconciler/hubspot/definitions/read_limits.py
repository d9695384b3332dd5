"""Reading how many definitions the account may have, for plans that create some.

A limit that the token may not see, or for which HubSpot does not answer, is left out: HubSpot still enforces
it when a definition is created.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import TypeVar

from reconciler.errors import NotAllowed, RequestRejected
from reconciler.hubspot.definitions.limit_responses import LimitBody, OverallLimitBody
from reconciler.hubspot.reader import PortalReader
from reconciler.model.definition_limits import Allowance, DefinitionLimits, Feature, Limited
from reconciler.model.definitions import PortalSchema
from reconciler.model.object_types import standard_names, type_number

AnswerT = TypeVar("AnswerT")


def read_limits(reader: PortalReader, portal: PortalSchema, wanted: Collection[Limited]) -> DefinitionLimits:
    """Read the limits that ``wanted`` names, one call for each feature and for each direction of labels.

    Raises:
        HubSpotError: the portal cannot be read.
    """
    reading = _Reading(reader, portal)
    found: dict[Limited, Allowance] = {}
    for feature in sorted({each.feature for each in wanted} - {Feature.LABELS}):
        found.update(reading.of_feature(feature))
    for each in sorted(each for each in wanted if each.feature is Feature.LABELS):
        found.update(reading.of_labels(each))
    return {each: found[each] for each in wanted if each in found}


class _Reading:
    def __init__(self, reader: PortalReader, portal: PortalSchema) -> None:
        self._ask = reader.definitions
        self._numbers: Mapping[str, str] = {  # by the name of an object type: its number in HubSpot
            **{schema.name: schema.path for schema in portal.objects.values()},
            **{name: number for name in standard_names() if (number := type_number(name))},
        }

    def of_feature(self, feature: Feature) -> Iterator[tuple[Limited, Allowance]]:
        """Yield the limits of a feature: that of the account, and those of its object types."""
        match feature:
            case Feature.CUSTOM_OBJECTS:
                yield from _told(Limited(feature), _readable(self._ask.limit_of_types))
            case Feature.PIPELINES:
                pipelines = _readable(self._ask.limits_of_pipelines)
                if pipelines:
                    yield from self._by_type(feature, pipelines.hubspot_defined_object_types)
                    yield from _told_overall(Limited(feature), pipelines.custom_object_types)
            case Feature.CALCULATED_PROPERTIES:
                yield from _told_overall(Limited(feature), _readable(self._ask.limit_of_calculated))
            case _:
                overall = _readable(self._ask.limits_of_properties)
                yield from _told_overall(Limited(feature), overall)
                yield from self._by_type(feature, overall.by_object_type if overall else ())

    def of_labels(self, of: Limited) -> Iterator[tuple[Limited, Allowance]]:
        """Yield ``of`` with the limit and the number of association labels between its two object types.

        Only labels in the direction from the first type to the other one are counted.

        Yield nothing if the portal lacks one of the two types.
        """
        one, other = self._numbers.get(of.object or ""), self._numbers.get(of.other or "")
        if one is None or other is None:
            return
        found = _readable(lambda: self._ask.limits_of_labels(one, other))
        for each in found.results[:1] if found else ():
            yield from _told(of, each)

    def _by_type(
        self, feature: Feature, bodies: Collection[LimitBody]
    ) -> Iterator[tuple[Limited, Allowance]]:
        names = {number: name for name, number in self._numbers.items()}
        for each in bodies:
            name = names.get(each.object_type_id or "")
            if name is not None:
                yield from _told(Limited(feature, name), each)


def _readable(read: Callable[[], AnswerT]) -> AnswerT | None:
    try:
        return read()
    except (NotAllowed, RequestRejected):
        return None


def _told(of: Limited, body: LimitBody | None) -> Iterator[tuple[Limited, Allowance]]:
    if body is not None and body.limit is not None:
        yield of, Allowance(body.limit, body.usage)


def _told_overall(of: Limited, body: OverallLimitBody | None) -> Iterator[tuple[Limited, Allowance]]:
    if body is not None and body.overall_limit is not None:
        yield of, Allowance(body.overall_limit, body.overall_usage)
