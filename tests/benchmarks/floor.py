"""The physical floor: no more than parsing, asking and comparing. No types, no state, no checks, no report.

python floor.py MANIFEST BASE_URL
"""

import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import orjson
from yaml._yaml import CParser
from yaml.events import MappingEndEvent, MappingStartEvent, ScalarEvent

THREADS = 16
CHUNK = 100
REFUSED = 429


def records(data: bytes) -> dict[str, dict[str, str]]:
    """The mapping under ``records``, every scalar as its text."""
    next_event: Callable[[], Any] = CParser(data).get_event
    while getattr(next_event(), "value", None) != "records":
        pass
    assert type(next_event()) is MappingStartEvent
    found: dict[str, dict[str, str]] = {}
    while type(event := next_event()) is ScalarEvent:
        next_event()
        found[event.value] = values = {}
        while type(name := next_event()) is not MappingEndEvent:
            values[name.value] = next_event().value
    return found


def main(path: str, base_url: str) -> None:
    with open(path, "rb") as file:  # noqa: PTH123 - pathlib is not needed here, and takes time
        desired = records(file.read())
    keys = list(desired)
    names = sorted({name for values in desired.values() for name in values})
    headers = {"Authorization": f"Bearer {os.environ['TOKEN']}", "Content-Type": "application/json"}
    limits = httpx.Limits(max_connections=THREADS, max_keepalive_connections=THREADS)
    with httpx.Client(base_url=base_url, headers=headers, limits=limits) as http:

        def read(chunk: list[str]) -> list[dict[str, Any]]:
            question = {
                "idProperty": "external_id",
                "properties": [*names, "external_id"],
                "inputs": [{"id": key} for key in chunk],
            }
            while True:
                answer = http.post("/crm/v3/objects/companies/batch/read", content=orjson.dumps(question))
                if answer.status_code != REFUSED:
                    break
                time.sleep(0.5)
            results: list[dict[str, Any]] = orjson.loads(answer.content)["results"]
            return results

        chunks = [keys[start : start + CHUNK] for start in range(0, len(keys), CHUNK)]
        changed = 0
        with ThreadPoolExecutor(THREADS) as pool:
            for results in pool.map(read, chunks):
                for record in results:
                    live = record["properties"]
                    wanted = desired[live["external_id"]]
                    changed += wanted != {name: live[name] for name in wanted}
    sys.stdout.write(f"{changed} to update\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
