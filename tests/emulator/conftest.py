from collections.abc import Iterator

import pytest

from tests.emulator.portal import KEY, Portal, opened

KEYED = {
    "properties": {
        "companies": [{**KEY, "groupName": "companyinformation"}],
        "deals": [{**KEY, "groupName": "dealinformation"}],
        "tickets": [{**KEY, "groupName": "ticketinformation"}],
        "postal_mail": [{**KEY, "groupName": "postal_mail"}],
        "goal_targets": [{**KEY, "groupName": "goal_target_information"}],
    }
}


@pytest.fixture
def portal() -> Iterator[Portal]:
    """Yield a portal in which five object types have the unique property ``ext_key``."""
    with opened(KEYED) as made:
        yield made
