"""All records of a type are read, whatever their ids are, and an interrupted reading goes on."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.errors import Unavailable
from reconciler.hubspot.records.list import WHOLE, Segment, list_records
from reconciler.model.definitions import Kind
from tests.hubspot.doubles import batch, body_of, reader_of, reply, schema_of

COMPANIES = schema_of("companies", "companies", city=Kind.TEXT)
MANY_NAMES = [f"a_property_with_a_long_name_{number}" for number in range(400)]


@dataclass
class Portal:
    """A portal that lists records with given ids, in pages of 100."""

    ids: Sequence[int]
    is_after_last: bool = False  # whether a cursor is the last id of a page, instead of the next id
    is_opaque: bool = False  # whether cursors are page numbers, which only this portal understands
    ignores: str | None = None  # answer to unknown cursors: "nothing" or "all"; None: the right page
    given: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            found = [
                {"id": item["id"], "properties": {"city": f"N{item['id']}"}}
                for item in body_of(request)["inputs"]
            ]
            return reply(200, batch(found))
        after = request.url.params.get("after", "")
        self.asked.append(after)
        if self.is_opaque and after and not after.startswith("page-"):
            return reply(400, {"message": "invalid cursor", "category": "VALIDATION_ERROR"})
        if self.ignores is not None and after and after not in self.given:
            return reply(200, {"results": []}) if self.ignores == "nothing" else self._page(0, request)
        return self._page(self._place(after), request)

    def _place(self, after: str) -> int:
        return int(after.removeprefix("page-") or 0) if self.is_opaque else self._first(after)

    def _page(self, first: int, request: httpx.Request) -> httpx.Response:
        page = self.ids[first : first + 100]
        names = request.url.params["properties"].split(",")
        body: dict[str, object] = {
            "results": [{"id": str(id_), "properties": dict.fromkeys(names, f"N{id_}")} for id_ in page]
        }
        if first + 100 < len(self.ids):
            cursor = str(page[-1] if self.is_after_last else self.ids[first + 100])
            cursor = f"page-{first + 100}" if self.is_opaque else cursor
            self.given.add(cursor)
            body["paging"] = {"next": {"after": cursor}}
        return reply(200, body)

    def _first(self, after: str) -> int:
        if not after:
            return 0
        return (bisect_right if self.is_after_last else bisect_left)(self.ids, int(after))

    @property
    def highest(self) -> int | None:
        return self.ids[-1] if self.ids else None


def dense(start: int, count: int, step: int = 1) -> range:
    return range(start, start + count * step, step)


ID_SETS = st.lists(
    st.builds(
        dense,
        st.sampled_from([1, 900, 50_000, 9_000_000, 51_000_000_000]),
        st.integers(0, 700),
        st.sampled_from([1, 3, 1000]),
    ),
    max_size=3,
).map(lambda parts: sorted({id_ for part in parts for id_ in part}))


@given(ID_SETS, st.booleans(), st.sampled_from([1, 3, 16]), st.sampled_from([None, 0, 40]))
def test_every_record_is_read_whatever_the_ids_are(
    ids: list[int], is_after_last: bool, readers: int, late: int | None
) -> None:
    """``late`` is the number of records that are newer than the highest id that a search finds."""
    portal = Portal(ids, is_after_last)
    known = ids[: len(ids) - late] if late else ids
    top = known[-1] if known and late is not None else None
    pages = list_records(reader_of(portal), COMPANIES, ["city"], highest=top, readers=readers)
    read = {int(live.id): live.properties["city"] for page in pages for live in page.records}
    assert read == {id_: f"N{id_}" for id_ in ids}


def test_ranges_cost_few_calls_more_than_pages() -> None:
    portal = Portal([*dense(1, 2000), *dense(51_000_000_000, 8000, 7)])
    pages = list(list_records(reader_of(portal), COMPANIES, ["city"], highest=portal.highest))
    assert sum(len(page.records) for page in pages) == 10_000
    assert 100 <= len(portal.asked) <= 160


def test_it_goes_on_where_it_stopped() -> None:
    ids = [*dense(1, 1500), *dense(9_000_000, 1500, 13)]
    read: set[str] = set()
    left: Sequence[Segment] = (WHOLE,)
    asked = 0
    while left:
        portal = Portal(ids)
        for number, page in enumerate(
            list_records(reader_of(portal), COMPANIES, ["city"], left, highest=ids[-1])
        ):
            read |= {live.id for live in page.records}
            left = page.left
            if number == 4:  # as if the process were killed
                break
        asked += len(portal.asked)
    assert read == {str(id_) for id_ in ids}
    assert asked < 200


def test_cursors_that_mean_something_else_are_followed_one_after_the_other() -> None:
    portal = Portal(dense(1, 950), is_opaque=True)
    pages = list(list_records(reader_of(portal), COMPANIES, ["city"], highest=950))
    assert {live.id for page in pages for live in page.records} == {str(id_) for id_ in portal.ids}
    assert pages[-1].left == ()


@pytest.mark.parametrize("answer", ["nothing", "all"])
@pytest.mark.parametrize("step", [1, 9])
@pytest.mark.parametrize("highest", [None, 5_100, 10_000])
def test_a_portal_that_ignores_other_cursors_loses_no_record(
    answer: str, step: int, highest: int | None
) -> None:
    portal = Portal(dense(5_000, 1_950, step), ignores=answer)
    pages = list(list_records(reader_of(portal), COMPANIES, ["city"], highest=highest))
    assert {live.id for page in pages for live in page.records} == {str(id_) for id_ in portal.ids}


def test_a_list_in_no_order_is_read_one_page_after_the_other() -> None:
    portal = Portal([*dense(500, 300), *dense(1, 300)], is_opaque=True)
    pages = list(list_records(reader_of(portal), COMPANIES, ["city"]))
    assert len({live.id for page in pages for live in page.records}) == 600


def test_values_whose_names_fit_into_no_address_are_read_apart() -> None:
    portal = Portal(dense(1, 450))
    pages = list_records(reader_of(portal), COMPANIES, ["city", *MANY_NAMES], highest=450)
    read = {live.id: live.properties["city"] for page in pages for live in page.records}
    assert read == {str(id_): f"N{id_}" for id_ in portal.ids}


def test_a_list_that_never_ends_is_given_up() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        del request
        return reply(200, {"results": [], "paging": {"next": {"after": "7"}}})

    with pytest.raises(Unavailable, match="never ends"):
        list(list_records(reader_of(answer), COMPANIES, ["city"], [WHOLE]))
