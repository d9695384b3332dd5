"""Ids for new pipelines and stages are readable, short enough, unused, and the same in every plan."""

import re

from hypothesis import given
from hypothesis import strategies as st

from reconciler.plan.definitions.identity import (
    MOST_OF_PIPELINE,
    MOST_OF_STAGE,
    pipeline_id,
    stage_id,
)

NAMES = st.text(min_size=1, max_size=150)
PLAIN = re.compile(r"[A-Za-z0-9_]+")


def test_an_id_can_be_read() -> None:
    assert re.fullmatch(r"Renewals_2024_[0-9a-f]{8}", pipeline_id(1, "deals", "Renewals (2024)", ()))
    assert re.fullmatch(r"Won_[0-9a-f]{8}", stage_id(1, "deals", "Renewals", "Won", ()))


def test_the_next_number_is_used_where_an_id_is_taken() -> None:
    first = stage_id(1, "deals", "Renewals", "Won", ())
    second = stage_id(1, "deals", "Renewals", "Won", {first.upper()})
    assert second == f"{first}_2"
    assert stage_id(1, "deals", "Renewals", "Won", {first, second}) == f"{first}_3"


def test_equal_labels_have_other_ids_elsewhere() -> None:
    ids = {
        stage_id(portal, object_name, pipeline, "Won", ())
        for portal in (1, 2)
        for object_name in ("deals", "tickets")
        for pipeline in ("Renewals", "Sales")
    }
    assert len(ids) == 8


@given(NAMES, NAMES, st.integers(0, 4))
def test_every_id_is_plain_short_free_and_always_the_same(pipeline: str, stage: str, count: int) -> None:
    taken_pipelines: list[str] = []
    taken_stages: list[str] = []
    for _ in range(count + 1):
        of_pipeline = pipeline_id(7, "deals", pipeline, taken_pipelines)
        of_stage = stage_id(7, "deals", pipeline, stage, taken_stages)
        assert PLAIN.fullmatch(of_pipeline)
        assert PLAIN.fullmatch(of_stage)
        assert len(of_pipeline) <= MOST_OF_PIPELINE
        assert len(of_stage) <= MOST_OF_STAGE
        assert of_pipeline not in taken_pipelines
        assert of_stage not in taken_stages
        assert of_pipeline == pipeline_id(7, "deals", pipeline, taken_pipelines)
        taken_pipelines.append(of_pipeline)
        taken_stages.append(of_stage)
