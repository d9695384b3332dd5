"""Maximum size and duration of an answer, because a server may be broken, slow or hostile."""

import math
import time
import zlib
from collections.abc import Iterator

import httpx

from reconciler.hubspot.transport.limits import EDGE_TIMEOUT_S

MOST_BYTES = 64 * 1024 * 1024
"""Maximum bytes of an unpacked answer; 100 records with all their properties have a few million."""

PACKED_AS = "gzip"
"""The only compression that we accept: it is unpacked here, in pieces of limited size."""

SILENCE_S = EDGE_TIMEOUT_S + 10
"""Maximum seconds without a byte: longer than HubSpot's own timeout, whose answer (524) we want to read."""

CALL_S = 30.0 + SILENCE_S
"""Maximum seconds of one call, from its first byte to the last byte of its answer."""

_ZLIB_OF_GZIP = 31  # value for gzip, https://docs.python.org/3/library/zlib.html#zlib.decompressobj


class Unfit(Exception):
    """Error: an answer is too large or wrongly compressed, and is not read further."""


class Remaining:
    """The timeout of the next read or write of a call.

    It limits the time without any data, and the total time of the call.

    A socket takes its timeout from this object before every read and write; any object that converts to an
    integer is accepted. The total time counts from the first read or write, because before that, a call may
    wait for a connection.
    """

    def __init__(self, call_s: float, silence_s: float) -> None:
        self._call_s = call_s
        self._silence_s = silence_s
        self._until: float | None = None

    def __index__(self) -> int:
        now = time.monotonic()
        if self._until is None:
            self._until = now + self._call_s
        left_s = self._until - now
        if left_s <= 0:
            raise TimeoutError("the call took too long")
        return math.ceil(min(left_s, self._silence_s))


def bound_in_time(request: httpx.Request) -> None:
    """Limit the time of ``request`` to ``CALL_S``."""
    timeouts = dict(request.extensions.get("timeout", {}))
    remaining = Remaining(CALL_S, SILENCE_S)
    request.extensions["timeout"] = timeouts | {"read": remaining, "write": remaining}


def read_body(response: httpx.Response, most_bytes: int = MOST_BYTES) -> bytes:
    """Read the body of ``response`` and unpack it.

    Raises:
        Unfit: the body is too large, or compressed in a way that was not requested.
        httpx.RequestError: the body does not arrive.
    """
    if response.is_stream_consumed:  # it is complete already, because it did not come from a network
        return response.content
    packed = response.headers.get("content-encoding", "").strip().lower()
    if packed not in {"", "identity", PACKED_AS}:
        raise Unfit("it is compressed in a way that was not requested")
    chunks = response.iter_raw()
    body = bytearray()
    for piece in _unpacked(chunks, most_bytes) if packed == PACKED_AS else chunks:
        body += piece
        if len(body) > most_bytes:
            raise Unfit(f"it is larger than {most_bytes // 1024 // 1024} MiB")
    return bytes(body)


def _unpacked(chunks: Iterator[bytes], most_bytes: int) -> Iterator[bytes]:
    """Unpack ``chunks`` in pieces of limited size, so that a small body cannot fill the memory."""
    unpacker = zlib.decompressobj(wbits=_ZLIB_OF_GZIP)
    piece_bytes = min(most_bytes + 1, 1 << 20)
    try:
        for chunk in chunks:
            packed = chunk
            while packed and not unpacker.eof:
                yield unpacker.decompress(packed, piece_bytes)
                packed = unpacker.unconsumed_tail
    except zlib.error:
        raise Unfit("it cannot be unpacked") from None
    if not unpacker.eof:
        raise Unfit("it is cut short")
