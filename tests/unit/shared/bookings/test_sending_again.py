"""An administrator has the last confirmation of one person sent once more."""

import pytest

from shared.mail.log_rows import MailState
from tests.builders import london
from tests.unit.shared.bookings.booking_system import BookingHarness
from tests.unit.shared.bookings.test_joining_links import OUTSIDER, with_someone_waiting


def cell(harness: BookingHarness, name: str) -> str:
    return harness.row(name).text("SendAgain")


def ask(harness: BookingHarness, name: str, text: object = "yes") -> None:
    harness.edit(name, SendAgain=text)
    harness.tick()


def test_the_last_confirmation_goes_once_more_and_the_cell_is_emptied() -> None:
    harness = with_someone_waiting()
    harness.pass_time(hours=2)
    ask(harness, "ann")
    assert cell(harness, "ann") == "being sent: 20230901T1000Z"
    assert harness.kinds("ann") == ["booked", "booked"]
    assert harness.mails("ann")[0].text == harness.mails("ann")[1].text
    for _ in range(3):
        harness.pass_time(minutes=5)
        harness.tick()

    assert cell(harness, "ann") == ""
    assert harness.kinds("ann") == ["booked", "booked"]
    assert harness.kinds("ben") == ["waiting list"]
    assert "confirmation sent Fri 1 Sep, 9am; confirmation sent Fri 1 Sep, 11am" in harness.row("ann").text("Mail")


def test_it_says_where_the_person_stands_now() -> None:
    harness = with_someone_waiting()
    harness.edit_session(Time="16:00", Note="Ring twice.")
    harness.live(until=london("2023-09-01 10:00"))
    ask(harness, "ann")
    ask(harness, "ben")

    assert harness.kinds("ann") == ["booked", "changed", "booked"]
    assert harness.kinds("ben") == ["waiting list", "changed", "waiting list"]
    assert "4pm to 5:15pm" in harness.mails("ann")[-1].text
    assert "Ring twice." in harness.mails("ann")[-1].text


def test_who_waits_keeps_the_turn_after_it_was_sent_again() -> None:
    harness = with_someone_waiting()
    harness.pass_time(minutes=5)
    harness.book("cem", join_waiting_list=True)
    harness.pass_time(hours=3)
    ask(harness, "ben")
    harness.cancel("ann")
    harness.tick()

    assert harness.states() == {"ann": "cancelled", "ben": "confirmed", "cem": "waiting"}


def test_asked_for_again_within_the_hour_it_is_answered_and_not_sent() -> None:
    harness = with_someone_waiting()
    for _ in range(3):
        ask(harness, "ann")
        harness.pass_time(minutes=5)
        harness.tick()
    assert harness.kinds("ann") == ["booked", "booked"]
    assert cell(harness, "ann") == "not sent: it went again Fri 1 Sep, 9am, less than an hour ago"
    harness.pass_time(hours=1)
    ask(harness, "ann")

    assert harness.kinds("ann") == ["booked", "booked", "booked"]


def test_a_row_that_is_saved_as_it_was_while_it_was_being_sent_asks_for_nothing_again() -> None:
    harness = with_someone_waiting()
    ask(harness, "ann")
    opened = harness.row("ann").cells
    harness.pass_time(minutes=5)
    harness.tick()
    assert cell(harness, "ann") == ""
    harness.bookings.put({**opened})
    harness.pass_time(hours=2)
    harness.tick()

    assert cell(harness, "ann") == ""
    assert harness.kinds("ann") == ["booked", "booked"]


def test_a_run_that_was_cut_off_before_it_sent_goes_on_with_the_same_email() -> None:
    harness = with_someone_waiting()
    harness.edit("ann", SendAgain="yes")
    harness.run_schedule_without_sending()
    assert harness.kinds("ann") == ["booked"]
    for _ in range(3):
        harness.pass_time(minutes=5)
        harness.tick()

    assert harness.kinds("ann") == ["booked", "booked"]
    assert cell(harness, "ann") == ""


def test_it_goes_also_while_updates_and_reminders_are_held() -> None:
    harness = with_someone_waiting(HoldEmails="yes")
    ask(harness, "ann")

    assert harness.kinds("ann") == ["booked", "booked"]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"State": "cancelled"}, "this booking is cancelled"),
        ({"Email": "nobody"}, "no email can be sent to this address"),
    ],
)
def test_where_there_is_nothing_to_send_the_cell_says_why(change: dict[str, str], why: str) -> None:
    harness = with_someone_waiting()
    harness.edit("ann", SendAgain="yes", **change)
    harness.tick()
    before = len(harness.mails("ann"))
    harness.pass_time(minutes=5)
    harness.tick()

    assert cell(harness, "ann") == f"not sent: {why}"
    assert len(harness.mails("ann")) == before
    assert "SendAgain" not in harness.row("ann").text("Problem")


def test_nothing_goes_to_an_address_that_no_one_has_confirmed() -> None:
    harness = BookingHarness()
    harness.book("dee", **OUTSIDER | {"proves": False})
    harness.tick()
    ask(harness, "dee")

    assert harness.kinds("dee") == ["to confirm"]
    assert cell(harness, "dee") == "not sent: this person has not confirmed the email address yet"


def test_nothing_goes_to_an_address_from_which_the_confirmation_came_back() -> None:
    harness = BookingHarness()
    harness.comes_back = lambda address: address.startswith("eve")
    harness.book("eve")
    harness.tick()
    harness.pass_time(hours=2)
    harness.tick()
    ask(harness, "eve")

    assert harness.kinds("eve") == ["booked"]
    assert cell(harness, "eve").startswith("not sent: the last email came back.")


def test_a_session_that_was_called_off_sends_no_confirmation() -> None:
    harness = with_someone_waiting()
    harness.edit_session(State="cancelled")
    harness.live(until=london("2023-09-01 10:00"))
    ask(harness, "ann")

    assert cell(harness, "ann") == "not sent: the session does not take place"
    assert harness.kinds("ann") == ["booked", "cancelled"]


def test_it_counts_against_the_limit_of_an_address_that_has_never_acted() -> None:
    harness = with_someone_waiting()
    for _ in range(5):
        harness.pass_time(hours=2)
        ask(harness, "ann")

    assert len(harness.mails("ann")) == 3
    assert "confirmation waits until" in harness.row("ann").text("Mail")


def test_a_confirmation_sent_again_that_comes_back_is_named() -> None:
    harness = with_someone_waiting()
    harness.report("ann@example.nhs.uk", "Delivered")
    harness.pass_time(hours=2)
    ask(harness, "ann")
    [(operation, _)] = [each for each in harness.sender.sent if each[1].to.startswith("ann")][1:]
    assert harness.mailer().record_report(str(operation), "Bounced", harness.now)
    harness.tick()

    assert {entry.state for entry in harness.ledger().entries("s1").values()} >= {MailState.BOUNCED}
    assert "Email did not arrive: confirmation bounced." in harness.row("ann").text("Problem")


@pytest.mark.parametrize("text", ["yes", "Yes ", " y", "TRUE", "\u200byes", True], ids=ascii)
def test_yes_in_any_spelling_asks(text: object) -> None:
    harness = with_someone_waiting()
    ask(harness, "ann", text)

    assert harness.kinds("ann") == ["booked", "booked"]


@pytest.mark.parametrize("text", ["<b>yes</b>", "yes please", "list", "x" * 10_000], ids=lambda text: text[:9])
def test_a_text_that_asks_for_nothing_is_named_and_sends_nothing(text: str) -> None:
    harness = with_someone_waiting()
    ask(harness, "ann", text)

    assert "SendAgain" in harness.row("ann").text("Problem")
    assert harness.kinds("ann") == ["booked"]
    ask(harness, "ann", "")
    assert harness.row("ann").text("Problem") == ""


@pytest.mark.parametrize("text", ["no", "", " \u202e"], ids=ascii)
def test_no_and_nothing_send_nothing(text: str) -> None:
    harness = with_someone_waiting()
    ask(harness, "ann", text)

    assert harness.row("ann").text("Problem") == ""
    assert harness.kinds("ann") == ["booked"]


def test_where_someone_stands_has_changed_before_it_went_one_email_says_so() -> None:
    harness = with_someone_waiting()
    harness.pass_time(hours=2)
    harness.edit("ben", SendAgain="yes")
    harness.run_schedule_without_sending()  # as in a pause of all emails
    harness.pass_time(minutes=5)
    harness.cancel("ann")
    for _ in range(3):
        harness.pass_time(minutes=5)
        harness.tick()

    assert harness.kinds("ben") == ["waiting list", "booked"]
    assert cell(harness, "ben") == ""


def test_where_the_address_was_corrected_while_it_went_the_new_one_gets_one_confirmation() -> None:
    harness = with_someone_waiting()
    harness.pass_time(hours=2)
    ask(harness, "ann")
    harness.edit("ann", Email="anna@example.nhs.uk")
    for _ in range(3):
        harness.pass_time(minutes=5)
        harness.tick()

    assert [mail.to for mail in harness.mails("anna")] == ["anna@example.nhs.uk"]
    assert cell(harness, "ann") == ""
