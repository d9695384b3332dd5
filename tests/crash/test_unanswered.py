"""Answers to writes get lost, for every kind of call.

Reconciler finds out by reading what each write did, and writes nothing twice.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.cli.exits import ExitCode
from reconciler.emulator import faults
from reconciler.plan import batches
from tests.crash.world import APPLY, Beginning, World, applied, check
from tests.support.projects import PORTAL

ROUTES = {
    "upsert": "*/batch/upsert",
    "update": "*/batch/update",
    "create": "*/objects/*/batch/create",
    "archive": "*/objects/*/batch/archive",  # of records: associations have a call of this name, too
    "associate": "*/associations/*/batch/create",
    "associate/default": "*/batch/associate/default",
    "labels/archive": "*/batch/labels/archive",
}
"""Calls that write, with their paths; the story makes all of them."""

LOSSES = {
    "dropped before the write": "drop_before:",
    "dropped after the write": "drop_after:",
    "cut short": "cut_body:",
    "half a document": "malformed_body:",
    "a server error": "server_error:status=503,",
    "a page of a gateway": "bad_gateway_html:",
    "a result left out": "result_left_out:",
}


@contextmanager
def three_a_call() -> Iterator[None]:
    """Allow three records in a call, so that a small project makes many calls."""
    before = vars(batches)["inputs_of"]
    vars(batches)["inputs_of"] = lambda _call: 3
    try:
        yield
    finally:
        vars(batches)["inputs_of"] = before


def apply_in_process(world: World) -> int:
    with three_a_call():
        return world.run("apply", *APPLY, "--parallelism", "2").code


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("loss", LOSSES)
def test_an_answer_that_is_lost_once_costs_nothing(
    start: Beginning, tmp_path: Path, route: str, loss: str
) -> None:
    with start.again(tmp_path) as world:
        world.portal.add_fault(faults.parse(f"{LOSSES[loss]}path={ROUTES[route]},count=1,portal={PORTAL}"))
        assert apply_in_process(world) == ExitCode.OK
        asked = [
            request.path for request in world.portal.requests if fnmatchcase(request.path, ROUTES[route])
        ]
        assert asked  # otherwise the fault did not concern any call
        check(world, start)


@pytest.mark.parametrize("route", ROUTES)
def test_answers_that_are_always_lost_leave_it_to_the_next_run(
    start: Beginning, tmp_path: Path, route: str
) -> None:
    with start.again(tmp_path) as world:
        world.portal.add_fault(faults.parse(f"drop_after:path={ROUTES[route]}"))
        apply_in_process(world)
        world.portal.clear_faults()
        apply_in_process(world)
        check(world, start)


def _fault(kind: str, route: str, count: int, seed: int) -> str:
    return f"{LOSSES[kind]}path={ROUTES.get(route, route)},count={count},probability=0.5,seed={seed}"


some_faults = st.lists(
    st.builds(
        _fault,
        st.sampled_from(sorted(LOSSES)),
        st.sampled_from([*ROUTES, "*"]),
        st.integers(1, 3),
        st.integers(0, 99),
    ),
    max_size=4,
)


@settings(
    max_examples=12,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    derandomize=True,
)
@given(texts=some_faults)
def test_lost_answers_never_cause_duplicates(start: Beginning, texts: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder, start.again(Path(folder)) as world:
        for text in texts:
            world.portal.add_fault(faults.parse(text))
        code = apply_in_process(world)
        assert code in {ExitCode.OK, ExitCode.NOT_APPLIED, ExitCode.ERROR}
        world.portal.clear_faults()
        assert apply_in_process(world) == ExitCode.OK
        check(world, start)
        assert applied(world)
