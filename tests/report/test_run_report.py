"""A run report file gives the same run again."""

from dataclasses import replace

import pytest

from reconciler.errors import UsageError
from reconciler.model.addresses import RecordAddress
from reconciler.model.object_references import ObjectProperty
from reconciler.model.runs import RunDetail
from reconciler.report.json_report import plan_as_json, run_as_json
from reconciler.report.mask import SHOW, Masking
from reconciler.report.run_report_reader import is_run, run_from_text
from reconciler.report.view import View
from tests.support.example_plan import FEW
from tests.support.example_run import RUN, of_people

PERSONAL = (ObjectProperty("contacts", "email"), ObjectProperty("contacts", "phone"))
PAIR = replace(RUN.rows[0], target=RecordAddress("contacts", "email", "ada@acme.example"), label="Billing")
WHOLE = RunDetail(
    replace(
        RUN.header,
        masked_properties=PERSONAL,
        planned={"update": 21},
        commit="3f2c9ab4",
        rolls_back=RUN.header.id,
    ),
    (PAIR, replace(RUN.rows[1], record_id=None, source=None), *RUN.rows[2:]),
)


@pytest.mark.parametrize("run", [WHOLE, replace(WHOLE, header=replace(WHOLE.header, finished_at=None))])
def test_a_written_report_is_read(run: RunDetail) -> None:
    text = run_as_json(run, View(SHOW))

    assert is_run(text.encode())
    assert run_from_text(text) == run


def test_a_plan_is_no_run() -> None:
    assert not is_run(plan_as_json(FEW, View(SHOW)).encode())


def test_a_masked_report_is_read_too() -> None:
    run = run_from_text(run_as_json(of_people(WHOLE, PERSONAL), View(Masking(b"key"))))

    assert len(run.rows) == len(WHOLE.rows)
    assert run.rows[0].before["phone"] is None


@pytest.mark.parametrize(
    ("old", "new", "reported"),
    [
        ('"status": "finished"', '"status": 3', "status: text is expected"),
        ('"format_version": "1.0"', '"format_version": "2.0"', "format 2.0"),
        ('"started_at": "2026', '"started_at": "x2026', "the report cannot be read"),
        ("}\n", "", "the report cannot be read"),
    ],
)
def test_a_damaged_report_is_told(old: str, new: str, reported: str) -> None:
    text = run_as_json(of_people(WHOLE, PERSONAL), View(SHOW))

    with pytest.raises(UsageError, match=reported):
        run_from_text(text.replace(old, new))
