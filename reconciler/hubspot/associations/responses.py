"""The shapes of answers about associations, their labels and limits."""

from typing import Self

from pydantic import Field

from reconciler.hubspot.transport.responses import Dicts, ErrorBody, Page, Shape


class LabelBody(Shape):
    """A type of association; the unlabelled one has no label."""

    category: str
    type_id: int
    label: str | None = None


class LabelPage(Shape):
    """All types of association between two object types, seen from the first."""

    results: tuple[LabelBody, ...]


class AssociationLimitBody(Shape):
    """The number of records of another type that a record may have, at all or under one label."""

    category: str
    type_id: int
    label: str | None = None  # None: the unlabelled association
    user_enforced_max_to_object_ids: int | None = None


class AssociationLimitPage(Shape):
    """The portal's own limits between two object types, seen from the first, or all of its limits."""

    results: tuple[AssociationLimitBody, ...]


class _Id(Shape):
    id: str


class AssociatedBody(Shape):
    """An associated record, and its labels."""

    to_object_id: str
    association_types: tuple[LabelBody, ...] = ()


class AssociationsBody(Page):
    """Some of the records that one record is associated with."""

    from_: _Id = Field(alias="from")
    to: tuple[AssociatedBody, ...] = ()


class AssociationsPage(Shape):
    """The answer of batch/read of associations; a record without associations is an error."""

    results: tuple[AssociationsBody, ...]
    errors: Dicts[ErrorBody] = ()


class PairedBody(Shape):
    """Two records that were associated. Each call uses other names for them."""

    from_: _Id | None = Field(None, alias="from")
    to: _Id | None = None
    from_object_id: str | None = None
    to_object_id: str | None = None

    @property
    def ids(self) -> tuple[str, str]:
        """The ids of both; empty if the answer does not contain them."""
        one = self.from_.id if self.from_ else self.from_object_id
        other = self.to.id if self.to else self.to_object_id
        return one or "", other or ""


class PairsBody(Shape):
    """The answer of a batch call that creates or removes associations."""

    results: tuple[PairedBody, ...] = ()
    errors: Dicts[ErrorBody] = ()

    @classmethod
    def read_or_empty(cls, body: bytes) -> Self:
        """Read a body that may be missing, as in a 204."""
        return cls.read(body) if body else cls()
