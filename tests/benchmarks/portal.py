"""A portal that answers from memory, in another process, for measuring speed.

It knows none of HubSpot's rules; the emulator does, but is too slow for such measurements. Every answer comes
after the given latency, any number of answers at the same time, with HubSpot's headers about limits. If a
limit is set, calls beyond it in a rolling window of ten seconds are refused with 429.

    python -m tests.benchmarks.portal RECORDS LATENCY_MS CALLS_PER_WINDOW

prints its URL. 0 records means an empty portal, 0 calls per window means no limit.
"""

import asyncio
import sys
from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs

import orjson

from tests.benchmarks.world import KEY, OBJECT, PORTAL_ID, companies, definitions

_WINDOW_S = 10.0
_UNLIMITED = 1_000_000
_MOMENT = "2026-01-01T00:00:00.000Z"


class Portal:
    """Records by key and by id, and the answers to calls about them."""

    def __init__(self, count: int) -> None:
        self._by_key: dict[str, bytes] = {}
        self._key_of: dict[str, str] = {}
        self._ids: list[int] = []  # in ascending order
        for company in companies(count):
            self._put(company.key, company.record_id, {KEY: company.key, **company.properties})
        self.calls = 0
        account = {"portalId": PORTAL_ID, "accountType": "STANDARD", "timeZone": "UTC"}
        self._pages = {
            "/account-info/v3/details": orjson.dumps(account),
            f"/crm/v3/properties/{OBJECT}": orjson.dumps({"results": definitions()}),
        }

    def answer(self, target: str, body: bytes) -> tuple[int, bytes]:
        """Return status and body of the answer to a request."""
        path, _, query = target.partition("?")
        if path in self._pages:
            return 200, self._pages[path]
        call = path.rpartition("/")[2]
        if not body:
            return 200, self._list(parse_qs(query)) if call == OBJECT else b'{"results":[]}'
        if call == "search":
            newest = [{"id": str(self._ids[-1]), "properties": {}}] if self._ids else []
            return 200, orjson.dumps({"total": len(self._ids), "results": newest})
        asked = orjson.loads(body)["inputs"]
        if call == "read":
            return self._read([item["id"] for item in asked])
        results = b",".join(self._write(item) for item in asked)
        return 200, b'{"status":"COMPLETE","results":[' + results + b"]}"

    def _list(self, query: Mapping[str, list[str]]) -> bytes:
        first = bisect_left(self._ids, int(query["after"][0])) if "after" in query else 0
        page = self._ids[first : first + int(query.get("limit", ["10"])[0])]
        body = b'{"results":[' + b",".join(self._by_key[self._key_of[str(id_)]] for id_ in page) + b"]"
        if not page or page[-1] == self._ids[-1]:
            return body + b"}"
        return body + b',"paging":{"next":{"after":"%d"}}}' % self._ids[first + len(page)]

    def _read(self, ids: list[str]) -> tuple[int, bytes]:
        keys = [self._key_of.get(id_, id_) for id_ in ids]
        found = [record for key in keys if (record := self._by_key.get(key))]
        body = b'{"status":"COMPLETE","results":[' + b",".join(found) + b"]"
        missing = [id_ for id_, key in zip(ids, keys, strict=True) if key not in self._by_key]
        if not missing:
            return 200, body + b"}"
        error = {
            "status": "error",
            "category": "OBJECT_NOT_FOUND",
            "message": "Could not get some objects, they may be deleted or not exist.",
            "context": {"ids": missing},
        }
        return 207, body + b',"numErrors":1,"errors":[' + orjson.dumps(error) + b"]}"

    def _write(self, item: Mapping[str, Any]) -> bytes:
        key = self._key_of.get(item["id"], item["id"])
        present = orjson.loads(self._by_key[key]) if key in self._by_key else None
        record_id = present["id"] if present else str(9_000_000 + len(self._by_key))
        before = present["properties"] if present else {KEY: key}
        written = orjson.loads(self._put(key, record_id, before | item["properties"]))
        return orjson.dumps(
            written | {"new": present is None, "objectWriteTraceId": item.get("objectWriteTraceId")}
        )

    def _put(self, key: str, record_id: str, properties: Mapping[str, str]) -> bytes:
        system = {"createdate": _MOMENT, "hs_lastmodifieddate": _MOMENT, "hs_object_id": record_id}
        record = orjson.dumps(
            {
                "id": record_id,
                "properties": {**properties, **system},
                "createdAt": _MOMENT,
                "updatedAt": _MOMENT,
                "archived": False,
            }
        )
        self._by_key[key] = record
        if record_id not in self._key_of:
            self._key_of[record_id] = key
            self._ids.append(int(record_id))
        return record


class Limiter:
    """A rolling window of calls, counted as HubSpot does."""

    def __init__(self, limit: int, now: Callable[[], float]) -> None:
        self._limit = limit or _UNLIMITED
        self._now = now
        self._taken: deque[float] = deque()

    def take(self) -> int:
        """Count a call; return how many calls are left, below 0 if the call is refused."""
        now = self._now()
        while self._taken and self._taken[0] <= now - _WINDOW_S:
            self._taken.popleft()
        if len(self._taken) >= self._limit:
            return -1
        self._taken.append(now)
        return self._limit - len(self._taken)

    def headers(self, left: int) -> bytes:
        return (
            f"X-HubSpot-RateLimit-Max: {self._limit}\r\nX-HubSpot-RateLimit-Remaining: {max(left, 0)}\r\n"
            "X-HubSpot-RateLimit-Interval-Milliseconds: 10000\r\n"
            "X-HubSpot-RateLimit-Daily: 1000000\r\nX-HubSpot-RateLimit-Daily-Remaining: 900000\r\n"
        ).encode()


class Connection(asyncio.Protocol):
    """HTTP/1.1 with one request after the other: as much of the protocol as the measured clients need."""

    def __init__(self, portal: Portal, limiter: Limiter, latency_s: float) -> None:
        self._portal = portal
        self._limiter = limiter
        self._latency_s = latency_s
        self._received = b""
        self._transport: asyncio.WriteTransport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, blank, rest = self._received.partition(b"\r\n\r\n")
        if not blank:
            return
        _, named, length = head.lower().partition(b"content-length:")
        size = int(length.split(b"\r\n", 1)[0]) if named else 0
        if len(rest) >= size:
            self._received = rest[size:]
            self._answer(head.split(b" ", 2)[1].decode(), rest[:size])

    def _answer(self, target: str, body: bytes) -> None:
        left = self._limiter.take()
        if left < 0:
            status = 429
            text = b'{"status":"error","category":"RATE_LIMITS","policyName":"TEN_SECONDLY_ROLLING"}'
        else:
            status, text = self._portal.answer(target, body)
        head = b"HTTP/1.1 %d OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n" % (
            status,
            len(text),
        )
        whole = head + self._limiter.headers(left) + b"\r\n" + text
        if self._latency_s:
            asyncio.get_running_loop().call_later(self._latency_s, self._transport.write, whole)
        else:
            self._transport.write(whole)


async def serve(count: int, latency_ms: float, limit: int) -> None:
    """Answer requests until the process is killed."""
    loop = asyncio.get_running_loop()
    portal, limiter = Portal(count), Limiter(limit, loop.time)
    server = await loop.create_server(
        lambda: Connection(portal, limiter, latency_ms / 1000), "127.0.0.1", 0, backlog=128
    )
    port = server.sockets[0].getsockname()[1]
    sys.stdout.write(f"http://127.0.0.1:{port}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])))
