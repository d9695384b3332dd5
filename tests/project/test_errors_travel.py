"""Errors keep their contents when they come back from other processes."""

import pickle

import pytest

from reconciler.errors import (
    HubSpotError,
    Locked,
    ManifestError,
    NoAnswer,
    NotAllowed,
    PlanRefused,
    Problem,
    ReconcilerError,
    Refusal,
    RequestRejected,
    StateError,
    Unavailable,
    UsageError,
)
from reconciler.model.object_references import ObjectProperty
from reconciler.source import SourceRef

PROBLEM = Problem("unknown property", "did you mean name?", SourceRef("a.yaml", 3, 1), "companies/acme")


def kinds(of: type[ReconcilerError]) -> set[type[ReconcilerError]]:
    return {of}.union(*map(kinds, of.__subclasses__()))


def hubspot(kind: type[HubSpotError]) -> HubSpotError:
    return kind(
        "no", method="POST", path="/crm", status=400, category="VALIDATION_ERROR", correlation_id="5f"
    )


ERRORS = [
    ReconcilerError("all"),
    ManifestError((PROBLEM,), masked_properties=(ObjectProperty("contacts", "email"),)),
    PlanRefused(Refusal.GUARD, "too much"),
    *map(hubspot, (HubSpotError, NotAllowed, RequestRejected, Unavailable, NoAnswer)),
    StateError("lost"),
    Locked("by ada"),
    UsageError("flags"),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_an_error_is_the_same_after_a_journey(error: ReconcilerError) -> None:
    travelled = pickle.loads(pickle.dumps(error))
    assert type(travelled) is type(error)
    assert (str(travelled), vars(travelled)) == (str(error), vars(error))


def test_every_error_has_been_on_a_journey() -> None:
    of_ours = {kind for kind in kinds(ReconcilerError) if kind.__module__ == "reconciler.errors"}
    assert of_ours == {type(error) for error in ERRORS}
