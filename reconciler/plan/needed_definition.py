"""The definition that would solve a problem if the plan had it."""

from reconciler.errors import Problem
from reconciler.model.addresses import is_definition_address


def needed_definition(problem: Problem) -> str | None:
    """Return its address; None if there is none. Unlike the address of a record, it holds no value."""
    return problem.needs if problem.needs and is_definition_address(problem.needs) else None
