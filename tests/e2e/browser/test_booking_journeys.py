"""Everything people do about group sessions, from the first page to the last, in a real browser."""

from local.stack.stack import Stack
from local.tour import Visitor
from local.tour.bookings import BOOK, ON, WAIT, fill_in, go_to_check, open_details
from local.tour.managing import CANCEL, MOVE, open_own
from tests.e2e.browser.conftest import Visit
from tests.e2e.conftest import mails_to, roster


def states(stack: Stack, session_id: str) -> dict[str, str]:
    return {row["Email"].partition("@")[0]: row["State"] for row in roster(stack, session_id)}


def value_of(visitor: Visitor, label: str) -> str:
    return visitor.page.get_by_label(label, exact=True).input_value()


def test_a_person_finds_a_session_mends_a_mistake_checks_and_books(visitor: Visitor, stack: Stack) -> None:
    visitor.delete_all_sessions()
    session_id = visitor.session()

    visitor.open("/")
    visitor.press("See dates and book a place")
    visitor.follow("Book a place")
    visitor.write(full_name="Ann Example", email_address="ann@nowhere")
    visitor.press(ON)
    assert visitor.page.title().startswith("Error: ")
    visitor.follow("Enter an email address in the correct format")
    assert visitor.page.evaluate("document.activeElement.id") == "email"
    assert value_of(visitor, "Full name") == "Ann Example"
    fill_in(visitor, f"ann@{session_id}.nhs.net")
    visitor.press(ON)
    assert "Friday 8 September 2023, 3pm to 4:15pm" in visitor.page.inner_text("main")
    assert roster(stack, session_id) == [], "nothing is stored before it was checked"
    visitor.press(BOOK)

    assert visitor.heading() == "You have booked a place"
    [row] = roster(stack, session_id)
    assert (row["Name"], row["State"]) == ("Ann Example", "confirmed")
    assert row["Reference"] in visitor.page.inner_text("main")
    assert visitor.newest_mail(f"ann@{session_id}.nhs.net")["subject"].startswith("Staff session booked")


def test_a_person_changes_an_answer_and_comes_back_to_the_check(visitor: Visitor, stack: Stack) -> None:
    session_id = visitor.session()
    go_to_check(visitor, session_id)

    visitor.press("Change Full name")
    visitor.write(full_name="Ann Other")
    visitor.press(ON)

    assert visitor.heading() == "Check your answers before you book"
    assert "Ann Other" in visitor.page.inner_text("main")
    visitor.press(BOOK)
    assert [row["Name"] for row in roster(stack, session_id)] == ["Ann Other"]


def test_a_person_is_told_that_it_filled_up_meanwhile_and_waits_instead(visitor: Visitor, stack: Stack) -> None:
    session_id = visitor.session(Capacity=1)
    go_to_check(visitor, session_id)
    visitor.book(session_id, "faster")

    visitor.press(BOOK)
    assert visitor.heading() == "This session is full"
    assert not visitor.page.title().startswith("Error"), "it is nobody's mistake"
    visitor.press("Join the waiting list")

    assert visitor.heading() == "You have joined the waiting list"
    assert states(stack, session_id) == {"faster": "confirmed", "ann": "waiting"}


def test_a_person_joins_the_waiting_list_of_a_session_that_is_full(visitor: Visitor, stack: Stack) -> None:
    visitor.delete_all_sessions()
    session_id = visitor.session(Capacity=1)
    visitor.book(session_id, "first")

    visitor.open("/sessions")
    visitor.follow("Join the waiting list")
    fill_in(visitor, f"ann@{session_id}.nhs.net")
    visitor.press(ON)
    visitor.press(WAIT)

    assert visitor.heading() == "You have joined the waiting list"
    assert states(stack, session_id)["ann"] == "waiting"


def test_a_person_opens_the_link_in_the_email_and_cancels(visitor: Visitor, stack: Stack) -> None:
    session_id = visitor.session()
    address = visitor.book(session_id)
    mail = visitor.newest_mail(address)

    visitor.page.set_content(mail["html"])
    visitor.follow("See, change or cancel your booking")
    visitor.follow("Cancel your place")
    assert states(stack, session_id) == {"zoe": "confirmed"}, "a link alone changes nothing"
    visitor.press(CANCEL)

    assert "Your booking is cancelled" in visitor.page.inner_text("main")
    assert states(stack, session_id) == {"zoe": "cancelled"}


def test_a_person_moves_to_another_session(visitor: Visitor, stack: Stack) -> None:
    visitor.delete_all_sessions()
    other = visitor.session(Date="2023-09-25")
    session_id = open_own(visitor)

    visitor.follow("Move to another session")
    visitor.press(MOVE)
    assert visitor.page.title().startswith("Error: ")
    visitor.page.get_by_role("radio").check()
    visitor.press(MOVE)

    assert "You have moved to this session" in visitor.page.inner_text("main")
    assert "Monday 25 September 2023" in visitor.page.inner_text("main")
    assert (states(stack, session_id), states(stack, other)) == ({"zoe": "cancelled"}, {"zoe": "confirmed"})


def test_a_double_click_is_one_booking_with_scripts_and_without(visit: Visit, stack: Stack) -> None:
    for scripts in (True, False):
        with visit(java_script_enabled=scripts) as visitor:
            session_id = visitor.session()
            go_to_check(visitor, session_id)
            visitor.take_time()
            visitor.page.get_by_role("button", name=BOOK).dblclick()
            visitor.page.get_by_role("heading", name="You have booked a place").wait_for()
            stack.settle()
            assert len(roster(stack, session_id)) == 1
            assert len(mails_to(stack, f"ann@{session_id}.nhs.net")) == 1


def test_going_back_after_booking_and_sending_again_leads_to_the_same_page(visitor: Visitor, stack: Stack) -> None:
    session_id = visitor.session()
    go_to_check(visitor, session_id)
    visitor.press(BOOK)
    booked = visitor.page.inner_text("main")

    visitor.go_back()
    assert visitor.heading() == "Check your answers before you book"
    visitor.press(BOOK)

    assert visitor.page.inner_text("main") == booked
    assert len(roster(stack, session_id)) == 1


def test_going_back_after_cancelling_and_sending_again_leads_to_a_new_booking_with_the_answers_kept(
    visitor: Visitor, stack: Stack
) -> None:
    session_id = visitor.session()
    go_to_check(visitor, session_id)
    visitor.press(BOOK)
    visitor.open(f"{visitor.link(f'ann@{session_id}.nhs.net')}/cancel")
    visitor.press(CANCEL)
    while visitor.heading() != "Check your answers before you book":
        visitor.go_back()
    visitor.press(BOOK)

    assert visitor.heading() == "You cancelled this booking"
    assert states(stack, session_id) == {"ann": "cancelled"}
    visitor.press("Book again")
    assert "Ann Example" in visitor.page.inner_text("main")
    visitor.press(BOOK)
    assert visitor.heading() == "You have booked a place"
    assert states(stack, session_id) == {"ann": "confirmed"}


def test_reloading_the_last_page_books_nothing_again(visitor: Visitor, stack: Stack) -> None:
    session_id = visitor.session()
    go_to_check(visitor, session_id)
    visitor.press(BOOK)

    visitor.page.reload()

    assert visitor.heading() == "You have booked a place"
    assert len(roster(stack, session_id)) == 1


def test_a_form_that_lay_open_for_days_keeps_what_was_typed(visitor: Visitor, stack: Stack) -> None:
    session_id = visitor.session(Date="2023-10-26")
    go_to_check(visitor, session_id)
    before = visitor.now()
    try:
        stack.set_clock(before.replace(day=before.day + 3))
        visitor.press(BOOK)
        assert visitor.page.title().startswith("Error: ")
        assert "Ann Example" in visitor.page.inner_text("main")
        visitor.press(BOOK)
        assert visitor.heading() == "You have booked a place"
    finally:
        stack.settle()
        stack.set_clock(before)


def test_details_can_be_opened_without_choosing_a_session_first(visitor: Visitor, stack: Stack) -> None:
    visitor.delete_all_sessions()
    session_id = visitor.session()

    visitor.open("/bookings/new")
    visitor.press(ON)
    assert visitor.page.title().startswith("Error: ")
    visitor.page.get_by_role("radio").check()
    visitor.press(ON)
    fill_in(visitor, f"ann@{session_id}.nhs.net")
    visitor.press(ON)
    visitor.press(BOOK)

    assert states(stack, session_id) == {"ann": "confirmed"}


def test_the_form_says_which_session_it_is_about(visitor: Visitor) -> None:
    open_details(visitor, visitor.session(Theme="Rest"))
    assert "Friday 8 September 2023, 3pm to 4:15pm" in visitor.page.inner_text("main")
    assert "Theme: Rest" in visitor.page.inner_text("main")
