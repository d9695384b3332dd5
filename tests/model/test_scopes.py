"""A plan names the scopes that it needs."""

from reconciler.model.scopes import write_scopes


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
