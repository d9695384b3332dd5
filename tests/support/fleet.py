"""Work on environments that other processes can import."""

from reconciler import Environment


def apply_all(environment: Environment) -> int:
    """Plan and apply; return the number of applied changes."""
    with environment.plan() as plan:
        return environment.apply(plan).accounting()["applied"]


def fail_with_a_bug(_environment: Environment) -> int:
    return 1 // 0
