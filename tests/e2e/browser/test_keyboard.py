"""With a keyboard alone: everything is reached in order, and it can be seen where one is."""

from local.stack.stack import Stack
from local.tour import Visitor
from local.tour.referrals import TOPICS
from tests.e2e.browser.keyboard import focused, tab_to
from tests.e2e.conftest import roster


def press(visitor: Visitor, key: str) -> None:
    visitor.take_time()
    visitor.page.keyboard.press(key)
    visitor.page.wait_for_load_state()


def test_a_booking_with_the_keyboard_alone(visitor: Visitor, stack: Stack) -> None:
    visitor.delete_all_sessions()
    session_id = visitor.session()
    page = visitor.page

    visitor.open("/")
    tab_to(page, "a See dates and book a place")
    press(visitor, "Space")  # it looks like a button, so it answers like one
    page.wait_for_url("**/sessions")
    tab_to(page, "a Book a place on Friday 8 September")
    press(visitor, "Enter")
    page.wait_for_url("**/bookings/new?*")
    tab_to(page, "button Continue")
    press(visitor, "Space")
    page.get_by_text("There is a problem").wait_for()
    assert "nhsuk-error-summary" in page.evaluate("document.activeElement.className")
    tab_to(page, "a Enter your name")
    page.keyboard.press("Enter")
    assert focused(page) == "input Full name"
    page.keyboard.type("Ann Example")
    tab_to(page, "input Email address")
    page.keyboard.type(f"ann@{session_id}.nhs.net")
    tab_to(page, "input I will join from a private space")
    page.keyboard.press("Space")
    press(visitor, "Enter")  # in a form, Enter leads on
    page.get_by_role("heading", name="Check your answers").wait_for()
    tab_to(page, "button Confirm and book")
    press(visitor, "Enter")
    page.get_by_role("heading", name="You have booked a place").wait_for()

    assert [row["Email"] for row in roster(stack, session_id)] == [f"ann@{session_id}.nhs.net"]


def test_a_referral_with_the_keyboard_alone(visitor: Visitor) -> None:
    typed = {
        "your name": ("input What is your name?", "Ann Example"),
        "email address": ("input What is your email address?", "ann@home.example"),
    }
    chosen = {
        "help now or later": "input No, I can wait",
        "where you work": "input Yes",
        "contact": "input Email",
        "language": "input English",
    }
    page = visitor.page
    visitor.open("/one-to-one")
    tab_to(page, "button Start now")
    press(visitor, "Enter")
    for topic in TOPICS:
        if topic.name == "phone":
            continue  # asked of those who chose a call
        page.get_by_role("heading", level=1, name=topic.heading).wait_for()
        if topic.name in typed:
            name, text = typed[topic.name]
            tab_to(page, name)
            page.keyboard.type(text)
        elif topic.name in chosen:
            tab_to(page, chosen[topic.name].partition(",")[0])
            page.keyboard.press("Space")
        tab_to(page, "button Continue")
        press(visitor, "Enter")
    page.get_by_role("heading", name="Check your answers").wait_for()
    tab_to(page, "button Continue")
    press(visitor, "Space")
    page.get_by_role("heading", name="Your agreement").wait_for()
    tab_to(page, "input I agree")
    page.keyboard.press("Space")
    tab_to(page, "button Agree and send")
    press(visitor, "Space")
    page.get_by_role("heading", name="We have received your form").wait_for()


def test_the_first_tab_offers_to_skip_to_the_content(visitor: Visitor) -> None:
    visitor.open("/help-now")
    tab_to(visitor.page, "a Skip to main content")
    assert visitor.page.get_by_text("Skip to main content").bounding_box()
    visitor.page.keyboard.press("Enter")
    assert visitor.page.evaluate("document.activeElement.id") == "maincontent"


def test_enter_in_a_field_leads_on_and_not_back(visitor: Visitor) -> None:
    session_id = visitor.session()
    visitor.open(f"/bookings/new?session={session_id}")
    visitor.page.get_by_label("Full name").fill("Ann Example")
    visitor.page.get_by_label("Full name").press("Enter")
    visitor.page.get_by_text("There is a problem").wait_for()
    assert visitor.page.get_by_label("Full name").input_value() == "Ann Example"
