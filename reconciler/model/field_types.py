"""The ways in which HubSpot shows a property (``fieldType``), for each type of values.

Source: refusals seen live (https://github.com/scopiousdigital/kalup).
"""

from collections.abc import Mapping

CALCULATED = "calculation_equation"
"""The way to show a property with a formula."""

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
