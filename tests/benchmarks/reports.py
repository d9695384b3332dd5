"""Measures how much time masking adds to the reports of a large plan, and compares two ways of masking.

    python -m tests.benchmarks.reports [--changes 10000] [--repeat 3]

All is measured in one process: seconds depend on the machine, ratios much less. The fastest run counts.
"""

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from reconciler.model.addresses import RecordAddress
from reconciler.model.object_references import ObjectProperty
from reconciler.plan.change import ValueChange
from reconciler.plan.plan import Plan
from reconciler.report.mask import SHOW, Masking, masked_plan
from reconciler.report.renderers import RENDERERS, Renderer
from reconciler.report.view import View
from tests.support.example_plan import UPDATES
from tests.support.plans import plan_of

_MASKED = Masking(b"a key of which nobody knows anything")
_PROPERTIES = tuple(f"property_{number}" for number in range(8))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.reports", description=__doc__)
    parser.add_argument("--changes", type=int, default=10_000, help="changed records, of 8 values each")
    parser.add_argument("--repeat", type=int, default=3, help="runs of each report")
    said = parser.parse_args()
    plan = plan_of_people(said.changes)

    def seconds(work: Callable[[], object]) -> float:
        return min(_cpu_seconds(work) for _ in range(said.repeat))

    say(f"| a plan of {said.changes:,} changes, all personal, CPU s | as it is | masked | all masked first |")
    say("| --- | ---: | ---: | ---: |")
    for form in RENDERERS:
        as_it_is = seconds(partial(form.plan, plan, View(SHOW)))
        masked = seconds(partial(form.plan, plan, View(_MASKED)))
        first = seconds(partial(_masked_first, form, plan))
        say(f"| {form.noun} | {as_it_is:.2f} | {masked:.2f} | {first:.2f} |")


def _masked_first(form: Renderer, plan: Plan) -> str:
    """Mask the whole plan, then render it, as an earlier version did."""
    return form.plan(masked_plan(plan, _MASKED), View(SHOW))


def plan_of_people(count: int) -> Plan:
    """Return a plan that changes ``count`` different records."""
    changes = (
        replace(
            UPDATES[0],
            address=RecordAddress("contacts", "email", f"{number}@acme.example"),
            values=tuple(
                ValueChange(name, f"{name} was {number}", f"{name} is {number}", UPDATES[0].reason)
                for name in _PROPERTIES
            ),
        )
        for number in range(count)
    )
    return plan_of(
        *changes,
        masked_properties=tuple(ObjectProperty("contacts", name) for name in ("email", *_PROPERTIES)),
    )


def _cpu_seconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
