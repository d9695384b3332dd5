"""The changes of a large plan, without the memory that they would take."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import overload

from reconciler.plan.change import Change


@dataclass(frozen=True, slots=True)
class ManyChanges(Sequence[Change]):
    """A sequence that builds each change from its number when it is read."""

    size: int
    make: Callable[[int], Change]

    def __len__(self) -> int:
        return self.size

    @overload
    def __getitem__(self, index: int) -> Change: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Change]: ...
    def __getitem__(self, index: int | slice) -> Change | Sequence[Change]:
        assert isinstance(index, int)
        return self.make(index)

    def __iter__(self) -> Iterator[Change]:
        return map(self.make, range(self.size))
