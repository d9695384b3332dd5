"""Line ends that are mixed in a file, or unusual: reported once, at the first such line."""

from collections.abc import Iterable, Iterator

from reconciler.errors import Problem
from reconciler.source import SourceRef

_NAMES = {"\n": "LF", "\r\n": "CR LF", "\r": "CR alone"}
_ADVICE = "save the file with the same line end everywhere: LF, or CR LF"


def uneven_ends(lines: Iterable[tuple[int, str]], name: str) -> Iterator[Problem]:
    """Report the first of ``lines`` that ends with a bare CR, or has another line ending than the first."""
    first = None
    for line, text in lines:
        end = text[len(text.rstrip("\r\n")) :]
        end = end if end in _NAMES else end[:1]
        first = first or end
        if end == "\r" or (end and end != first):
            others = f", and the first one in {_NAMES[first]}" if first != end else ""
            yield Problem(f"this line ends in {_NAMES[end]}{others}", _ADVICE, SourceRef(name, line, 1))
            return
