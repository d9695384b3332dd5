"""The physical minimum: only parsing, calling, comparing and writing, without types, checks and state.

python floor.py MANIFEST_OR_CSV BASE_URL [--apply]
"""

import csv
import os
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import Any

import httpx
import orjson
from yaml._yaml import CParser
from yaml.events import MappingEndEvent, MappingStartEvent, ScalarEvent

THREADS = 16
AHEAD = 32
CHUNK = 100
REFUSED = 429
KEY = "external_id"

Row = tuple[str, dict[str, str]]


def from_manifest(data: bytes) -> Iterator[Row]:
    """Yield the mapping under ``records``, with every scalar as text."""
    next_event: Callable[[], Any] = CParser(data).get_event
    while getattr(next_event(), "value", None) != "records":
        pass
    assert type(next_event()) is MappingStartEvent
    while type(event := next_event()) is ScalarEvent:
        next_event()
        values: dict[str, str] = {}
        while type(name := next_event()) is not MappingEndEvent:
            values[name.value] = next_event().value
        yield event.value, values


def from_table(path: str) -> Iterator[Row]:
    """Yield the rows of a CSV file, in their order."""
    with open(path, newline="") as file:  # noqa: PTH123 - pathlib is not needed here, and takes time
        reader = csv.reader(file)
        header = next(reader)
        for row in reader:
            values = dict(zip(header, row, strict=True))
            yield values.pop(KEY), values


def read(path: str) -> Iterable[Row]:
    """Return all records of a manifest at once, or an iterator over the rows of a table."""
    if path.endswith(".csv"):
        return from_table(path)
    with open(path, "rb") as file:  # noqa: PTH123 - likewise
        return list(from_manifest(file.read()))


def chunks(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """Yield a hundred rows at a time."""
    iterator = iter(rows)
    while chunk := list(islice(iterator, CHUNK)):
        yield chunk


def ahead(pool: ThreadPoolExecutor, ask: Callable[[Any], Any], questions: Iterable[Any]) -> Iterator[Any]:
    """Yield the answers in order; a limited number of questions is asked in advance."""
    asked: Iterator[tuple[Any, Future[Any]]] = ((one, pool.submit(ask, one)) for one in questions)
    waiting = deque(islice(asked, AHEAD))
    while waiting:
        question, answer = waiting.popleft()
        waiting.extend(islice(asked, 1))
        yield question, answer.result()


def main(path: str, base_url: str, *, is_applied: bool) -> None:
    rows = read(path)
    headers = {"Authorization": f"Bearer {os.environ['HUBSPOT_TOKEN']}", "Content-Type": "application/json"}
    limits = httpx.Limits(max_connections=THREADS, max_keepalive_connections=THREADS)
    with httpx.Client(base_url=base_url, headers=headers, limits=limits) as http:

        def call(what: str, body: dict[str, Any]) -> list[dict[str, Any]]:
            while True:
                answer = http.post(f"/crm/v3/objects/companies/batch/{what}", content=orjson.dumps(body))
                if answer.status_code != REFUSED:
                    break
                time.sleep(0.5)
            results: list[dict[str, Any]] = orjson.loads(answer.content)["results"]
            return results

        def live(chunk: list[Row]) -> list[dict[str, Any]]:
            inputs = [{"id": key} for key, _ in chunk]
            return call("read", {"idProperty": KEY, "properties": [*chunk[0][1], KEY], "inputs": inputs})

        def write(chunk: list[Row]) -> list[dict[str, Any]]:
            inputs = [{"id": key, "idProperty": KEY, "properties": values} for key, values in chunk]
            return call("upsert", {"inputs": inputs})

        changed: list[Row] = []
        with ThreadPoolExecutor(THREADS) as pool:
            for chunk, results in ahead(pool, live, chunks(rows)):
                there = {record["properties"][KEY]: record["properties"] for record in results}
                for key, wanted in chunk:
                    held = there.get(key, {})
                    if wanted != {name: held.get(name) for name in wanted}:
                        changed.append((key, wanted))
            for _ in ahead(pool, write, chunks(changed) if is_applied else ()):
                pass
    sys.stdout.write(f"{len(changed)} to write\n")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], is_applied="--apply" in sys.argv)
