"""Measures how long the emulator takes to store a seed with many properties, or with many records.

    python -m tests.benchmarks.seeds [--properties 1000] [--records 100000]

The portal is in memory; each record has three values, one of which is unique. CPU seconds are measured: other
work on the machine hardly changes them.
"""

import argparse
import sys
import time
from typing import Any

from reconciler.emulator.app import Emulator

GROUP = {"groupName": "companyinformation", "type": "string", "fieldType": "text"}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.seeds", description=__doc__)
    parser.add_argument("--properties", type=int, default=1000, help="properties of companies")
    parser.add_argument("--records", type=int, default=100_000, help="companies")
    said = parser.parse_args()
    emulator = Emulator(None)
    seed = _seed(said.properties, said.records)
    wall, cpu = time.perf_counter(), time.process_time()
    emulator.ensure_portal(1, seed)
    spent = f"{time.perf_counter() - wall:.2f} s, of it {time.process_time() - cpu:.2f} s CPU"
    sys.stdout.write(f"{said.properties:,} properties and {said.records:,} records: {spent}\n")
    emulator.close()


def _seed(properties: int, records: int) -> dict[str, Any]:
    plain = [{**GROUP, "name": f"p{number}", "label": f"P {number}"} for number in range(properties - 1)]
    key = {**GROUP, "name": "ext_key", "label": "Key", "hasUniqueValue": True}
    companies = [
        {"properties": {"name": f"Company {number}", "ext_key": f"k-{number}", "city": "Ulm"}}
        for number in range(records)
    ]
    return {"properties": {"companies": [*plain, key]}, "records": {"companies": companies}}


if __name__ == "__main__":
    main()
