"""A plan can say which scopes it takes."""

from reconciler.hubspot.portal.scopes import read_scopes, write_scopes


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


def test_read_scopes_are_those_of_planning() -> None:
    assert read_scopes(["companies", "tickets"], names_owners=True) == (
        "crm.objects.companies.read",
        "crm.objects.owners.read",
        "tickets",
    )
    assert read_scopes(["car"], names_owners=False) == (
        "crm.objects.custom.read",
        "crm.schemas.custom.read",
    )
