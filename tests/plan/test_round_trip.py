"""Writing a value and reading it back never shows a difference, whatever the type of the property."""

import contextlib
from collections.abc import Iterator
from datetime import UTC, timedelta, timezone

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.emulator.app import Emulator
from reconciler.emulator.inprocess import EmulatorTransport
from reconciler.errors import Problem
from reconciler.hubspot.portal.owners import read_owners
from reconciler.hubspot.portal.read_portal import read_portal
from reconciler.hubspot.reader import PortalReader
from reconciler.hubspot.records.read import read_records
from reconciler.hubspot.records.write import write_rows
from reconciler.hubspot.transport.rate_limiter import RateLimiter
from reconciler.hubspot.writer import PortalWriter
from reconciler.model.calls import Call, InputRow, Operation
from reconciler.model.definitions import ObjectSchema
from reconciler.model.desired_records import ManifestValue
from reconciler.model.outcomes import Applied
from reconciler.plan.values.equality import same_value
from reconciler.plan.values.resolve import Resolver
from tests.support.nouns import FILES, desired

OPTIONS = ["PRINT", "CLOUD", "Edge case", "1"]


def property_of(name: str, type_: str, field: str, **more: object) -> dict[str, object]:
    return {
        "name": name,
        "label": name,
        "type": type_,
        "fieldType": field,
        "groupName": "companyinformation",
        **more,
    }


def options() -> list[dict[str, object]]:
    return [{"value": value, "label": value.title(), "displayOrder": 0} for value in OPTIONS]


SEED = {
    "owners": [{"id": "71", "email": "ada@acme.example", "firstName": "A", "lastName": "L", "userId": 1}],
    "properties": {
        "companies": [
            property_of("external_id", "string", "text", hasUniqueValue=True),
            property_of("a_text", "string", "textarea"),
            property_of("a_phone", "string", "phonenumber"),
            property_of("a_number", "number", "number"),
            property_of("a_date", "date", "date"),
            property_of("a_datetime", "datetime", "date"),
            property_of(
                "a_bool",
                "bool",
                "booleancheckbox",
                options=[
                    {"value": "true", "label": "Yes", "displayOrder": 0},
                    {"value": "false", "label": "No", "displayOrder": 1},
                ],
            ),
            property_of("a_choice", "enumeration", "select", options=options()),
            property_of("some_choices", "enumeration", "checkbox", options=options()),
        ]
    },
}


class Portal:
    """A portal to write to and read from; not a dataclass, so that Hypothesis prints short examples."""

    def __init__(self, reader: PortalReader, writer: PortalWriter, resolver: Resolver) -> None:
        self.reader = reader
        self.writer = writer
        self.resolver = resolver

    @property
    def schema(self) -> ObjectSchema:
        return self.resolver.schema

    def write(self, name: str, text: str | None) -> None:
        route = Operation(Call.UPSERT, "external_id")
        rows = [InputRow("1", "acme", {"name": "Acme", name: text or ""})]
        outcome = write_rows(self.writer, self.schema.path, route, rows)["1"]
        assert isinstance(outcome, Applied), outcome

    def read(self, name: str) -> str | None:
        found = read_records(self.reader, self.schema, "external_id", ["acme"], [name])
        return found["acme"].properties[name]


@pytest.fixture(scope="module")
def portal() -> Iterator[Portal]:
    with (
        contextlib.closing(Emulator(None)) as emulator,
        httpx.Client(transport=EmulatorTransport(emulator, 1), base_url="https://api.hubapi.com") as http,
    ):
        emulator.ensure_portal(1, SEED)
        pacer = RateLimiter()
        reader = PortalReader(http, "v3", pacer)
        schema = read_portal(reader, ["companies"])
        resolver = Resolver(schema.objects["companies"], FILES, {}).knowing(read_owners(reader, ()), {})
        yield Portal(reader, PortalWriter(http, "v3", pacer), resolver)


TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=80)
ZONES = [UTC, timezone(timedelta(hours=5, minutes=30)), timezone(-timedelta(hours=8))]
VALUES: dict[str, st.SearchStrategy[ManifestValue]] = {
    "a_text": st.one_of(
        TEXTS,
        st.sampled_from(
            [
                "12.10",
                "007",
                "+15551234567",
                "no",
                "1e3",
                "0x1F",
                "1" * 30,
                "👩‍🚀",
                "a\r\nb",
                " x ",
                "a;b",
                "null",
            ]
        ),
    ),
    "a_phone": st.from_regex(r"\+?[0-9][0-9 ()/.-]{3,14}[0-9]", fullmatch=True),
    "a_number": st.one_of(
        st.decimals(allow_nan=False, allow_infinity=False, places=3).map(lambda n: f"{n:f}"),
        st.sampled_from(["12.10", "007", "-0", "0.0", ".5", "123456789012345678901234567890"]),
    ),
    "a_date": st.dates().map(lambda day: day.isoformat()),
    "a_datetime": st.datetimes(timezones=st.sampled_from(ZONES)).map(lambda moment: moment.isoformat()),
    "a_bool": st.sampled_from(["true", "false", "True"]),
    "a_choice": st.sampled_from(OPTIONS),
    "some_choices": st.lists(st.sampled_from(OPTIONS), min_size=1).map(tuple),
    "hubspot_owner_id": st.sampled_from(["ada@acme.example", "ADA@acme.example", "71"]),
    "lifecyclestage": st.just("lead"),
}


@given(st.data())
@settings(max_examples=100)
def test_a_written_value_is_read_back_as_equal(portal: Portal, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(VALUES)))
    written = data.draw(st.one_of(VALUES[name], st.none()) if name != "lifecyclestage" else VALUES[name])
    problems: list[Problem] = []
    resolved = portal.resolver.resolve(desired("acme", {name: written}), None, problems)
    assert problems == []
    (value,) = resolved
    portal.write(name, value.text)
    live = portal.read(name)
    kind = value.definition.kind
    assert same_value(kind, live, value.text), (live, value.text)
    assert same_value(kind, value.text, live)


def test_the_longest_text_survives(portal: Portal) -> None:
    portal.write("a_text", "x" * 65_536)
    assert portal.read("a_text") == "x" * 65_536


@given(st.sampled_from(sorted(VALUES.keys() - {"lifecyclestage"})), st.text(max_size=20))
@settings(max_examples=300)
def test_no_text_that_the_plan_lets_through_is_refused_by_the_portal(
    portal: Portal, name: str, text: str
) -> None:
    problems: list[Problem] = []
    for value in portal.resolver.resolve(desired("acme", {name: text}), None, problems):
        portal.write(name, value.text)
