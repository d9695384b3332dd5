"""A week in which people, a workflow, an import and an integration edit a portal whose records are in git."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.model.selection import Selection, glob_of
from reconciler.report.json_report import drift_as_json
from reconciler.report.markdown.drift import render_drift_markdown
from reconciler.report.mask import SHOW, Masking
from reconciler.report.terminal import render_drift, render_plan
from reconciler.report.view import View
from tests.conftest import Golden
from tests.drift.week import ADA, ERP, FAIR, FILLER, GRACE, Portal, portal
from tests.support.projects import ROOT

GOLDEN = Path(__file__).parent / "golden"
MASKED = Masking(b"a key that only tests use")
MANIFEST = """object: companies
key: external_id
all: {country: Germany}
records:
  acme: {name: Acme GmbH, phone: +49 30 1234, city: Berlin}
  globex: {name: Globex SE, city: Hamburg}
  hooli: {name: Hooli AG, city: Bonn}
  initech: {name: Initech GmbH, city: Kassel}
  old-friend: {name: Old Friend KG, country: Austria}
  stark: {name: Stark GmbH, city: Ulm}
  umbrella: {name: Umbrella KG, city: Jena}
  wonka: {name: Wonka OHG, city: Essen}
"""


@pytest.fixture
def friday(tmp_path: Path) -> Iterator[Portal]:
    """Yield the portal at the end of the week."""
    with portal(tmp_path, MANIFEST) as here:
        here.passes_to(16, 9)
        here.apply()
        here.passes_to(16, 9, 5)  # Monday: the workflow of sales overwrites a value that was applied
        here.edit("acme", FILLER, country="Deutschland")
        here.passes_to(17, 10)
        here.apply()  # the value is applied again, and the workflow overwrites it again
        here.passes_to(17, 10, 5)
        here.edit("acme", FILLER, country="Deutschland")
        here.passes_to(17, 14, 30)  # a person adds a phone number that no manifest has
        here.edit("acme", ERP, phone="+49 30 99999")
        here.passes_to(17, 15, 10)
        here.edit("acme", GRACE, phone="")
        here.passes_to(18, 11)
        here.edit("acme", ADA, phone="+49 30 1234")
        here.passes_to(18, 11, 2)
        here.edit("acme", ADA, phone="+49 30 4321")
        for minute, key in enumerate(("globex", "hooli", "initech")):  # Wednesday: a list is imported
            here.passes_to(18, 16, minute)
            here.edit(key, FAIR, country="Austria")
        here.passes_to(19, 9)  # Thursday: values that were only adopted count as drift as well
        here.edit("old-friend", GRACE, name="Old Friends KG")
        here.passes_to(19, 13)
        here.archive("stark")
        here.archive("umbrella")
        here.create("umbrella", "Umbrella Reborn")
        here.merge("globex", "wonka")
        here.passes_to(20, 17)
        yield here


def test_the_week_as_drift_tells_it(friday: Portal, golden: Golden) -> None:
    found = friday.drift()
    golden(GOLDEN / "week-80.txt", render_drift(found, View(SHOW)))
    golden(GOLDEN / "week.md", render_drift_markdown(found, View(SHOW)))
    golden(GOLDEN / "week-masked-80.txt", render_drift(found, View(MASKED)))
    golden(
        GOLDEN / "week-masked.json",
        drift_as_json(found, View(MASKED)).replace(str(found.state.brief.lineage), "LINEAGE"),
    )


def test_the_week_as_a_plan_tells_it(friday: Portal, golden: Golden) -> None:
    golden(GOLDEN / "week-plan-80.txt", render_plan(friday.plan(), View(SHOW)))


def test_the_example_of_the_page_is_what_was_printed(friday: Portal) -> None:
    page = (ROOT / "docs" / "drift.md").read_text()
    text = render_drift(friday.drift(), View(SHOW))
    example = page.split("```text\n", 1)[1].split("```", 1)[0]
    for part in example.split("\n…\n"):
        assert part.strip("\n") in text


def test_it_costs_a_call_for_each_hundred_owned_and_each_fifty_drifted(tmp_path: Path) -> None:
    head = "object: companies\nkey: external_id\nrecords:\n"
    names = "".join(f"  c{number:03}: {{name: Company {number}}}\n" for number in range(250))
    with portal(tmp_path, head + names) as here:
        here.passes_to(16, 9)
        here.apply()
        here.passes_to(17, 9)
        quiet = here.drift()
        assert (quiet.is_empty, quiet.looked_at) == (True, 250)
        for number in range(60):
            here.edit(f"c{number:03}", ADA, name="Somebody")
        found = here.drift()
        assert len(found.values) == 60
        assert found.read_calls == quiet.read_calls + 3  # the three calls read who made the changes
        few = here.drift(Selection((glob_of("companies/c0*"),)))
        assert (few.looked_at, few.read_calls) == (100, found.read_calls - 2)
