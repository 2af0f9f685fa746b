"""An address that has never acted gets three emails a day that a form alone brings about; the others follow in one."""

import contextlib
import re
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Any
from uuid import UUID

import pytest

from shared.bookings.emails.address_limit.counted import WITHIN, mailbox
from shared.bookings.emails.address_limit.mailbox_limits import MailboxLimits
from shared.bookings.model.email_ids import DueMail, MailId, MailKind
from shared.mail.message import EmailMessage
from shared.tables.service_table import read_service_rows
from shared.tables.table import StorageError
from tests.builders import KEY, MORNING, booking_request, london
from tests.fakes import Crash, FakeTable, Fault, InjectedFault, with_fault
from tests.fault_at_any_call import EVERY_FAULT
from tests.unit.shared.bookings.booking_system import BookingHarness
from tests.unit.shared.bookings.interleaving import run_at_once

OUTSIDE: dict[str, Any] = {"works_here": True}
REFERENCE = re.compile(r"Your reference:\n\s+(\w{8})")


class Sessions(BookingHarness):
    """Some sessions, three weeks from now on, and emails with the moment at which each was sent."""

    def __init__(self, number: int, **cells: Any) -> None:
        super().__init__(Date="2023-09-22", **cells)
        for each in range(2, number + 1):
            self.add_session(**{"RowKey": f"s{each}", "Date": f"2023-09-{21 + each % 9}"} | cells)
        self.ids = [f"s{each}" for each in range(1, number + 1)]
        self.moments: list[datetime] = []

    def book_every(self, name: str = "ann", **changes: Any) -> None:
        for session_id in self.ids:
            self.book(name, session_id, **changes)
        self.note()

    def tick(self) -> None:
        super().tick()
        self.note()

    def note(self) -> None:
        self.moments += [self.now] * (len(self.sender.sent) - len(self.moments))

    def run_for(self, *, hours: int, every: int = 1) -> None:
        """Time passes, with a run of the timer every few hours and another one after it."""
        for _ in range(0, hours, every):
            for minutes in (60 * every - 5, 5):
                self.pass_time(minutes=minutes)
                self.tick()

    def until_the_limit_ends(self) -> None:
        self.at(self.now + WITHIN)
        self.tick()
        self.run_for(hours=1)

    @property
    def told(self) -> list[str]:
        """The references in all emails, each as often as it was sent."""
        return [each for mail in self.sender.messages for each in REFERENCE.findall(mail.text)]

    @property
    def references(self) -> list[str]:
        return [row.text("Reference") for session_id in self.ids for row in self.rows(session_id)]

    @property
    def due(self) -> list[DueMail]:
        found = self.schedule().run(read_service_rows(self.service), self.now).reconciled
        return [mail for each in found for mail in each.due]

    @property
    def states_of_mails(self) -> Counter[str]:
        return Counter(row.text("State") for row in self.log.query())


def most_within_a_day(moments: Sequence[datetime]) -> int:
    day = timedelta(days=1)
    return max((sum(start <= at < start + day for at in moments) for start in moments), default=0)


def combined(harness: Sessions) -> list[EmailMessage]:
    return [mail for mail in harness.sender.messages if "bookings:" in mail.subject]


def test_the_fourth_email_of_a_day_waits_and_the_row_says_until_when() -> None:
    harness = Sessions(5)
    harness.book_every()
    harness.pass_time(minutes=5)
    harness.tick()

    assert len(harness.sender.sent) == 3
    said = "confirmation waits until Sat 2 Sep, 9:10am: this address had 3 emails today"
    assert [said in harness.row("ann", each).text("Mail") for each in harness.ids] == [False] * 3 + [True] * 2
    assert [harness.states(each)["ann"] for each in harness.ids] == ["confirmed"] * 5


def test_those_that_wait_follow_in_one_email_with_the_state_reference_and_link_of_each() -> None:
    harness = Sessions(3)
    harness.add_session(RowKey="s4", Date="2023-09-27", Theme="Rest")
    harness.add_session(RowKey="s5", Date="2023-09-28", Capacity=1)
    harness.book("ben", "s5")
    harness.ids += ["s4", "s5"]
    harness.book_every(join_waiting_list=True)
    harness.until_the_limit_ends()

    [mail] = combined(harness)
    assert mail.to == "ann@example.nhs.uk"
    assert mail.text.startswith("Your bookings\n")
    assert mail.subject == "Staff session bookings: 2 updates"
    assert "Session 1\n\nYour place is booked.\n\nWhen:\n    Wednesday 27 September 2023" in mail.text
    assert "Session 2\n\nYou are number 1 on the waiting list." in mail.text
    assert "Rest" in mail.text
    assert "https://teams.example/join/1" in mail.text.partition("Session 2")[0]
    assert "teams.example" not in mail.text.partition("Session 2")[2]
    for session_id in ("s4", "s5"):
        assert harness.row("ann", session_id).text("Reference") in mail.text
        assert f"/manage/{harness.token('ann', session_id)}" in mail.text
        assert " sent Sat 2 Sep, 9:10am" in harness.row("ann", session_id).text("Mail")
    assert Counter(harness.told) == Counter(harness.references)
    assert harness.states_of_mails == {"sent": 6}


AT_NIGHT = [
    pytest.param("x@personal.example", OUTSIDE, 10, marks=pytest.mark.nightly),
    pytest.param("x@example.nhs.uk", {}, 10, marks=pytest.mark.nightly),
    pytest.param("v.i.c@gmail.com", OUTSIDE, 10, marks=pytest.mark.nightly),
]


@pytest.mark.parametrize(("address", "given", "rounds"), [("v.i.c@gmail.com", OUTSIDE, 2), *AT_NIGHT])
def test_a_victim_of_120_forms_a_day_gets_three_emails_a_day_and_then_one(
    address: str, given: dict[str, Any], rounds: int
) -> None:
    """Under +tags, with and without dots at Gmail, in twelve sessions, and all of it again every hour."""
    harness, (local, _, domain) = Sessions(12, Capacity=30), address.partition("@")
    for hour in range(rounds):
        for number, session_id in enumerate(harness.ids):
            spelt = local if number % 2 or "gmail" not in domain else local.replace(".", "")
            harness.book("vic", session_id, email=f"{spelt}+{hour}{number}@{domain}", **given)
        harness.run_for(hours=1)
    assert len(harness.moments) == 3
    harness.run_for(hours=60, every=4)

    assert most_within_a_day(harness.moments) == 3
    assert set(harness.references) == set(harness.told), "something was never told"
    assert len(combined(harness)) in {1, 2}
    assert not harness.due


def test_what_is_no_longer_true_when_it_goes_is_left_out() -> None:
    harness = Sessions(6)
    harness.book_every()
    for session_id in ("s5", "s6"):
        harness.edit("ann", session_id, State="cancelled")
    harness.run_for(hours=1)
    harness.until_the_limit_ends()

    assert not combined(harness), "one that is left alone is the email that it always was"
    assert harness.kinds("ann")[-1] == "booked"
    assert harness.kinds("ann").count("no longer booked") == 2
    assert harness.row("ann", "s4").text("Reference") in harness.mails("ann")[-1].text


def test_news_of_a_place_a_change_a_cancellation_and_a_reminder_never_count_nor_wait() -> None:
    harness = Sessions(4, Capacity=1)
    harness.book("ben", "s1")
    for session_id in harness.ids[1:]:
        harness.book("ann", session_id)
    harness.book("ann", "s1", join_waiting_list=True)
    assert harness.kinds("ann") == ["booked"] * 3

    harness.cancel("ben", "s1")
    assert harness.kinds("ann")[3:] == ["booked"], "the place that became free"
    harness.edit_session("s2", Time="16:00")
    harness.run_for(hours=2)
    harness.edit_session("s3", State="cancelled")
    harness.run_for(hours=2)
    assert harness.kinds("ann")[4:] == ["changed", "cancelled"]
    harness.at(london("2023-09-21 15:00"))
    harness.tick()
    assert harness.kinds("ann")[6:] == ["reminder"]


def test_who_acts_through_a_link_gets_the_rest_on_the_next_run() -> None:
    harness = Sessions(5)
    harness.book_every()
    harness.self_service().prove(harness.token("ann", "s2"), harness.now)
    harness.pass_time(minutes=5)
    harness.tick()

    assert harness.kinds("ann") == ["booked"] * 5


def test_who_has_acted_in_another_booking_is_not_limited() -> None:
    harness = Sessions(8)
    harness.book("ann", "s1")
    harness.self_service().prove(harness.token("ann", "s1"), harness.now)
    harness.ids.remove("s1")
    harness.book_every()

    assert harness.kinds("ann") == ["booked"] * 8


def test_asking_again_waits_as_well_and_is_not_dropped() -> None:
    harness = Sessions(3)
    harness.book_every()
    harness.book("mallory", "s1", email="ann@example.nhs.uk")
    assert len(harness.sender.sent) == 3
    harness.until_the_limit_ends()

    assert harness.kinds("ann")[3:] == ["already booked"]


def test_a_proof_that_waits_goes_with_the_hold_as_it_then_is() -> None:
    harness = Sessions(6, Capacity=10)
    harness.book_every(email="ann@personal.example", **OUTSIDE)
    assert harness.kinds("ann") == ["to confirm"] * 3
    harness.run_for(hours=60, every=6)

    assert most_within_a_day(harness.moments) == 3
    assert "open the page below and select the button" in combined(harness)[0].text
    assert set(harness.told) == set(harness.references)


def test_two_mailboxes_have_a_limit_each() -> None:
    harness = Sessions(4)
    harness.book_every("ann")
    harness.book_every("ben")

    assert [len(harness.mails(each)) for each in ("ann", "ben")] == [3, 3]


def test_a_report_on_the_combined_email_is_one_on_each_that_is_in_it() -> None:
    harness = Sessions(6)
    harness.book_every()
    harness.until_the_limit_ends()
    [operation] = [operation for operation, mail in harness.sender.sent if "bookings:" in mail.subject]
    for _ in range(2):
        assert harness.mailer().record_report(str(operation), "Bounced", harness.now)

    assert harness.states_of_mails == {"sent": 3, "bounced": 3}


# What goes wrong.


def two_that_wait() -> Sessions:
    """Two bookings of a mailbox that had three emails before, at the moment at which one more may go."""
    harness = Sessions(2)
    for number in range(3):
        mail = DueMail("elsewhere", str(number))
        harness.mailer().limits.take("ann@example.nhs.uk", UUID(int=number), mail, harness.now)
    harness.book_every()
    assert not harness.sender.sent
    harness.at(harness.now + WITHIN)
    return harness


@pytest.mark.parametrize(("fault", "calls"), EVERY_FAULT)
def test_a_fault_at_any_table_call_loses_and_doubles_nothing_and_sends_no_fourth(fault: Fault, calls: range) -> None:
    for at in calls:
        harness, trouble = two_that_wait(), InjectedFault(at, fault)
        with contextlib.suppress(Crash, StorageError):
            harness.mailer(with_fault(trouble)).deliver("s1", _confirmation(harness, "s1"), harness.now)
        harness.note()
        if not trouble.triggered:
            assert at >= 20, "each call of counting, joining, marking and following was broken"
            return
        _check_all_told_once(harness, f"call {at}")
    pytest.fail("the calls never ended")


@pytest.mark.parametrize("trouble", ["crash-before", "crash-after", "lost-request", "lost-answer", "throttled"])
@pytest.mark.parametrize("request_number", [0, 1], ids=["asking", "sending"])
def test_a_fault_of_the_email_service_loses_and_doubles_nothing(trouble: str, request_number: int) -> None:
    harness = two_that_wait()
    harness.sender.trouble = {harness.sender.requests + request_number: trouble}
    with contextlib.suppress(Crash):
        harness.mailer().deliver("s1", _confirmation(harness, "s1"), harness.now)
    harness.note()

    _check_all_told_once(harness, trouble)


@pytest.mark.parametrize("seed", [*range(6), *(pytest.param(each, marks=pytest.mark.nightly) for each in range(6, 60))])
def test_four_hosts_at_once_send_no_fourth_and_lose_nothing(seed: int) -> None:
    harness = Sessions(6)
    for session_id in harness.ids:
        harness.booking().book(booking_request(session_id=session_id, email="ann@example.nhs.uk"), harness.now)
    mails = [(session_id, _confirmation(harness, session_id)) for session_id in harness.ids]
    random = Random(seed)  # the same order every time
    for now in (MORNING, MORNING + WITHIN, MORNING + WITHIN + WITHIN):
        harness.at(now)
        named = random.sample(mails, 4)
        run_at_once([partial(_deliver, harness, *mail) for mail in named], random)
        harness.note()
        assert most_within_a_day(harness.moments) <= 3

    _check_all_told_once(harness, f"seed {seed}")


def _deliver(harness: Sessions, session_id: str, mail_id: str, wrap: Any) -> None:
    harness.mailer(wrap).deliver(session_id, mail_id, harness.now)


def _confirmation(harness: Sessions, session_id: str) -> str:
    [attendee] = harness.repository().roster(session_id).attendees
    return str(MailId.to(attendee, MailKind.CONFIRMATION))


def _check_all_told_once(harness: Sessions, when: str) -> None:
    """Once the timer has gone on for two days everyone was told everything, once, and never a fourth a day."""
    for start in (1, 2):
        harness.at(max(harness.now, MORNING + start * (WITHIN + timedelta(minutes=5))))
        for _ in range(4):
            harness.pass_time(minutes=5)
            with contextlib.suppress(Crash):
                harness.tick()
    assert Counter(harness.told) == Counter(harness.references), when
    assert harness.states_of_mails == {"sent": len(harness.ids)}, when
    assert most_within_a_day(harness.moments) <= 3, when


# The row of a mailbox.


def test_no_row_of_a_limit_says_whose_it_is_and_it_is_deleted_after_a_day() -> None:
    harness = Sessions(4)
    harness.book("ben")
    harness.book_every()
    limits = MailboxLimits(harness.limits, KEY)

    assert not re.search("ann|ben", repr([dict(row.cells) for row in harness.limits.query()]))
    pruned = [limits.prune(harness.now + timedelta(hours=hours)) for hours in (24, 25, 48, 49)]
    assert pruned == [0, 1, 0, 1], "the second is ann's, one of whose emails waits"
    assert not harness.limits.rows


def test_after_an_outage_of_the_timer_those_that_wait_still_go_together() -> None:
    harness = Sessions(6)
    harness.book_every()
    harness.at(harness.now + WITHIN + timedelta(hours=20))
    MailboxLimits(harness.limits, KEY).prune(harness.now)
    harness.tick()

    assert [len(harness.sender.sent), len(combined(harness))] == [4, 1]


@pytest.mark.parametrize("typed", ["", "{", "[]", '{"a": 1}', "null", "[[1]]", "9" * 5000])
def test_what_someone_typed_into_the_row_counts_as_nothing(typed: str) -> None:
    harness = Sessions(2)
    harness.book("ann", "s1")
    [row] = harness.limits.query()
    harness.limits.put({**row.cells, "Sent": typed, "Waiting": typed})
    harness.book("ann", "s2")

    assert harness.kinds("ann") == ["booked"] * 2


def test_more_that_wait_than_fit_into_the_row_are_left_to_the_timer() -> None:
    limits, mails = MailboxLimits(FakeTable(), KEY), [DueMail(f"{'s' * 500}{each}", "m") for each in range(100)]
    for number, mail in enumerate(mails):
        limits.take("a@b.example", MailId("a", number, MailKind.WAITING).operation_id("s"), mail, MORNING)
    [row] = limits.table.query()

    assert 20_000 < len(row.text("Waiting")) <= 30_000


def test_an_address_with_a_tag_or_with_dots_at_gmail_is_the_same_mailbox() -> None:
    table = {
        "Ann+x@NHS.net": "ann@nhs.net",
        "a.n.n+y+z@nhs.net": "a.n.n@nhs.net",
        "v.i.c+1@GMail.com": "vic@gmail.com",
        "vic@googlemail.com": "vic@gmail.com",
        "v.i.c@gmail.com.example": "v.i.c@gmail.com.example",
    }

    assert {address: mailbox(address) for address in table} == table


def test_what_went_as_part_of_another_email_is_not_sent_again_after_the_log_was_lost() -> None:
    harness = Sessions(6)
    harness.book_every(**OUTSIDE)
    harness.until_the_limit_ends()
    before = Counter(harness.told)
    harness.log.rows.clear()

    harness.run_for(hours=3)

    assert Counter(harness.told) == before == Counter(harness.references)
