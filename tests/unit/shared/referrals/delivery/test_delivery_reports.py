"""What the mail service reports later: first, twice, in any order, and never louder than the provider's own word."""

from datetime import UTC, timedelta
from itertools import permutations
from uuid import uuid4

import pytest

from shared.mail.delivery_reports import Receipt
from shared.referrals.delivery.forwarder import operation_id
from shared.referrals.delivery.mailbox_health import ProviderMailbox
from shared.referrals.errors import ReferralsBusyError
from shared.tables.table import StorageError
from tests.builders import MORNING
from tests.fakes import FAULTS, Crash, Fault, Trouble, breaking
from tests.unit.shared.referrals.referral_system import Way

FOR_A_PERSON = ["bounced", "filteredspam", "quarantined", "suppressed"]


def test_a_delivered_mail_is_written_down_with_its_day() -> None:
    way = Way()
    way.forwarded()

    assert way.report("delivered", MORNING + timedelta(days=1))

    assert way.state == ("delivered", "")
    assert (way.referral().sent_on, way.referral().delivered_on) == ("2023-09-01", "2023-09-02")


def test_the_day_is_the_one_that_the_report_says_if_that_is_sound() -> None:
    for days, expected in ((-1, "2023-09-04"), (1, "2023-09-05"), (-400, "2023-09-05")):
        way, now = Way(), MORNING + timedelta(days=4)
        way.forwarded()
        receipt = Receipt(operation_id(way.referral()), "delivered", (now + timedelta(days=days)).astimezone(UTC))

        way.receipts().take(receipt, now)

        assert way.referral().delivered_on == expected


@pytest.mark.parametrize("status", FOR_A_PERSON)
def test_what_came_back_waits_for_a_person_with_everything_kept(status: str) -> None:
    way = Way()
    way.forwarded()

    way.report(status)

    assert way.state == ("attention", status)
    assert way.referral().attention_on == "2023-09-01"
    assert len(way.sealed.rows) == 1
    way.pass_time(MORNING, 48)
    assert len(way.sender.sent) == 1


@pytest.mark.parametrize("status", ["expanded", "", "a word of next year"])
def test_what_is_not_the_end_changes_nothing(status: str) -> None:
    way = Way()
    way.forwarded()
    before = way.rows

    assert way.report(status)
    assert way.rows == before


def test_a_failed_mail_is_sent_again_as_another_mail() -> None:
    way = Way()
    way.forwarded()

    way.report("failed")
    way.pass_time(MORNING, 0.5)

    first, second = way.sender.operations
    assert first != second
    assert way.state == ("sent", "")


def test_a_mail_that_fails_again_and_again_waits_for_a_person() -> None:
    way, now = Way(), MORNING
    way.forwarded()
    for _ in range(10):
        way.report("failed", now)
        way.pass_time(now, 1)
        now += timedelta(hours=1)

    assert len(way.sender.sent) == 4
    assert way.state == ("attention", "failed")
    assert len(set(way.sender.operations)) == 4


def test_a_report_that_comes_before_the_mail_is_marked_as_sent_stands() -> None:
    way = Way()
    reference = way.accepted()
    referral = way.referral()
    sender_send = way.sender.send

    def send_and_report(message: object, *, operation_id: object) -> None:
        sender_send(message, operation_id=operation_id)  # type: ignore[arg-type]  # passed on as it came
        way.receipts().take(Receipt(operation_id, "delivered"), MORNING)  # type: ignore[arg-type]  # as above

    way.sender.send = send_and_report  # type: ignore[method-assign]  # the report overtakes the answer
    way.forwarder().forward(reference, MORNING)

    assert way.state == ("delivered", "")
    assert way.referral().sent_on == referral.received_on
    way.recover()
    assert len(way.sender.sent) == 1


@pytest.mark.parametrize("status", ["delivered", "failed", *FOR_A_PERSON])
def test_a_report_twice_is_a_report_once(status: str) -> None:
    way = Way()
    way.forwarded()
    way.report(status)
    before = way.rows

    way.report(status, epoch=0)

    assert way.rows == before


@pytest.mark.parametrize("statuses", list(permutations(["delivered", "expanded", "bounced"])))
def test_in_any_order_what_came_back_is_looked_at(statuses: tuple[str, ...]) -> None:
    way = Way()
    way.forwarded()

    for status in statuses:
        way.report(status)

    assert way.state == ("attention", "bounced")
    assert way.referral().delivered_on == "2023-09-01"


@pytest.mark.parametrize("statuses", list(permutations(["delivered", "failed"])))
def test_in_any_order_what_arrived_has_arrived(statuses: tuple[str, ...]) -> None:
    way = Way()
    way.forwarded()

    for status in statuses:
        way.report(status, epoch=0)
    way.recover()

    assert way.state == ("delivered", "")
    assert len(way.sender.sent) == 1


def test_a_late_report_of_an_earlier_mail_stops_no_later_one() -> None:
    way = Way()
    way.forwarded()
    way.report("failed")
    way.pass_time(MORNING, 0.5)
    before = way.rows

    for status in ("failed", *FOR_A_PERSON):
        way.report(status, epoch=0)

    assert way.rows == before


@pytest.mark.parametrize("status", ["delivered", "failed", *FOR_A_PERSON])
def test_a_report_about_what_was_acknowledged_changes_nothing(status: str) -> None:
    way = Way()
    way.acknowledging().acknowledge(way.forwarded(), MORNING)
    before = way.rows

    way.report(status)

    assert way.rows == before


def test_a_report_does_not_take_back_what_somebody_typed() -> None:
    way = Way()
    way.forwarded()
    way.type(State="received")

    for status in ("delivered", "bounced", "failed"):
        way.report(status)

    assert way.state == ("received", "")


def test_a_report_about_another_mail_is_none_of_ours() -> None:
    way = Way()
    way.forwarded()

    assert not way.receipts().take(Receipt(uuid4(), "bounced"), MORNING)
    assert way.state == ("sent", "")


@pytest.mark.parametrize("status", ["bounced", "suppressed"])
def test_two_referrals_that_come_back_say_that_the_mailbox_fails_and_one_that_arrives_that_it_does_not(
    status: str,
) -> None:
    ways = [Way() for _ in range(3)]
    for way in ways:
        way.own = ways[0].own
        way.forwarded()

    ways[0].report(status)
    ways[0].report(status)
    assert not ProviderMailbox(ways[0].own).is_failing(MORNING)
    ways[1].report(status)
    assert ProviderMailbox(ways[0].own).is_failing(MORNING)
    ways[2].report("delivered")
    assert not ProviderMailbox(ways[0].own).is_failing(MORNING)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("status", ["delivered", "failed", "bounced"])
def test_no_fault_loses_a_report_that_is_posted_again(status: str, fault: Fault) -> None:
    for at in range(100):
        way, trouble = Way(), Trouble(at, fault)
        way.forwarded()
        receipt = Receipt(operation_id(way.referral()), status)
        try:
            way.receipts(breaking(trouble)).take(receipt, MORNING)
        except (Crash, StorageError, ReferralsBusyError):
            way.receipts().take(receipt, MORNING)
        if not trouble.struck:
            assert at >= 3, "the index, the status and the change were broken"
            return
        expected = {"delivered": "delivered", "failed": "received", "bounced": "attention"}[status]
        assert way.state[0] == expected, f"call {at}"
    pytest.fail("the calls never ended")
