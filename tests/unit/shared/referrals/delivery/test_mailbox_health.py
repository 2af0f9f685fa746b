"""The provider's mailbox: when it counts as failing, and when that is over."""

from datetime import timedelta

from shared.referrals.delivery.mailbox_health import ProviderMailbox
from tests.builders import MORNING
from tests.fakes import BrokenTable, FakeTable, InjectedFault

MINUTE = timedelta(minutes=1)


def test_one_bounced_email_does_not_mark_the_mailbox_failing() -> None:
    mailbox = ProviderMailbox(FakeTable())

    mailbox.record_bounce("a", MORNING)
    mailbox.record_bounce("a", MORNING)

    assert not mailbox.is_failing(MORNING)


def test_two_bounces_in_a_row_mark_the_mailbox_failing_until_a_delivery() -> None:
    table = FakeTable()
    mailbox = ProviderMailbox(table)
    mailbox.record_bounce("a", MORNING)
    mailbox.record_bounce("b", MORNING)
    assert mailbox.is_failing(MORNING)
    assert ProviderMailbox(table).is_failing(MORNING), "another process sees it too"

    mailbox.record_delivery()

    assert not mailbox.is_failing(MORNING + MINUTE)


def test_a_delivered_mail_between_them_begins_the_count_anew() -> None:
    mailbox = ProviderMailbox(FakeTable())
    mailbox.record_bounce("a", MORNING)
    mailbox.record_delivery()
    mailbox.record_bounce("b", MORNING)

    assert not mailbox.is_failing(MORNING)


def test_it_is_read_once_a_minute_and_whenever_the_clock_went_back() -> None:
    table = FakeTable()
    mailbox = ProviderMailbox(table)

    for seconds in (0, 30, 59):
        mailbox.is_failing(MORNING + timedelta(seconds=seconds))
    assert table.calls == 1

    mailbox.is_failing(MORNING + MINUTE)
    mailbox.is_failing(MORNING)
    assert table.calls == 3


def test_mailbox_counts_as_working_when_storage_is_down() -> None:
    broken = BrokenTable(FakeTable(), InjectedFault(0, "lost-request"))

    assert not ProviderMailbox(broken).is_failing(MORNING)
