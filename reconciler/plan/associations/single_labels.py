"""Labels that a record can have only once: in only one of its associations.

If a second association gets such a label, HubSpot refuses, or takes the label from the first association. Two
manifest lines with the label would then undo each other in every apply. So the second line is a problem,
whichever of the two records names the association.
"""

from reconciler.errors import Problem
from reconciler.model.addresses import RecordAddress
from reconciler.model.labels import Label
from reconciler.model.object_types import object_type
from reconciler.plan.associations.resolve import AssociationResolver, DesiredLink, Identity, Side

_COMPANIES = "companies"
_PARENT_TO_CHILD, _CHILD_TO_PARENT = 13, 14
"""Source: https://developers.hubspot.com/docs/api-reference/crm-associations-v4/guide (type ids)."""


def bears_one(one: str, other: str, label: Label) -> tuple[bool, bool]:
    """Return, for records of ``one`` and of ``other``, whether such a record can have ``label`` only once.

    A contact, deal, ticket or lead has one primary company, a lead also one primary contact, and a company
    has one parent. A company may be the primary one of many records.
    """
    if label.is_flag:
        return object_type(one).has_one_primary(other), object_type(other).has_one_primary(one)
    is_of_hubspot = (label.category, one, other) == ("HUBSPOT_DEFINED", _COMPANIES, _COMPANIES)
    return (
        is_of_hubspot and label.type_id == _CHILD_TO_PARENT,
        is_of_hubspot and label.type_id == _PARENT_TO_CHILD,
    )


class Once:
    """Collects, for labels that a record can have only once, the records that will have them."""

    def __init__(self, resolver: AssociationResolver) -> None:
        self._resolver = resolver
        self._first: dict[tuple[Side, str], tuple[Identity, DesiredLink]] = {}

    def allows(self, identity: Identity, wanted: DesiredLink) -> bool:
        """Return whether the manifests allow the label between both records; otherwise report a problem.

        Some labels are possible with only one other record at a time. If the manifests give a record such a
        label with several other records, only the first association is allowed; each later one is a problem.
        This applies to both records of an association.
        """
        label = wanted.label
        if label is None:
            return True
        endpoints = ((wanted.key, wanted.endpoint), (wanted.target, wanted.target_endpoint))
        ones = bears_one(wanted.key.object, wanted.target.object, label)
        for is_one, (key, end), (other, _) in zip(ones, endpoints, reversed(endpoints), strict=True):
            if not is_one:
                continue
            # ``bearer`` does not contain the label, because two object types have at most one such label.
            bearer = (self._resolver.side(key, end), other.object)
            first_identity, first = self._first.setdefault(bearer, (identity, wanted))
            if first_identity.sides != identity.sides:
                self._tell(key, other, wanted, first)
                return False
        return True

    def _tell(
        self, key: RecordAddress, other: RecordAddress, wanted: DesiredLink, first: DesiredLink
    ) -> None:
        text = wanted.label.text if wanted.label else ""
        message = (
            f"a record of {key.object} can be associated with only one record of {other.object} "
            f'as "{text}", and {first.source} already names another one'
        )
        advice = "keep one of the two, and associate the other without that label"
        address = wanted.key.property_address(wanted.name)
        self._resolver.problems.append(Problem(message, advice, wanted.source, address))
