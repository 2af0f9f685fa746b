"""Without JavaScript: every form can be filled in, sent, mended and taken back."""

import pytest

from local.tour import ALL_WALKS
from tests.e2e.browser.conftest import PHONE, Visit

WALKS = ("booking", "one's own booking", "referring oneself", "the provider's passphrase")
MORE_WALKS = (
    "the list of sessions",
    "no place",
    "moving",
    "off the way of referring oneself",
    "the provider's word",
    "the provider's list",
)


def test_these_walks_are_on_the_tour() -> None:
    assert {walk.name for walk in ALL_WALKS} >= {*WALKS, *MORE_WALKS}


@pytest.mark.parametrize("name", [*WALKS, *(pytest.param(name, marks=pytest.mark.nightly) for name in MORE_WALKS)])
def test_every_page_is_reached_without_scripts(name: str, visit: Visit) -> None:
    [walk] = [each for each in ALL_WALKS if each.name == name]
    with visit(java_script_enabled=False, viewport=PHONE, needs=walk.needs) as visitor:
        for page in walk.pages(visitor):
            assert visitor.page.get_by_role("heading", level=1).count() == 1, page
            if "errors" in page:
                assert visitor.page.get_by_role("alert").get_by_role("link").count() > 0, page
