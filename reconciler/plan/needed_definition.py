"""The definition that would solve a problem if the plan created it."""

from reconciler.errors import Problem
from reconciler.model.addresses import is_definition_address


def needed_definition(problem: Problem) -> str | None:
    """Return the address of the definition that would solve ``problem``; None if no definition would.

    Unlike addresses of records, this address contains no personal value.
    """
    return problem.needs if problem.needs and is_definition_address(problem.needs) else None
