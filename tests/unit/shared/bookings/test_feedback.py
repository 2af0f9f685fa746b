"""One email after a session asks everyone who had a place how it was, where the installation wants that."""

from dataclasses import replace

import pytest

from tests.builders import POLICY, london
from tests.unit.shared.bookings.booking_system import BookingHarness

LINK = "https://forms.example/feedback/1"
ASKS = replace(POLICY, feedback=True)


def over(policy: object = ASKS, **cells: object) -> BookingHarness:
    """Ann has the place and Ben waits; it is ten minutes after the end."""
    harness = BookingHarness(**{"policy": policy, "Capacity": 1, "FeedbackUrl": LINK} | cells)  # type: ignore[arg-type]  # of the policy
    harness.book("ann")
    harness.book("ben", join_waiting_list=True)
    harness.tick()
    harness.at(london("2023-09-08 16:25"))
    harness.tick()
    return harness


def test_everyone_who_had_a_place_is_asked_once_and_no_one_else() -> None:
    harness = over(Capacity=2)
    harness.live(until=london("2023-09-20 12:00"))

    assert (harness.kinds("ann")[-1], harness.kinds("ben")[-1]) == ("feedback", "feedback")
    assert harness.kinds("ann").count("feedback") == 1
    assert LINK in harness.mails("ann")[-1].text
    assert harness.session_row().text("Over") == "yes"


def test_who_waited_or_cancelled_is_not_asked() -> None:
    harness = BookingHarness(ASKS, Capacity=2, FeedbackUrl=LINK)
    for name in ("ann", "dov"):
        harness.book(name)
    harness.book("ben", join_waiting_list=True)
    harness.edit_session(WaitingList="no", Capacity=1)
    harness.tick()
    harness.cancel("dov")
    harness.at(london("2023-09-08 16:25"))
    harness.tick()

    assert harness.kinds("ann")[-1] == "feedback"
    assert "feedback" not in harness.kinds("ben") + harness.kinds("dov")


def test_without_the_setting_or_a_link_or_after_a_cancellation_no_one_is_asked() -> None:
    for harness in (over(POLICY), over(FeedbackUrl=""), over(State="test")):
        harness.live(until=london("2023-09-12 12:00"))
        assert "feedback" not in harness.kinds("ann")
        assert harness.session_row().text("Over") == "yes"
    harness = BookingHarness(ASKS, FeedbackUrl=LINK)
    harness.book("ann")
    harness.tick()
    harness.edit_session(State="cancelled")
    harness.live(until=london("2023-09-12 12:00"))
    assert harness.kinds("ann") == ["booked", "cancelled"]


def test_no_one_is_asked_before_the_end() -> None:
    harness = BookingHarness(ASKS, FeedbackUrl=LINK)
    harness.book("ann")
    harness.at(london("2023-09-08 16:10"))
    harness.tick()

    assert "feedback" not in harness.kinds("ann")


def test_a_link_that_is_filled_in_after_the_session_is_still_sent_for_three_days() -> None:
    for at, is_asked in (("2023-09-11 12:00", True), ("2023-09-11 16:20", False)):
        harness = over(FeedbackUrl="")
        harness.at(london(at))
        harness.edit_session(FeedbackUrl=LINK)
        harness.tick()
        assert ("feedback" in harness.kinds("ann")) is is_asked, at


def test_after_an_outage_of_three_days_no_one_is_asked_late() -> None:
    harness = BookingHarness(ASKS, FeedbackUrl=LINK)
    harness.book("ann")
    harness.tick()
    harness.at(london("2023-09-11 16:20"))
    harness.tick()

    assert harness.kinds("ann") == ["booked"]
    assert harness.session_row().text("Over") == "yes"


def test_two_runs_at_once_and_a_run_that_was_cut_off_ask_once() -> None:
    harness = BookingHarness(ASKS, FeedbackUrl=LINK)
    harness.book("ann")
    harness.tick()
    harness.at(london("2023-09-08 16:25"))
    harness.run_schedule_without_sending()
    harness.tick()
    harness.tick()

    assert harness.kinds("ann").count("feedback") == 1


def test_it_is_held_with_the_other_emails() -> None:
    harness = over(HoldEmails="yes")
    assert "feedback" not in harness.kinds("ann")
    harness.edit_session(HoldEmails="")
    harness.tick()

    assert harness.kinds("ann")[-1] == "feedback"


def test_it_counts_against_the_limit_of_an_address_that_has_never_acted() -> None:
    harness = BookingHarness(ASKS, FeedbackUrl=LINK, Reminders="none")
    for number in range(2, 6):
        harness.add_session(RowKey=f"s{number}", FeedbackUrl=LINK, Reminders="none")
    harness.book("ann")
    harness.pass_time(hours=26)
    for number in range(2, 6):
        harness.book("ann", f"s{number}")
        harness.pass_time(hours=26)
    harness.at(london("2023-09-08 16:25"))
    harness.tick()
    harness.live(until=london("2023-09-10 12:00"))
    asked = [mail for mail in harness.mails("ann") if LINK in mail.text]

    assert len(asked) == 4, "three by themselves, and the other two in one"
    assert sum(mail.text.count(LINK) for mail in asked) == 5


def test_a_link_that_cannot_be_opened_is_named_also_after_the_session() -> None:
    harness = over(FeedbackUrl="")
    harness.edit_session(FeedbackUrl="http://forms.example/1")
    harness.tick()
    assert harness.session_row().text("Problem").startswith('FeedbackUrl is "http://forms.example/1". It begins with')
    harness.edit_session(FeedbackUrl=f" <{LINK}> ")
    harness.tick()
    harness.tick()

    assert harness.session_row().text("Problem") == ""
    assert harness.kinds("ann").count("feedback") == 1


@pytest.mark.parametrize("text", ["teams", "javascript:alert(1)", "https://", "<b>x</b>", "x" * 10_000])
def test_a_link_that_is_none_is_asked_back(text: str) -> None:
    harness = BookingHarness(ASKS, FeedbackUrl=text)
    harness.tick()

    assert harness.session_row().text("Problem").startswith("FeedbackUrl")
