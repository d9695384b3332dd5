"""Every mistake that can be found before a write is a problem in the plan, with place and advice."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.errors import Problem, Severity
from reconciler.model.definitions import Owner
from reconciler.model.desired_records import ManifestValue, Ownership, RecordDirectives
from reconciler.model.live import LiveRecord
from reconciler.plan.values.owners import owner_ids
from reconciler.plan.values.resolve import Resolver
from tests.support.nouns import COMPANIES, FILES, desired, document, live

OWNERS = [Owner("71", "ada@acme.example"), Owner("72", "Bob@acme.example")]
RESOLVER = Resolver(COMPANIES, FILES, owner_ids(OWNERS, {"eve@old.example": "bob@acme.example"}))


def resolve(
    values: dict[str, ManifestValue], found: LiveRecord | None = None
) -> tuple[dict[str, str | None], list[Problem]]:
    problems: list[Problem] = []
    resolved = RESOLVER.resolve(desired("acme", values), found, problems)
    return {value.definition.name: value.text for value in resolved}, problems


GOOD: list[tuple[str, ManifestValue, str | None]] = [
    ("name", "  12.10 ", "  12.10 "),
    ("name", "line\r\nline", "line\r\nline"),
    ("name", "a;b", "a;b"),
    ("name", "x" * 65_536, "x" * 65_536),
    ("phone", "+15551234567", "+15551234567"),
    ("annualrevenue", "12.10", "12.10"),
    ("annualrevenue", "-.5", "-.5"),
    ("is_public", "True", "true"),
    ("founded_on", "2026-11-22", "2026-11-22"),
    ("closed_at", "2026-11-22T09:30:00+01:00", "2026-11-22T08:30:00.000Z"),
    ("industry", "SENSORS", "SENSORS"),
    ("product_lines", ("PRINT", "CLOUD"), "PRINT;CLOUD"),
    ("product_lines", "PRINT;CLOUD", "PRINT;CLOUD"),
    ("product_lines", (), None),
    ("hubspot_owner_id", "ADA@acme.example", "71"),
    ("hubspot_owner_id", "72", "72"),
    ("hubspot_owner_id", "eve@old.example", "72"),
    ("pipeline", "renewals", "p2"),
    ("pipeline", "p1", "p1"),
    ("stage", "Won", "s2"),
    ("phone", None, None),
]


@pytest.mark.parametrize(("name", "written", "text"), GOOD)
def test_a_good_value_is_sent_as_hubspot_wants_it(
    name: str, written: ManifestValue, text: str | None
) -> None:
    assert resolve({name: written}) == ({name: text}, [])


BAD: list[tuple[str, ManifestValue, str, str | None]] = [
    ("industy", "x", 'companies has no property "industy"', 'did you mean "industry"?'),
    ("createdate", "2026-11-22T08:00:00Z", "createdate of companies is read-only", "observe"),
    ("hs_num_deals", "3", "hs_num_deals of companies is calculated by HubSpot", "observe"),
    ("industry", "SENSOR", 'industry has no option "SENSOR"', 'did you mean "SENSORS"?'),
    ("tier", "GOLD", 'tier has no option "GOLD"', 'write the value of the option, "gold"'),
    ("tier", "platinum", 'tier has no option "platinum"', "its options are gold, silver"),
    ("product_lines", ("PRINT", "FAX"), 'product_lines has no option "FAX"', None),
    ("product_lines", ("A;B",), '"A;B" contains ";"', None),
    ("product_lines", ";", '";" contains no option of product_lines', "null in YAML"),
    ("product_lines", ";;", "contains no option of", "`clear:`"),
    ("product_lines", " ; ", "contains no option of", None),
    ("industry", ("SENSORS",), "industry takes one value, not a list", "single choice"),
    ("annualrevenue", "1,200", 'annualrevenue takes a number such as 1200000.50, not "1,200"', "thousands"),
    ("annualrevenue", "0x1F", "annualrevenue takes a number", None),
    ("annualrevenue", "1e3", "annualrevenue takes a number", "exponents"),
    ("annualrevenue", "\u0663", "annualrevenue takes a number", None),  # a digit, but not an ASCII one
    ("annualrevenue", "1_000", "annualrevenue takes a number", None),
    ("is_public", "yes", 'is_public takes true or false, not "yes"', None),
    ("founded_on", "22.11.2026", 'founded_on takes a date such as 2026-11-22, not "22.11.2026"', None),
    ("founded_on", "2026-02-30", "founded_on takes a date", None),
    ("closed_at", "2026-11-22T09:30:00", "closed_at takes a time with its offset", "2026-11-22T"),
    ("hubspot_owner_id", "adda@acme.example", "the portal has no owner", 'did you mean "ada@acme.example"?'),
    ("hubspot_owner_id", "99", "the portal has no owner with id 99", "e-mail"),
    ("pipeline", "Salez", 'has no pipeline of companies called "Salez"', 'did you mean "Sales"?'),
    ("stage", "New", '"New" names more than one stage', 's1 ("New"), s3 ("New")'),
    ("name", "x" * 65_537, "name is 65,537 characters long", "65,536"),
    ("name", None, "name cannot be cleared", None),
]


@pytest.mark.parametrize(("name", "written", "message", "advice"), BAD)
def test_a_bad_value_is_a_problem_with_place_and_advice(
    name: str, written: ManifestValue, message: str, advice: str | None
) -> None:
    texts, problems = resolve({name: written})
    assert texts == {}
    (problem,) = problems
    assert message in problem.message
    assert advice is None or advice in (problem.advice or "")
    assert str(problem.source) == "companies.yaml:11:7"
    assert problem.address == f"companies/acme#{name}"


@pytest.mark.parametrize(
    ("name", "written", "messages"),
    [
        ("product_lines", "FAX;PRINT;TELEX", ['has no option "FAX"', 'has no option "TELEX"']),
        ("product_lines", ("A;B", "PRINT", ";"), ['"A;B" contains ";"', '";" contains ";"']),
    ],
)
def test_every_wrong_item_of_a_list_is_a_problem(
    name: str, written: ManifestValue, messages: list[str]
) -> None:
    texts, problems = resolve({name: written})
    assert texts == {}
    assert [message in found.message for message, found in zip(messages, problems, strict=True)] == [True] * 2
    assert {str(problem.source) for problem in problems} == {"companies.yaml:11:7"}


def test_all_problems_of_a_record_are_found_at_once() -> None:
    _, problems = resolve({"industy": "x", "tier": "lead", "founded_on": "soon", "name": "fine"})
    assert len(problems) == 3


def test_a_stage_belongs_to_the_pipeline_of_the_same_record() -> None:
    assert resolve({"pipeline": "Renewals", "stage": "New"})[0]["stage"] == "s3"
    _, problems = resolve({"pipeline": "Sales", "stage": "Renewed"})
    assert problems[0].message == '"Renewed" is no stage of pipeline "Sales"'
    assert problems[0].advice == 'the stage belongs to pipeline "Renewals": correct pipeline or stage'


def test_a_stage_belongs_to_the_pipeline_that_live_is_in() -> None:
    assert resolve({"stage": "New"}, live("1", {"pipeline": "p2"}))[0] == {"stage": "s3"}


def test_an_unknown_pipeline_is_said_once() -> None:
    _, problems = resolve({"pipeline": "Nowhere", "stage": "Renewed"})
    assert len(problems) == 1


def test_a_value_that_live_has_needs_no_check() -> None:
    holding = live("1", {"tier": "bronze"})
    assert resolve({"tier": "bronze"}, holding) == ({"tier": "bronze"}, [])


def test_a_reference_that_leads_nowhere_but_is_held_already_is_a_warning() -> None:
    holding = live("1", {"hubspot_owner_id": "99"})
    texts, (problem,) = resolve({"hubspot_owner_id": "99"}, holding)
    assert texts == {"hubspot_owner_id": "99"}
    assert problem.severity is Severity.WARNING
    assert problem.message == "the portal has no owner with id 99; the record has this value already"


def test_an_observed_property_may_be_read_only() -> None:
    problems: list[Problem] = []
    record = desired("acme", {"hs_num_deals": "3"}, document(ownership={"hs_num_deals": Ownership.OBSERVE}))
    (value,) = RESOLVER.resolve(record, None, problems)
    assert (value.ownership, problems) == (Ownership.OBSERVE, [])


@pytest.mark.parametrize(
    ("values", "rules", "needed", "advice"),
    [
        ({}, {}, "name", "name these properties"),
        ({"name": "A"}, {"name": Ownership.OBSERVE}, "name", "set `ownership` of name to initial"),
        ({"name": "A"}, {"name": Ownership.INITIAL}, None, ""),
        ({"name": None}, {}, None, ""),  # the line of `name` has its own problem: it cannot be cleared
    ],
)
def test_a_new_record_needs_what_hubspot_requires(
    values: Mapping[str, ManifestValue], rules: Mapping[str, Ownership], needed: str | None, advice: str
) -> None:
    problem = RESOLVER.missing_required(desired("acme", values, document(ownership=rules)))
    assert (problem and problem.message) == (needed and f"a new record of companies needs {needed}")
    assert advice in str(problem and problem.advice)


def test_a_part_of_a_new_record_lacks_what_hubspot_requires() -> None:
    part = replace(desired("acme", {"tier": "gold"}), special=RecordDirectives(is_partial=True))
    problem = RESOLVER.missing_required(part)
    assert problem
    assert problem.advice == (
        "the portal has no such record yet; take the whole record with --target companies/acme "
        "so that it can be created"
    )


@pytest.mark.parametrize(
    ("values", "is_enough"),
    [({"name": "A"}, True), ({"domain": "a.example"}, True), ({"name": None}, False), ({"city": "B"}, False)],
)
def test_a_new_record_may_need_one_of_several(values: Mapping[str, ManifestValue], is_enough: bool) -> None:
    schema = replace(COMPANIES, required=(), one_of=("name", "domain"))
    problem = Resolver(schema, FILES, {}).missing_required(desired("acme", values))
    assert (problem is None) is is_enough
    assert is_enough or (problem and problem.message == "a new record of companies needs name or domain")


@given(
    st.sampled_from(sorted(COMPANIES.properties)),
    st.one_of(st.none(), st.text(), st.lists(st.text(), max_size=3).map(tuple)),
)
def test_any_text_is_either_a_value_or_a_problem(name: str, written: ManifestValue) -> None:
    texts, problems = resolve({name: written})
    items = set(written) if isinstance(written, tuple) else set((written or "").split(";"))
    assert bool(texts) != bool(problems)
    assert len(problems) <= max(len(items), 1)


@given(st.text(min_size=1))
def test_text_reaches_hubspot_exactly_as_written(text: str) -> None:
    assert resolve({"external_id": text})[0] == {"external_id": text}
