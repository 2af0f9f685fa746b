"""The provider's mailbox: when it counts as failing, and when that is over."""

from datetime import timedelta

from shared.referrals.delivery.mailbox_health import ProviderMailbox
from tests.builders import MORNING
from tests.fakes import BrokenTable, FakeTable, Trouble

MINUTE = timedelta(minutes=1)


def test_one_mail_that_comes_back_is_that_mails_own() -> None:
    mailbox = ProviderMailbox(FakeTable())

    mailbox.came_back("a", MORNING)
    mailbox.came_back("a", MORNING)

    assert not mailbox.is_failing(MORNING)


def test_two_in_a_row_are_the_mailboxs_until_one_is_delivered() -> None:
    table = FakeTable()
    mailbox = ProviderMailbox(table)
    mailbox.came_back("a", MORNING)
    mailbox.came_back("b", MORNING)
    assert mailbox.is_failing(MORNING)
    assert ProviderMailbox(table).is_failing(MORNING), "another process sees it too"

    mailbox.took_one()

    assert not mailbox.is_failing(MORNING + MINUTE)


def test_a_delivered_mail_between_them_begins_the_count_anew() -> None:
    mailbox = ProviderMailbox(FakeTable())
    mailbox.came_back("a", MORNING)
    mailbox.took_one()
    mailbox.came_back("b", MORNING)

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


def test_the_page_is_there_when_storage_is_not() -> None:
    broken = BrokenTable(FakeTable(), Trouble(0, "lost-request"))

    assert not ProviderMailbox(broken).is_failing(MORNING)
