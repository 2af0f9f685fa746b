"""Pages in other colours, larger, and on paper."""

from typing import Any

import pytest
from playwright.sync_api import ViewportSize

from local.stack.environment import PASSPHRASE
from local.tour import ALL_WALKS, Visitor, Walk
from local.tour.provider import OPEN, open_link
from local.tour.referrals import agree_and_send, answer_all, begin
from tests.e2e.browser.conftest import Visit
from tests.e2e.browser.contrast import low_contrast_texts

LOOKS: dict[str, dict[str, Any]] = {
    "dark": {"color_scheme": "dark"},
    "high contrast": {"forced_colors": "active"},
    "high contrast, dark": {"forced_colors": "active", "color_scheme": "dark"},
}
SHOWN = {"booking"}
PAPER: ViewportSize = {"width": 718, "height": 1000}  # A4 at 96 dots an inch, less its margins


@pytest.mark.parametrize(
    "walk",
    [
        *(walk for walk in ALL_WALKS if walk.name in SHOWN),
        *(pytest.param(walk, marks=pytest.mark.nightly) for walk in ALL_WALKS if walk.name not in SHOWN),
    ],
    ids=lambda walk: walk.name,
)
@pytest.mark.parametrize(
    "look", ["dark", "high contrast", pytest.param("high contrast, dark", marks=pytest.mark.nightly)]
)
def test_pages_are_legible_in_a_persons_own_colours(look: str, walk: Walk, visit: Visit) -> None:
    with visit(**LOOKS[look]) as visitor:
        for name in walk.pages(visitor):
            assert low_contrast_texts(visitor.page) == [], name


def test_words_that_do_not_stand_out_are_noticed(visitor: Visitor) -> None:
    visitor.page.set_content(
        "<p style='color: #999'>Pale</p><div style='background: #000'><b>Black</b></div><p>Clear</p>"
    )
    assert low_contrast_texts(visitor.page) == ["P: Pale", "B: Black"]


def test_in_high_contrast_a_button_has_an_edge_and_a_choice_can_be_seen(visit: Visit) -> None:
    edge = (
        "each => { const s = getComputedStyle(each); return s.borderTopStyle !== 'none' && s.borderTopWidth !== '0px' }"
    )
    with visit(forced_colors="active") as visitor:
        begin(visitor)
        assert visitor.page.get_by_role("button", name="Continue", exact=True).evaluate(edge)
        radio = visitor.page.get_by_role("radio").first
        radio.check()
        ring = "each => getComputedStyle(each.labels[0], '::after').borderTopWidth"
        assert radio.evaluate(ring) != "0px"


def test_who_turns_off_movement_is_not_moved(visit: Visit) -> None:
    with visit(reduced_motion="reduce") as visitor:
        visitor.open("/")
        assert visitor.page.evaluate("document.getAnimations().length") == 0


def test_the_list_of_questions_is_printed_whole_and_without_the_frame_of_the_site(visitor: Visitor) -> None:
    visitor.open("/one-to-one/question-list")
    on_screen = visitor.page.inner_text("main")
    print_out(visitor)

    assert [each for each in visitor.page.inner_text("main").split() if each not in on_screen.split()] == []
    assert visitor.page.inner_text("main").count("?") == on_screen.count("?") > 5
    assert visitor.page.locator(".nhsuk-footer:visible").count() == 0


def test_the_reference_of_a_referral_is_on_the_printed_page(visitor: Visitor) -> None:
    begin(visitor)
    answer_all(visitor)
    agree_and_send(visitor)
    reference = visitor.page.get_by_role("heading", level=1).locator("xpath=..").inner_text().split()[-1]
    print_out(visitor)

    assert reference in visitor.page.inner_text("main")


def test_a_referral_is_printed_for_the_record_without_its_buttons(visit: Visit) -> None:
    with visit(needs=(("REFERRAL_DELIVERY", "link"),)) as visitor:
        open_link(visitor, "collect")
        visitor.page.get_by_label("Passphrase", exact=True).fill(PASSPHRASE)
        visitor.press(OPEN)
        print_out(visitor)

        assert "Ann Example" in visitor.page.inner_text("main")
        assert visitor.page.locator("main button:visible").count() == 0


def print_out(visitor: Visitor) -> None:
    """As a printer gets it: a PDF can be made, and nothing lies beside the paper."""
    visitor.page.set_viewport_size(PAPER)
    visitor.page.emulate_media(media="print")
    assert visitor.page.pdf(format="A4").startswith(b"%PDF")
    assert visitor.page.evaluate("document.scrollingElement.scrollWidth") <= PAPER["width"]
