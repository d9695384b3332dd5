"""The shapes of answers about associations, their labels and limits."""

from typing import Self

from pydantic import Field

from reconciler.hubspot.transport.responses import Dicts, ErrorBody, Page, Shape


class LabelBody(Shape):
    """A type of association; the association without label has None as its label."""

    category: str
    type_id: int
    label: str | None = None


class LabelPage(Shape):
    """All types of association from records of one object type to records of another."""

    results: tuple[LabelBody, ...]


class AssociationLimitBody(Shape):
    """The limit of associations from one record to records of another type, in all or with one label."""

    category: str
    type_id: int
    label: str | None = None  # None: the unlabelled association
    user_enforced_max_to_object_ids: int | None = None


class AssociationLimitPage(Shape):
    """The limits that the portal has set on associations: between two object types, or between all."""

    results: tuple[AssociationLimitBody, ...]


class _Id(Shape):
    id: str


class AssociatedBody(Shape):
    """An associated record, and its labels."""

    to_object_id: str
    association_types: tuple[LabelBody, ...] = ()


class AssociationsBody(Page):
    """Some associations of one record (one page)."""

    from_: _Id = Field(alias="from")
    to: tuple[AssociatedBody, ...] = ()


class AssociationsPage(Shape):
    """The answer of batch/read of associations; it reports a record without associations as an error."""

    results: tuple[AssociationsBody, ...]
    errors: Dicts[ErrorBody] = ()


class PairedBody(Shape):
    """Two records that were associated; HubSpot's calls give different names to the fields."""

    from_: _Id | None = Field(None, alias="from")
    to: _Id | None = None
    from_object_id: str | None = None
    to_object_id: str | None = None

    @property
    def ids(self) -> tuple[str, str]:
        """The ids of both records; empty texts if the answer does not contain them."""
        one = self.from_.id if self.from_ else self.from_object_id
        other = self.to.id if self.to else self.to_object_id
        return one or "", other or ""


class PairsBody(Shape):
    """The answer of a batch call that creates or removes associations."""

    results: tuple[PairedBody, ...] = ()
    errors: Dicts[ErrorBody] = ()

    @classmethod
    def read_or_empty(cls, body: bytes) -> Self:
        """Read a body, or return an empty answer if there is none (status 204)."""
        return cls.read(body) if body else cls()
