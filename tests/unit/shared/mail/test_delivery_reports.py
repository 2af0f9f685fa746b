"""A delivery report changes what is known of one mail: whenever it comes, and however often."""

import itertools
import logging
from datetime import timedelta
from uuid import UUID

import pytest

from shared.bookings.emails.mailer import BookingMailer
from shared.bookings.model.email_ids import MailId, MailKind
from shared.mail.delivery import UNKNOWN_OUTCOME, Claim, Postponed, Refused, Sent
from shared.mail.delivery_reports import reported_state
from shared.mail.ledger import MailLedger, ReportedMail
from shared.mail.log_rows import MailState
from shared.tables.table import Row, RowConflictError, StorageError, Table, Write
from tests.builders import MORNING, london
from tests.fakes import FAULTS, Crash, FakeTable, Fault, InjectedFault, with_fault
from tests.unit.shared.bookings.booking_system import BookingHarness
from tests.unit.shared.bookings.staff_emails.test_facilitator_briefing import HarnessWithFacilitators
from tests.unit.shared.bookings.staff_emails.test_organiser_digest import HarnessWithOrganiser

LATER = MORNING + timedelta(minutes=3)
CONFIRMATION = "booking-a-1-confirmation"
WANTED = Claim(MailId("booking-a", 1, MailKind.CONFIRMATION).operation_id("s1"), version=2)
EVERY_STATUS = ("Delivered", "Expanded", "Failed", "Bounced", "Suppressed", "Quarantined", "FilteredSpam")


class Log:
    """The mail log by itself, with one mail claimed."""

    def __init__(self) -> None:
        self.log, self.index = FakeTable(), FakeTable()
        claim = self.ledger().claim("s1", CONFIRMATION, WANTED, MORNING)
        assert claim is not None
        self.claim = claim

    def ledger(self, trouble: InjectedFault | None = None) -> MailLedger:
        wrap = with_fault(trouble) if trouble else lambda table: table
        return MailLedger(wrap(self.log), wrap(self.index))

    def sent(self) -> None:
        self.ledger().mark("s1", CONFIRMATION, self.claim, Sent(), MORNING)

    def reported(self, state: MailState) -> ReportedMail | None:
        return self.ledger().record_report(WANTED.operation_id, state, LATER)

    @property
    def row(self) -> Row:
        [row] = self.log.rows.values()
        return row


def confirmed() -> tuple[BookingHarness, BookingMailer, str]:
    """Somebody who has a place and was sent a confirmation: its operation id is the last."""
    harness = BookingHarness()
    harness.book("ann")
    harness.tick()
    return harness, harness.mailer(), str(harness.sender.operations[-1])


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("Delivered", "delivered"),
        ("Bounced", "bounced"),
        ("Suppressed", "bounced"),
        ("Failed", "failed"),
        ("Quarantined", "failed"),
        ("FilteredSpam", "failed"),
        ("Expanded", "sent"),
        ("SomethingNew", "sent"),
    ],
)
def test_a_report_says_what_became_of_a_mail(status: str, state: str) -> None:
    harness, mailer, operation = confirmed()

    assert mailer.record_report(operation.upper(), status, LATER) is True
    assert [row.text("State") for row in harness.log.query()] == [state]


@pytest.mark.parametrize("operation", ["", "nonsense", "../x", "0" * 5000, str(UUID(int=1))])
def test_a_report_about_no_mail_of_ours_changes_nothing(operation: str) -> None:
    harness, mailer, _ = confirmed()
    before = dict(harness.log.rows)

    assert mailer.record_report(operation, "Bounced", LATER) is False
    assert harness.log.rows == before


def test_a_report_without_a_result_is_still_known_to_be_ours() -> None:
    _, mailer, operation = confirmed()

    assert mailer.record_report(operation, "Expanded", LATER) is True


@pytest.mark.parametrize(
    "order", list(itertools.permutations([MailState.DELIVERED, MailState.FAILED, MailState.BOUNCED]))
)
def test_in_whatever_order_reports_come_the_worst_stands(order: tuple[MailState, ...]) -> None:
    log = Log()
    log.sent()
    for state in (*order, *order):
        log.reported(state)

    assert log.row.text("State") == "bounced"


@pytest.mark.parametrize("state", [MailState.DELIVERED, MailState.BOUNCED])
def test_a_report_on_an_email_that_was_given_up_says_how_it_ended(state: MailState) -> None:
    log = Log()
    log.ledger().mark("s1", CONFIRMATION, log.claim, Refused(UNKNOWN_OUTCOME), MORNING)
    log.reported(state)
    assert (log.row.text("State"), log.row.text("LastError")) == (state, "")

    log = Log()
    log.ledger().mark("s1", CONFIRMATION, log.claim, Refused("HTTP 400"), MORNING)
    log.reported(MailState.DELIVERED)
    assert (log.row.text("State"), log.row.text("LastError")) == ("failed", "HTTP 400")


def test_a_second_report_of_the_same_writes_nothing() -> None:
    log = Log()
    log.sent()
    log.reported(MailState.DELIVERED)
    before = log.row

    log.reported(MailState.DELIVERED)

    assert log.row is before


@pytest.mark.parametrize("outcome", [Sent(), Postponed(timedelta(minutes=10), pause_all=False, code="lost")])
def test_a_report_that_comes_before_the_mail_is_marked_stands(outcome: Sent | Postponed) -> None:
    log = Log()
    log.reported(MailState.DELIVERED)

    log.ledger().mark("s1", CONFIRMATION, log.claim, outcome, LATER)

    assert log.row.text("State") == "delivered"
    assert log.row.integer("Version") == 2
    assert log.ledger().claim("s1", CONFIRMATION, WANTED, LATER + timedelta(hours=2)) is None


def test_report_before_a_retry_is_marked_keeps_the_version_it_announced() -> None:
    log, newer = Log(), Claim(WANTED.operation_id, version=3)
    second = log.ledger().claim("s1", CONFIRMATION, newer, MORNING + timedelta(hours=1))
    assert second is not None
    log.reported(MailState.DELIVERED)

    log.ledger().mark("s1", CONFIRMATION, second, Sent(), LATER)

    assert (log.row.text("State"), log.row.integer("Version")) == ("delivered", 3)


def test_who_lost_the_claim_marks_nothing() -> None:
    log, newer = Log(), Claim(WANTED.operation_id, version=3)
    assert log.ledger().claim("s1", CONFIRMATION, newer, MORNING + timedelta(hours=1)) is not None

    log.sent()

    assert (log.row.text("State"), log.row.integer("Version")) == ("sending", 2)


def test_a_report_leaves_the_moment_at_which_the_mail_was_sent() -> None:
    log = Log()
    log.sent()
    log.reported(MailState.BOUNCED)

    assert log.row.moment("At") == MORNING
    assert log.row.moment("ReportedAt") == LATER


@pytest.mark.parametrize("fault", FAULTS)
def test_a_report_that_is_given_again_after_any_fault_is_taken(fault: Fault) -> None:
    for at in range(20):
        log, trouble = Log(), InjectedFault(at, fault)
        log.sent()
        try:
            log.ledger(trouble).record_report(WANTED.operation_id, MailState.BOUNCED, LATER)
        except (Crash, StorageError):
            log.reported(MailState.BOUNCED)
        assert log.row.text("State") == "bounced", f"call {at}"
        if not trouble.triggered:
            assert at >= 3, "each of the three calls was broken"
            return
    pytest.fail("the calls never ended")


def test_report_that_always_conflicts_raises() -> None:
    class Restless(FakeTable):
        def merge(self, cells: object, etag: str) -> str:
            raise RowConflictError("merge")

    log, restless = Log(), Restless()
    restless.apply([Write("create", log.row.cells)])
    table: Table = restless

    with pytest.raises(RowConflictError):
        MailLedger(table, log.index).record_report(WANTED.operation_id, MailState.BOUNCED, LATER)


def test_a_report_about_a_mail_whose_row_is_gone_brings_nothing_back() -> None:
    log = Log()
    log.log.rows.clear()

    assert log.reported(MailState.BOUNCED) == ReportedMail("s1", CONFIRMATION)
    assert log.log.rows == {}


def test_held_email_gets_version_and_operation_id_once_claimed() -> None:
    log = Log()
    log.log.rows.clear()
    log.index.rows.clear()
    log.ledger().defer("s1", CONFIRMATION, "handling-failed", until=LATER, now=MORNING)

    claim = log.ledger().claim("s1", CONFIRMATION, WANTED, LATER)

    assert claim is not None
    assert (log.row.text("OperationId"), log.row.integer("Version")) == (str(WANTED.operation_id), 2)
    log.reported(MailState.DELIVERED)
    assert log.row.text("State") == "delivered"


def test_taking_over_a_claim_keeps_the_version_of_the_first_attempt() -> None:
    log, newer = Log(), Claim(WANTED.operation_id, version=3)

    assert log.ledger().claim("s1", CONFIRMATION, newer, MORNING + timedelta(hours=1)) is not None
    assert log.row.integer("Version") == 2


@pytest.mark.parametrize(("status", "words"), [("Bounced", "bounced"), ("FilteredSpam", "failed")])
def test_undelivered_email_is_shown_in_the_attendees_row(status: str, words: str) -> None:
    harness, mailer, operation = confirmed()
    mailer.record_report(operation, status, LATER)
    harness.pass_time(minutes=5)
    harness.tick()

    assert harness.row("ann").text("Problem") == (
        f"Email did not arrive: confirmation {words}. If Email is wrong, correct it, and a new confirmation goes there."
    )
    assert harness.row("ann").text("Mail").startswith(f"confirmation {words} Fri 1 Sep, 9am")


def test_an_email_that_may_have_gone_is_shown_as_one_to_ask_about() -> None:
    harness = BookingHarness()
    harness.sender.remembers, harness.sender.trouble = 3, {0: "lost-answer"}
    harness.book("ann")
    harness.sender.sent.clear()  # forgotten there
    harness.pass_time(days=4)
    harness.tick()
    harness.tick()

    assert harness.row("ann").text("Problem") == (
        "Email may not have arrived, and is not sent again: confirmation. Ask this person whether they have it. "
        "If not, they get an email with their link when they book again."
    )
    assert harness.row("ann").text("Mail").startswith("confirmation perhaps sent Tue 5 Sep, 9am")
    before = len(harness.sender.sent)
    harness.book("ann")
    harness.tick()
    assert [message.to for message in harness.sender.messages[before:]] == [harness.row("ann").text("Email")]


def test_refused_email_is_shown_in_the_attendees_row() -> None:
    harness = BookingHarness()
    harness.sender.trouble = {0: "refused"}
    harness.book("ann")
    harness.tick()

    assert "confirmation failed" in harness.row("ann").text("Problem")


def test_what_was_delivered_is_no_problem() -> None:
    harness, mailer, operation = confirmed()
    mailer.record_report(operation, "Delivered", LATER)
    harness.tick()

    assert harness.row("ann").text("Problem") == ""
    assert harness.row("ann").text("Mail").startswith("confirmation delivered")


def test_a_corrected_address_gets_a_confirmation_of_its_own_and_the_problem_is_gone() -> None:
    harness, mailer, operation = confirmed()
    mailer.record_report(operation, "Bounced", LATER)
    harness.tick()
    harness.edit("ann", Email="anna@example.nhs.uk")
    harness.pass_time(minutes=5)
    harness.tick()
    harness.tick()

    assert harness.kinds("anna@") == ["booked"]
    assert harness.row("ann").text("Problem") == ""


def test_who_books_anew_after_their_row_was_deleted_gets_a_mail_though_the_old_one_is_reported_late() -> None:
    harness, mailer, operation = confirmed()
    harness.delete("ann")
    harness.pass_time(minutes=1)
    harness.sender.trouble = {harness.sender.requests: "lost-request"}
    harness.book("ann")
    harness.pass_time(minutes=1)
    mailer.record_report(operation, "Delivered", harness.now)

    for _ in range(3):
        harness.pass_time(minutes=5)
        harness.tick()

    assert harness.kinds("ann") == ["booked", "booked"]


def test_the_organiser_hears_once_of_an_address_that_sends_mail_back() -> None:
    organiser_harness = HarnessWithOrganiser()
    organiser_harness.book("ann")
    organiser_harness.mailer().record_report(
        str(organiser_harness.sender.operations[-1]), "Bounced", organiser_harness.now
    )
    organiser_harness.pass_time(minutes=5)
    organiser_harness.tick()
    organiser_harness.live(until=organiser_harness.now + timedelta(hours=3))

    [told] = organiser_harness.texts_received
    assert "Problem with the booking of Ann" in told
    assert "confirmation bounced" in told


def test_of_two_reminders_that_come_back_the_organiser_hears_once() -> None:
    organiser_harness = HarnessWithOrganiser()
    organiser_harness.book("ann")
    organiser_harness.at(london("2023-09-07 15:00"))
    organiser_harness.tick()
    organiser_harness.mailer().record_report(
        str(organiser_harness.sender.operations[-1]), "Bounced", organiser_harness.now
    )
    organiser_harness.tick()
    organiser_harness.at(london("2023-09-08 14:00"))
    organiser_harness.tick()
    organiser_harness.mailer().record_report(
        str(organiser_harness.sender.operations[-1]), "Bounced", organiser_harness.now
    )
    organiser_harness.live(until=london("2023-09-08 15:00"))

    assert sum("reminder bounced" in mail for mail in organiser_harness.texts_received) == 1


def test_a_mail_to_those_who_run_the_sessions_that_comes_back_is_an_error_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    organiser_harness = HarnessWithOrganiser(JoinUrl="")
    organiser_harness.at(london("2023-09-05 09:00"))
    organiser_harness.tick()
    assert len(organiser_harness.texts_received) == 1

    assert (
        organiser_harness.mailer().record_report(
            str(organiser_harness.sender.operations[-1]), "Bounced", organiser_harness.now
        )
        is True
    )

    [record] = [each for each in caplog.records if each.levelno == logging.ERROR]
    assert "email organiser-20230905T0800Z was not delivered: bounced" in record.getMessage()


@pytest.mark.parametrize("status", EVERY_STATUS)
def test_every_status_that_the_mail_service_knows_is_known(status: str) -> None:
    assert reported_state(status) is not None or status == "Expanded"


def test_the_organiser_hears_that_the_facilitators_were_not_told() -> None:
    organiser_harness = HarnessWithOrganiser()
    facilitator_harness = HarnessWithFacilitators()
    for name in ("sessions", "bookings", "log", "index", "service"):
        setattr(facilitator_harness, name, getattr(organiser_harness, name))
    facilitator_harness.book("ann")
    facilitator_harness.at(london("2023-09-01 15:00"))
    facilitator_harness.tick()
    assert len(facilitator_harness.texts_received) == 1
    facilitator_harness.mailer().record_report(
        str(facilitator_harness.sender.operations[-1]), "Suppressed", facilitator_harness.now
    )

    organiser_harness.at(london("2023-09-01 15:05"))
    organiser_harness.tick()
    organiser_harness.live(until=london("2023-09-01 18:00"))

    [told] = organiser_harness.texts_received
    assert "Email to the facilitators bounced: Fri 8 Sep, 3pm, session s1" in told
    assert "FACILITATOR_EMAIL" in told
