"""Everything people do who refer themselves, in a real browser; and what the provider does then."""

import pytest
from playwright.sync_api import Error

from local.stack.environment import PASSPHRASE
from local.stack.stack import Stack
from local.tour import Visitor
from local.tour.provider import KEEP, OPEN, SAVED, open_link
from local.tour.referrals import ADDRESS, BEGIN, CAN_WAIT, ON, SEND, TOPICS, agree_and_send, answer_all, begin
from tests.e2e.browser.conftest import Visit
from tests.e2e.conftest import mails_to, rows

LINKED = (("REFERRAL_DELIVERY", "link"),)


def mails(stack: Stack, reference: str) -> list[str]:
    """The texts of what the provider got about one referral."""
    stack.settle()
    sent = mails_to(stack, stack.settings["REFERRAL_RECIPIENT"])
    return [mail["content"]["plainText"] for mail in sent if reference in mail["content"]["subject"]]


def reference_on(visitor: Visitor) -> str:
    """The reference on the page that says that the form was received."""
    return visitor.page.locator(".nhsuk-panel strong").inner_text()


def go_back_and_send_again(visitor: Visitor) -> None:
    """Goes back to a page that was posted: Chromium shows an error page, and sends the form again on reloading."""
    with pytest.raises(Error, match="ERR_CACHE_MISS"):
        visitor.go_back()
    visitor.page.wait_for_function("location.protocol === 'chrome-error:' && document.readyState === 'complete'")
    visitor.page.reload()


def count(stack: Stack) -> int:
    return len(list(rows(stack, "Referrals", "REFERRALS_STORAGE").list_entities()))


def test_a_person_goes_back_and_forth_and_loses_nothing(visitor: Visitor) -> None:
    begin(visitor)
    answer_all(visitor)
    answers = visitor.page.locator("dl").inner_text()

    while visitor.heading() != "What is your name?":
        visitor.press("Back")
    assert visitor.page.get_by_label("What is your name?").input_value() == "Ann Example"
    while visitor.heading() != "Check your answers before you send them":
        visitor.press(ON)

    assert visitor.page.locator("dl").inner_text() == answers


def test_a_person_changes_one_answer_and_is_back_at_the_check(visitor: Visitor) -> None:
    begin(visitor)
    answer_all(visitor)

    visitor.press("Change Name")
    visitor.write(what_is_your_name="Ann Other")
    visitor.press(ON)

    assert visitor.heading() == "Check your answers before you send them"
    assert "Ann Other" in visitor.page.inner_text("main")


def test_the_browsers_own_way_back_keeps_the_answers_too(visitor: Visitor) -> None:
    begin(visitor)
    for topic in TOPICS[:3]:
        topic.answer(visitor)
        visitor.press(ON)

    visitor.go_back()
    assert visitor.heading() == "What is your name?"
    visitor.write(what_is_your_name="Ann Other")
    visitor.press(ON)
    visitor.press("Back")
    assert visitor.page.get_by_label("What is your name?").input_value() == "Ann Other"


def test_who_needs_help_now_is_shown_it_and_can_still_go_on(visitor: Visitor) -> None:
    begin(visitor)
    visitor.choose("Yes")
    visitor.press(ON)

    assert "Samaritans" in visitor.page.inner_text("main")
    visitor.press("Continue with the form")
    assert visitor.heading().startswith("Do you work for")


def test_a_double_click_is_one_referral_with_scripts_and_without(visit: Visit, stack: Stack) -> None:
    for scripts in (True, False):
        with visit(java_script_enabled=scripts) as visitor:
            begin(visitor)
            answer_all(visitor)
            visitor.press(ON)
            visitor.page.get_by_label("I agree").check()
            visitor.take_time()
            before = count(stack)
            visitor.page.get_by_role("button", name=SEND).dblclick()
            visitor.page.get_by_role("heading", name="We have received your form").wait_for()
            assert count(stack) == before + 1
            assert len(mails(stack, reference_on(visitor))) == 1


def test_sending_again_from_a_page_that_the_browser_shows_again_leads_to_the_same_reference(
    visit: Visit, stack: Stack
) -> None:
    """Without scripts, Chromium asks before it goes back to a page that was posted; this is someone who says yes."""
    with visit(java_script_enabled=False) as visitor:
        begin(visitor)
        answer_all(visitor)
        agree_and_send(visitor)
        reference, before = reference_on(visitor), count(stack)

        go_back_and_send_again(visitor)
        assert visitor.heading() == "Your agreement"
        visitor.page.get_by_label("I agree").check()
        visitor.press(SEND)

        assert reference_on(visitor) == reference
        assert count(stack) == before


@pytest.mark.parametrize("java_script", [True, False], ids=["with scripts", "without scripts"])
def test_form_sent_from_a_browser_has_its_marks(*, java_script: bool, visit: Visit, stack: Stack) -> None:
    """So it never gives way to others, whatever script or none sends it."""
    with visit(java_script_enabled=java_script) as visitor:
        begin(visitor)
        answer_all(visitor)
        agree_and_send(visitor)
        reference = reference_on(visitor)

    assert rows(stack, "Referrals", "REFERRALS_STORAGE").get_entity("referrals", reference)["Slow"] == "no"


def test_nothing_that_was_answered_is_in_an_address_or_left_in_the_browser(visitor: Visitor) -> None:
    addresses: list[str] = []
    visitor.page.on("request", lambda request: addresses.append(request.url))
    begin(visitor)
    answer_all(visitor)
    agree_and_send(visitor)

    assert len(addresses) > len(TOPICS)
    assert [each for each in addresses if "Ann" in each or "home.example" in each or "07700" in each] == []
    assert visitor.page.context.cookies() == []
    assert visitor.page.evaluate("[localStorage.length, sessionStorage.length]") == [0, 0]


def test_a_person_sees_how_far_their_form_has_come(visitor: Visitor) -> None:
    reference = visitor.referral()

    visitor.open("/one-to-one/status")
    visitor.write(your_reference=reference.lower())
    visitor.press("Check progress")

    assert "Ann" not in visitor.page.inner_text("body")
    assert visitor.heading().endswith("Your form is on its way")


def test_the_provider_opens_a_referral_saves_it_confirms_it_and_has_it_kept(visit: Visit) -> None:
    with visit(needs=LINKED) as visitor:
        visitor.referral()  # so that another one waits
        open_link(visitor, "collect")
        assert "Ann Example" not in visitor.page.content()
        visitor.page.get_by_label("Passphrase", exact=True).fill(PASSPHRASE)
        visitor.press(OPEN)
        assert "Ann Example" in visitor.page.inner_text("main")
        with visitor.page.expect_download() as saved:
            visitor.take_time()
            visitor.page.get_by_role("button", name="Save as a file").click()
        assert "Ann Example" in saved.value.path().read_text("utf-8")
        visitor.press(SAVED)
        assert "Thank you for confirming referral" in visitor.page.inner_text("main")
        assert visitor.heading() == "Referrals waiting for you"
        assert "Ann Example" not in visitor.page.content()
        go_back_and_send_again(visitor)
        assert visitor.heading() == "You have confirmed this referral"
        assert "Ann Example" not in visitor.page.content()
        visitor.press(KEEP)
        assert visitor.heading() == "Open a referral"
        assert "We have kept our copy" in visitor.page.inner_text("main")


def test_the_first_question_is_the_one_that_cannot_wait(visitor: Visitor) -> None:
    visitor.open(ADDRESS)
    visitor.press(BEGIN)
    assert visitor.page.get_by_label(CAN_WAIT).count() == 1
    assert not visitor.page.get_by_label(CAN_WAIT).is_checked(), "nothing is chosen for anyone"
