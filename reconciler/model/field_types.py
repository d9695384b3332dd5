"""The values of ``fieldType`` (how HubSpot shows a property) that each ``type`` of values allows.

Source: refusals seen live (https://github.com/scopiousdigital/kalup).
"""

from collections.abc import Mapping

CALCULATED = "calculation_equation"
"""The ``fieldType`` of a property with a formula."""

FIELD_TYPES: Mapping[str, tuple[str, ...]] = {
    "bool": ("booleancheckbox", CALCULATED),
    "enumeration": ("select", "radio", "checkbox", "booleancheckbox", CALCULATED),
    "date": ("date",),
    "datetime": ("date",),
    "number": ("number", CALCULATED),
    "string": ("text", "textarea", "html", "file", "phonenumber", CALCULATED),
    "phone_number": ("phonenumber",),
}
"""The ``fieldType`` values of each ``type``."""
