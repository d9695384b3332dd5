"""Desired records whose key only spells the key of an owned record in another way.

HubSpot says that it has no record with the new spelling. Nobody knows whether people mean the owned record,
or a new one. If the plan created a record, and archived the owned one because no line names it any more, the
owned record would be lost. So the line is a problem until somebody decides.
"""

from collections.abc import Iterable, Mapping

from reconciler.errors import Problem
from reconciler.model.canonical import form_people_see
from reconciler.model.definitions import ObjectSchema
from reconciler.model.desired_records import DesiredRecord
from reconciler.model.owned import OwnedRecord
from reconciler.plan.values.resolve import Resolver
from reconciler.sentences import sentence


def keys_by_form(schema: ObjectSchema, by: str, unnamed: Iterable[OwnedRecord]) -> Mapping[str, str]:
    """Return the keys of the owned records that no line names, by the form that people see."""
    kind, keys = schema.kind_of(by), dict[str, str]()
    for owned in unnamed:
        keys.setdefault(form_people_see(kind, owned.key.value), owned.key.value)
    return keys


def respelled_problem(resolver: Resolver, record: DesiredRecord, owned: OwnedRecord) -> Problem:
    """Report that the key of the new ``record`` is the key of ``owned`` in another spelling."""
    message = sentence(
        "{record} differs from {owned} only in its spelling; reconciler owns {owned}, and no line names it",
        record=record.address.display,
        owned=owned.key.display,
    )
    advice = sentence(
        "write {key} as before; or add `$renamed_from: {key}`, so that HubSpot gets the new spelling",
        key=owned.key.as_value,
    )
    return Problem(message, advice, resolver.files.ref(record.place), record.address.text)
