"""A simple script for comparison: HubSpot's SDK, ruamel.yaml and DeepDiff, one call after the other.

python script.py MANIFEST BASE_URL [--apply]
"""

import os
import sys
from pathlib import Path
from typing import Any

from deepdiff import DeepDiff
from hubspot import HubSpot
from hubspot.crm import companies
from ruamel.yaml import YAML

CHUNK = 100


def main(path: str, base_url: str, *, is_applied: bool) -> None:
    desired: dict[str, dict[str, Any]] = YAML().load(Path(path))["records"]
    calls = HubSpot(access_token=os.environ["HUBSPOT_TOKEN"], host=base_url).crm.companies.batch_api
    keys = list(desired)
    names = sorted({name for values in desired.values() for name in values})
    inputs: list[Any] = []
    for start in range(0, len(keys), CHUNK):
        question = companies.BatchReadInputSimplePublicObjectId(
            id_property="external_id",
            properties=[*names, "external_id"],
            properties_with_history=[],
            inputs=[companies.SimplePublicObjectId(id=key) for key in keys[start : start + CHUNK]],
        )
        live = {
            record.properties["external_id"]: record.properties for record in calls.read(question).results
        }
        for key in keys[start : start + CHUNK]:
            wanted = {name: str(value) for name, value in desired[key].items()}
            there = {name: live.get(key, {}).get(name) for name in wanted}
            if DeepDiff(there, wanted):
                inputs.append(
                    companies.SimplePublicObjectBatchInputUpsert(
                        id=key, id_property="external_id", properties=wanted
                    )
                )
    for start in range(0, len(inputs) if is_applied else 0, CHUNK):
        calls.upsert(
            companies.BatchInputSimplePublicObjectBatchInputUpsert(inputs=inputs[start : start + CHUNK])
        )
    sys.stdout.write(f"{len(inputs)} to write\n")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], is_applied="--apply" in sys.argv)
