"""A plan names the scopes that it needs."""

import pytest

from reconciler.model.scopes import is_held, write_scopes


def test_write_scopes_are_those_of_the_types_written() -> None:
    assert write_scopes(["companies", "0-3", "tickets", "postal_mail", "goal_targets", "car"]) == (
        "crm.objects.companies.write",
        "crm.objects.contacts.write",
        "crm.objects.custom.write",
        "crm.objects.deals.write",
        "crm.objects.goals.write",
        "tickets",
    )
    assert write_scopes(["emails", "taxes", "commerce_payments", "feedback_submissions"]) == (
        "crm.objects.commercepayments.write",
        "crm.objects.contacts.write",
        "crm.objects.line_items.write",
        "sales-email-read",
    )


@pytest.mark.parametrize(
    ("needed", "held"),
    [
        ("crm.objects.companies.write", "crm.objects.companies.write"),
        ("crm.objects.products.read", "e-commerce"),
        ("crm.objects.line_items.write", "e-commerce"),
        ("tickets", "crm.objects.tickets.write"),
    ],
)
def test_a_scope_is_held_by_its_name_or_by_one_that_hubspot_takes_instead(needed: str, held: str) -> None:
    assert is_held(needed, {held})
    assert not is_held(needed, {"crm.objects.deals.write"})


def test_e_commerce_permits_nothing_else() -> None:
    assert not is_held("crm.objects.companies.write", {"e-commerce", "crm.objects.tickets.write"})
