"""Without JavaScript: every form can be filled in, sent, mended and taken back."""

import pytest

from local.tour import ALL_WALKS, Walk
from tests.e2e.browser.conftest import PHONE, Visit

WALKS = {
    "the list of sessions",
    "booking",
    "no place",
    "one's own booking",
    "moving",
    "referring oneself",
    "off the way of referring oneself",
    "the provider's word",
    "the provider's passphrase",
    "the provider's list",
}


def test_these_walks_are_on_the_tour() -> None:
    assert {walk.name for walk in ALL_WALKS} >= WALKS


@pytest.mark.parametrize("walk", [walk for walk in ALL_WALKS if walk.name in WALKS], ids=lambda walk: walk.name)
def test_every_page_is_reached_without_scripts(walk: Walk, visit: Visit) -> None:
    with visit(java_script_enabled=False, viewport=PHONE, needs=walk.needs) as visitor:
        for name in walk.pages(visitor):
            assert visitor.page.get_by_role("heading", level=1).count() == 1, name
            if "errors" in name:
                assert visitor.page.get_by_role("alert").get_by_role("link").count() > 0, name
