"""Values that HubSpot computes itself whenever a record changes."""

from collections.abc import Callable, Mapping

from reconciler.emulator.object_types import ObjectType
from reconciler.emulator.record_rows import Record
from reconciler.emulator.schema import Definitions

Derivation = Callable[[ObjectType, Definitions, Mapping[str, str]], str]


def derive(object_type: ObjectType, definitions: Definitions, record: Record) -> dict[str, str]:
    """Compute the calculated values of a record and store them in it; return the changed ones by name."""
    values = {
        name: derivation(object_type, definitions, record.properties)
        for name, derivation in _DERIVATIONS.get(object_type.path, {}).items()
        if name in definitions.properties
    }
    for name, formula in definitions.formulas.items():
        values[name] = formula.compute({**record.properties, **values})
    changes = {name: value for name, value in values.items() if value != record.properties.get(name, "")}
    for name, value in changes.items():
        if value:
            record.properties[name] = value
        else:
            del record.properties[name]
    return changes


def _stage_metadata(
    object_type: ObjectType, definitions: Definitions, properties: Mapping[str, str]
) -> Mapping[str, str]:
    if object_type.pipeline_properties is None:
        return {}
    stage = definitions.stage(properties.get(object_type.pipeline_properties[1], ""))
    return stage["metadata"] if stage else {}


def _is_closed(object_type: ObjectType, definitions: Definitions, properties: Mapping[str, str]) -> str:
    metadata = _stage_metadata(object_type, definitions, properties)
    return str(metadata.get("isClosed") == "true").lower()


def _is_closed_won(object_type: ObjectType, definitions: Definitions, properties: Mapping[str, str]) -> str:
    return str(_probability(object_type, definitions, properties) == "1.0").lower()


def _is_closed_lost(object_type: ObjectType, definitions: Definitions, properties: Mapping[str, str]) -> str:
    return str(_probability(object_type, definitions, properties) == "0.0").lower()


def _probability(object_type: ObjectType, definitions: Definitions, properties: Mapping[str, str]) -> str:
    return _stage_metadata(object_type, definitions, properties).get("probability", "")


def _email_domain(_type: ObjectType, _definitions: Definitions, properties: Mapping[str, str]) -> str:
    return properties.get("email", "").partition("@")[2]


def _full_name_or_email(_type: ObjectType, _definitions: Definitions, properties: Mapping[str, str]) -> str:
    names = [properties[name] for name in ("firstname", "lastname") if name in properties]
    return " ".join(names) or properties.get("email", "")


def _searchable_phone(_type: ObjectType, _definitions: Definitions, properties: Mapping[str, str]) -> str:
    return "".join(character for character in properties.get("phone", "") if character.isdigit())


_DERIVATIONS: Mapping[str, Mapping[str, Derivation]] = {
    "contacts": {
        "hs_email_domain": _email_domain,
        "hs_full_name_or_email": _full_name_or_email,
        "hs_searchable_calculated_phone_number": _searchable_phone,
    },
    "deals": {
        "hs_is_closed": _is_closed,
        "hs_is_closed_won": _is_closed_won,
        "hs_is_closed_lost": _is_closed_lost,
        "hs_deal_stage_probability": _probability,
    },
}
