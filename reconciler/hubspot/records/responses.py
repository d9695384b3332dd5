"""The shapes of answers about records, their history and lists of them."""

from datetime import UTC, datetime
from typing import Annotated, Self

from pydantic import AfterValidator

from reconciler.hubspot.transport.responses import Dicts, ErrorBody, Page, Shape


def _in_utc(moment: datetime) -> datetime:
    """Convert a time to UTC.

    Raise an error if its year is out of range, so that the answer counts as unreadable.
    """
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError as error:
        raise ValueError("a time after the year 9999") from error


class VersionBody(Shape):
    """One past value of a property, with its time and source."""

    value: str | None = None
    timestamp: Annotated[datetime, AfterValidator(_in_utc)]
    source_type: str | None = None
    source_id: str | None = None
    source_label: str | None = None
    updated_by_user_id: str | None = None


class Record(Shape):
    """One record in an answer."""

    id: str
    properties: dict[str, str | None] = {}  # noqa: RUF012 - pydantic copies the default for each record
    # versions by property, newest first
    properties_with_history: dict[str, tuple[VersionBody, ...]] = {}  # noqa: RUF012 - as above
    object_write_trace_id: str | None = None
    new: bool | None = None  # whether the call created it; only given by batch/upsert
    created_at: str | None = None


class BatchBody(Shape):
    """The answer of a batch call on records; 200, 201 and 207 have the same shape."""

    results: tuple[Record, ...]
    errors: Dicts[ErrorBody] = ()

    @classmethod
    def read_or_empty(cls, body: bytes) -> Self:
        """Read a body, or return an empty answer if there is none (status 204)."""
        return cls.read(body) if body else cls(results=())


class RecordPage(Page):
    """One page of the records of a type."""

    results: tuple[Record, ...]


class FoundBody(Shape):
    """The answer of a search: the total number of results, and the first of them."""

    total: int
    results: tuple[Record, ...]


class ListBody(Shape):
    """A list of records."""

    list_id: str
    name: str
    object_type_id: str


class ListAnswer(Shape):
    """The answer to a call for one list."""

    list: ListBody


class MemberBody(Shape):
    """A record in a list."""

    record_id: str


class MemberPage(Page):
    """One page of the members of a list."""

    results: tuple[MemberBody, ...]
