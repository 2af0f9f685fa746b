"""A delivery report changes what is known of one mail: whenever it comes, and however often."""

import itertools
import logging
from datetime import timedelta
from uuid import UUID

import pytest

from shared.bookings.emails.mailer import BookingMailer
from shared.bookings.model.email_ids import MailId, MailKind
from shared.mail.delivery import Claim, Postponed, Sent
from shared.mail.delivery_reports import reported_state
from shared.mail.ledger import MailLedger, Reported
from shared.mail.log_rows import MailState
from shared.tables.table import Row, RowConflictError, StorageError, Table, Write
from tests.builders import MORNING, london
from tests.fakes import FAULTS, Crash, FakeTable, Fault, Trouble, breaking
from tests.unit.shared.bookings.booking_system import House
from tests.unit.shared.bookings.staff_emails.test_facilitator_briefing import Clinic
from tests.unit.shared.bookings.staff_emails.test_organiser_digest import Office

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

    def ledger(self, trouble: Trouble | None = None) -> MailLedger:
        wrap = breaking(trouble) if trouble else lambda table: table
        return MailLedger(wrap(self.log), wrap(self.index))

    def sent(self) -> None:
        self.ledger().mark("s1", CONFIRMATION, self.claim, Sent(), MORNING)

    def reported(self, state: MailState) -> Reported | None:
        return self.ledger().report(WANTED.operation_id, state, LATER)

    @property
    def row(self) -> Row:
        [row] = self.log.rows.values()
        return row


def confirmed() -> tuple[House, BookingMailer, str]:
    """Somebody who has a place and was sent a confirmation: its operation id is the last."""
    house = House()
    house.book("ann")
    house.tick()
    return house, house.mailer(), str(house.sender.operations[-1])


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
    house, mailer, operation = confirmed()

    assert mailer.report(operation.upper(), status, LATER) is True
    assert [row.text("State") for row in house.log.query()] == [state]


@pytest.mark.parametrize("operation", ["", "nonsense", "../x", "0" * 5000, str(UUID(int=1))])
def test_a_report_about_no_mail_of_ours_changes_nothing(operation: str) -> None:
    house, mailer, _ = confirmed()
    before = dict(house.log.rows)

    assert mailer.report(operation, "Bounced", LATER) is False
    assert house.log.rows == before


def test_a_report_without_a_result_is_still_known_to_be_ours() -> None:
    _, mailer, operation = confirmed()

    assert mailer.report(operation, "Expanded", LATER) is True


@pytest.mark.parametrize(
    "order", list(itertools.permutations([MailState.DELIVERED, MailState.FAILED, MailState.BOUNCED]))
)
def test_in_whatever_order_reports_come_the_worst_stands(order: tuple[MailState, ...]) -> None:
    log = Log()
    log.sent()
    for state in (*order, *order):
        log.reported(state)

    assert log.row.text("State") == "bounced"


def test_a_second_report_of_the_same_writes_nothing() -> None:
    log = Log()
    log.sent()
    log.reported(MailState.DELIVERED)
    before = log.row

    log.reported(MailState.DELIVERED)

    assert log.row is before


@pytest.mark.parametrize("outcome", [Sent(), Postponed(timedelta(minutes=10), everyone=False, code="lost")])
def test_a_report_that_comes_before_the_mail_is_marked_stands(outcome: Sent | Postponed) -> None:
    log = Log()
    log.reported(MailState.DELIVERED)

    log.ledger().mark("s1", CONFIRMATION, log.claim, outcome, LATER)

    assert log.row.text("State") == "delivered"
    assert log.row.whole("Version") == 2
    assert log.ledger().claim("s1", CONFIRMATION, WANTED, LATER + timedelta(hours=2)) is None


def test_a_report_that_comes_before_the_mark_of_a_second_attempt_leaves_the_version_that_it_told() -> None:
    log, newer = Log(), Claim(WANTED.operation_id, version=3)
    second = log.ledger().claim("s1", CONFIRMATION, newer, MORNING + timedelta(hours=1))
    assert second is not None
    log.reported(MailState.DELIVERED)

    log.ledger().mark("s1", CONFIRMATION, second, Sent(), LATER)

    assert (log.row.text("State"), log.row.whole("Version")) == ("delivered", 3)


def test_who_lost_the_claim_marks_nothing() -> None:
    log, newer = Log(), Claim(WANTED.operation_id, version=3)
    assert log.ledger().claim("s1", CONFIRMATION, newer, MORNING + timedelta(hours=1)) is not None

    log.sent()

    assert (log.row.text("State"), log.row.whole("Version")) == ("sending", 2)


def test_a_report_leaves_the_moment_at_which_the_mail_was_sent() -> None:
    log = Log()
    log.sent()
    log.reported(MailState.BOUNCED)

    assert log.row.moment("At") == MORNING
    assert log.row.moment("ReportedAt") == LATER


@pytest.mark.parametrize("fault", FAULTS)
def test_a_report_that_is_given_again_after_any_fault_is_taken(fault: Fault) -> None:
    for at in range(20):
        log, trouble = Log(), Trouble(at, fault)
        log.sent()
        try:
            log.ledger(trouble).report(WANTED.operation_id, MailState.BOUNCED, LATER)
        except (Crash, StorageError):
            log.reported(MailState.BOUNCED)
        assert log.row.text("State") == "bounced", f"call {at}"
        if not trouble.struck:
            assert at >= 3, "each of the three calls was broken"
            return
    pytest.fail("the calls never ended")


def test_a_report_that_never_gets_its_turn_says_so() -> None:
    class Restless(FakeTable):
        def merge(self, cells: object, etag: str) -> str:
            raise RowConflictError("merge")

    log, restless = Log(), Restless()
    restless.apply([Write("create", log.row.cells)])
    table: Table = restless

    with pytest.raises(RowConflictError):
        MailLedger(table, log.index).report(WANTED.operation_id, MailState.BOUNCED, LATER)


def test_a_report_about_a_mail_whose_row_is_gone_brings_nothing_back() -> None:
    log = Log()
    log.log.rows.clear()

    assert log.reported(MailState.BOUNCED) == Reported("s1", CONFIRMATION)
    assert log.log.rows == {}


def test_a_mail_that_was_only_held_knows_after_its_claim_what_it_tells_and_is_found_by_reports() -> None:
    log = Log()
    log.log.rows.clear()
    log.index.rows.clear()
    log.ledger().hold("s1", CONFIRMATION, "handling-failed", until=LATER, now=MORNING)

    claim = log.ledger().claim("s1", CONFIRMATION, WANTED, LATER)

    assert claim is not None
    assert (log.row.text("OperationId"), log.row.whole("Version")) == (str(WANTED.operation_id), 2)
    log.reported(MailState.DELIVERED)
    assert log.row.text("State") == "delivered"


def test_taking_over_a_claim_leaves_the_version_that_the_first_attempt_may_have_told() -> None:
    log, newer = Log(), Claim(WANTED.operation_id, version=3)

    assert log.ledger().claim("s1", CONFIRMATION, newer, MORNING + timedelta(hours=1)) is not None
    assert log.row.whole("Version") == 2


@pytest.mark.parametrize(("status", "words"), [("Bounced", "bounced"), ("FilteredSpam", "failed")])
def test_what_did_not_arrive_stands_in_the_row_of_who_should_have_had_it(status: str, words: str) -> None:
    house, mailer, operation = confirmed()
    mailer.report(operation, status, LATER)
    house.pass_time(minutes=5)
    house.tick()

    assert house.row("ann").text("Problem") == (
        f"Mail did not arrive: confirmation {words}. If Email is wrong, correct it, and a new confirmation goes there."
    )
    assert house.row("ann").text("Mail").startswith(f"confirmation {words} Fri 1 Sep, 9am")


def test_what_the_mail_service_refused_for_good_stands_there_too() -> None:
    house = House()
    house.sender.trouble = {0: "refused"}
    house.book("ann")
    house.tick()

    assert "confirmation failed" in house.row("ann").text("Problem")


def test_what_was_delivered_is_no_problem() -> None:
    house, mailer, operation = confirmed()
    mailer.report(operation, "Delivered", LATER)
    house.tick()

    assert house.row("ann").text("Problem") == ""
    assert house.row("ann").text("Mail").startswith("confirmation delivered")


def test_a_corrected_address_gets_a_confirmation_of_its_own_and_the_problem_is_gone() -> None:
    house, mailer, operation = confirmed()
    mailer.report(operation, "Bounced", LATER)
    house.tick()
    house.edit("ann", Email="anna@example.nhs.uk")
    house.pass_time(minutes=5)
    house.tick()
    house.tick()

    assert house.kinds("anna@") == ["booked"]
    assert house.row("ann").text("Problem") == ""


def test_who_books_anew_after_their_row_was_deleted_gets_a_mail_though_the_old_one_is_reported_late() -> None:
    house, mailer, operation = confirmed()
    house.delete("ann")
    house.pass_time(minutes=1)
    house.sender.trouble = {house.sender.requests: "lost-request"}
    house.book("ann")
    house.pass_time(minutes=1)
    mailer.report(operation, "Delivered", house.now)

    for _ in range(3):
        house.pass_time(minutes=5)
        house.tick()

    assert house.kinds("ann") == ["booked", "booked"]


def test_the_organiser_hears_once_of_an_address_that_sends_mail_back() -> None:
    office = Office()
    office.book("ann")
    office.mailer().report(str(office.sender.operations[-1]), "Bounced", office.now)
    office.pass_time(minutes=5)
    office.tick()
    office.live(until=office.now + timedelta(hours=3))

    [told] = office.heard
    assert "Problem with the booking of Ann" in told
    assert "confirmation bounced" in told


def test_of_two_reminders_that_come_back_the_organiser_hears_once() -> None:
    office = Office()
    office.book("ann")
    office.at(london("2023-09-07 15:00"))
    office.tick()
    office.mailer().report(str(office.sender.operations[-1]), "Bounced", office.now)
    office.tick()
    office.at(london("2023-09-08 14:00"))
    office.tick()
    office.mailer().report(str(office.sender.operations[-1]), "Bounced", office.now)
    office.live(until=london("2023-09-08 15:00"))

    assert sum("reminder bounced" in mail for mail in office.heard) == 1


def test_a_mail_to_those_who_run_the_sessions_that_comes_back_is_an_error_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    office = Office(JoinUrl="")
    office.at(london("2023-09-05 09:00"))
    office.tick()
    assert len(office.heard) == 1

    assert office.mailer().report(str(office.sender.operations[-1]), "Bounced", office.now) is True

    [record] = [each for each in caplog.records if each.levelno == logging.ERROR]
    assert "the mail organiser-20230905T0800Z did not reach its address: bounced" in record.getMessage()


@pytest.mark.parametrize("status", EVERY_STATUS)
def test_every_status_that_the_mail_service_knows_is_known(status: str) -> None:
    assert reported_state(status) is not None or status == "Expanded"


def test_the_organiser_hears_that_the_facilitators_were_not_told() -> None:
    office = Office()
    clinic = Clinic()
    for name in ("sessions", "bookings", "log", "index", "service"):
        setattr(clinic, name, getattr(office, name))
    clinic.book("ann")
    clinic.at(london("2023-09-01 15:00"))
    clinic.tick()
    assert len(clinic.heard) == 1
    clinic.mailer().report(str(clinic.sender.operations[-1]), "Suppressed", clinic.now)

    office.at(london("2023-09-01 15:05"))
    office.tick()
    office.live(until=london("2023-09-01 18:00"))

    [told] = office.heard
    assert "Mail to the facilitators bounced: Fri 8 Sep, 3pm, session s1" in told
    assert "FACILITATOR_EMAIL" in told
