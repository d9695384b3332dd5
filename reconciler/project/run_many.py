"""Doing the same work for many environments, with any executor: threads, processes or a cluster."""

from collections.abc import Callable, Iterable
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Generic, TypeVar

from reconciler.errors import ReconcilerError
from reconciler.project.environment import Environment

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class WorkResult(Generic[T]):
    """The result of the work for one environment."""

    environment: str  # name of the environment
    value: T | None = None  # the result of the work; None if it failed
    error: ReconcilerError | None = None  # why it failed; None if it did not

    def unwrap(self) -> T:
        """Return the value.

        Raises:
            ReconcilerError: the work failed.
        """
        if self.error is not None:
            raise self.error
        return self.value  # type: ignore[return-value]  # T may itself allow None


def run_many(
    environments: Iterable[Environment], work: Callable[[Environment], T], *, executor: Executor
) -> tuple[WorkResult[T], ...]:
    """Call ``work`` for each environment, and wait until all have ended.

    A ``ReconcilerError`` of one environment does not stop the others. Any other error is a bug, and is raised
    after all have ended.

    Args:
        environments: in another process, each is opened again from its folder and name.
        work: if the executor uses processes, it must be picklable, such as a function of a module, and so
            must the values that it returns. A ``Plan`` is not picklable: save it.
        executor: any ``concurrent.futures.Executor``; the caller shuts it down.

    Returns:
        One result for each environment, in the same order.
    """
    futures = [executor.submit(_work_on, environment, work) for environment in environments]
    return tuple(future.result() for future in futures)


def _work_on(environment: Environment, work: Callable[[Environment], T]) -> WorkResult[T]:
    try:
        return WorkResult(environment.name, work(environment))
    except ReconcilerError as error:
        return WorkResult(environment.name, error=error)
