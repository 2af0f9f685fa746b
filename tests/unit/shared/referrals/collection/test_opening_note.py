"""The note of an opening: the day, once, and a colleague is told of it."""

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, cast

import pytest

from shared.referrals import transitions
from shared.referrals.collection.opening_note import note_opening
from shared.referrals.model import ReferralState
from shared.referrals.repository import ReferralRepository
from tests.builders import MORNING, referral_request
from tests.fakes import FAULTS, BrokenTable, Crash, Fault, InjectedFault, with_fault
from tests.unit.shared.referrals.collection.provider_desk import ProviderDesk
from tests.unit.shared.referrals.referral_system import RECIPIENT

if TYPE_CHECKING:
    from shared.tables.table import Table

DAY = timedelta(days=1)


@pytest.fixture
def desk() -> ProviderDesk:
    desk = ProviderDesk()
    desk.come(2)
    return desk


def test_who_opens_it_first_is_told_of_no_one_and_every_later_one_of_the_first(desk: ProviderDesk) -> None:
    first, second = desk.references

    assert desk.enter(first).opened_before == ""
    assert desk.open(second).opened_before == ""
    assert desk.enter(first, MORNING + DAY).opened_before == "2023-09-01"
    assert desk.enter(second, MORNING + 2 * DAY).opened_before == "2023-09-01"
    assert [desk.of(each).opened_on for each in desk.references] == ["2023-09-01"] * 2


def test_of_two_who_open_it_at_the_same_moment_one_is_told_of_the_other(desk: ProviderDesk) -> None:
    first = desk.references[0]
    as_both_read_it = desk.of(first)

    told = [note_opening(desk.repository(), as_both_read_it, MORNING) for _ in range(2)]

    assert told == ["", "2023-09-01"]


def test_a_row_that_changes_meanwhile_is_noted_all_the_same(desk: ProviderDesk) -> None:
    first = desk.references[0]
    as_read = desk.of(first)
    desk.set(first, Warned=1)

    assert note_opening(desk.repository(), as_read, MORNING) == ""
    assert desk.of(first).opened_on == "2023-09-01"


@pytest.mark.parametrize("cells", [transitions.acknowledged_after_opening, transitions.set_aside, transitions.kept])
def test_one_that_a_colleague_has_dealt_with_meanwhile_is_left_alone(cells: object, desk: ProviderDesk) -> None:
    first = desk.references[0]
    as_read = desk.of(first)
    desk.set(first, **cells(as_read, MORNING))  # type: ignore[operator]  # a transition
    before = desk.of(first)

    note_opening(desk.repository(), as_read, MORNING + DAY)

    assert desk.of(first) == before


def emailed_and_crashed(desk: ProviderDesk) -> str:
    """The reference of one whose email went out, of which the process died before the row said so."""
    reference = desk.service().accept(referral_request(what_brings_you="Story"), MORNING)
    desk.references.append(reference)

    class Crashing(BrokenTable):
        def merge(self, cells: Mapping[str, object], etag: str) -> str:
            if cells.get("State") == "sent":
                raise Crash
            return desk.status.merge(cells, etag)

    broken = cast("Table", Crashing(desk.status, InjectedFault(-1, "crash-before")))
    with pytest.raises(Crash):
        desk.forwarder(lambda table: broken if table is desk.status else table).forward(reference, MORNING)
    assert (desk.of(reference).state, len(desk.sender.messages)) == (ReferralState.SENDING, 3)
    return reference


def test_an_opening_before_the_row_says_that_it_was_sent_is_noted_and_stays(desk: ProviderDesk) -> None:
    reference = emailed_and_crashed(desk)

    assert desk.enter(reference).opened_before == ""
    assert desk.enter(reference, MORNING + DAY).opened_before == "2023-09-01"
    desk.pass_days(MORNING, 100)

    assert desk.of(reference).opened_on == "2023-09-01"
    assert desk.repository().sealed(reference) is not None, "erased as one that nobody opened"


def test_an_opening_of_one_that_is_sent_again_because_it_was_kept_is_noted_and_stays(desk: ProviderDesk) -> None:
    first = desk.references[0]
    opened = desk.enter(first)
    desk.collector().acknowledge(desk.token(first), opened.proof, MORNING)
    desk.acknowledging().keep(first, MORNING, version=desk.of(first).version)

    desk.enter(first, MORNING + DAY)
    desk.tick(MORNING + DAY)

    assert (desk.of(first).state, desk.of(first).opened_on) == (ReferralState.SENT, "2023-09-02")
    desk.pass_days(MORNING + DAY, 100)
    assert desk.repository().sealed(first) is not None


@pytest.mark.parametrize("before", ["", "2023-08-30"])
def test_an_opening_after_someone_typed_received_stays_and_those_of_before_do_not(
    before: str, desk: ProviderDesk
) -> None:
    first = desk.references[0]
    desk.set(first, State="received", OpenedOn=before, LastError="not-genuine", AcknowledgedOn="2023-08-30")

    desk.enter(first, MORNING + DAY)
    desk.tick(MORNING + DAY)

    referral = desk.of(first)
    assert (referral.state, referral.opened_on, referral.acknowledged_on) == (ReferralState.SENT, "2023-09-02", "")
    assert (referral.epoch, referral.last_error) == (1, "")
    assert len(desk.mails_to(RECIPIENT)) == 3


@pytest.mark.parametrize("at", range(12))
def test_an_opening_at_any_moment_of_sending_is_noted_and_it_is_sent_once(at: int, desk: ProviderDesk) -> None:
    reference = desk.service().accept(referral_request(what_brings_you="Story"), MORNING)
    count, is_claimed = 0, False

    class Meanwhile(BrokenTable):
        """Someone with an earlier link opens it between two calls."""

        def __getattribute__(self, name: str) -> object:
            nonlocal count, is_claimed
            if name in {"get", "merge", "insert"}:
                count += 1
                if count == at:
                    is_claimed = desk.of(reference).state is not ReferralState.RECEIVED
                    note_opening(desk.repository(), desk.of(reference), MORNING)
            return super().__getattribute__(name)

    desk.forwarder(lambda table: cast("Table", Meanwhile(table, InjectedFault(-1, "crash-before")))).forward(
        reference, MORNING
    )

    referral = desk.of(reference)
    assert (referral.state, referral.opened_on) == (ReferralState.SENT, "2023-09-01" if is_claimed else "")
    assert len(desk.mails_to(RECIPIENT)) == 3
    assert referral.attempts == 1
    assert count >= 5


def test_an_opening_while_a_batch_is_sent_is_noted(desk: ProviderDesk) -> None:
    first = desk.references[0]
    desk.set(first, State="sending", Batch="batch", Attempts=1)

    assert desk.enter(first).opened_before == ""
    assert (desk.of(first).opened_on, desk.of(first).state) == ("2023-09-01", ReferralState.SENDING)


@pytest.mark.parametrize("fault", ["own-conflict", "lost-answer"])
def test_the_first_is_not_told_of_another_if_only_the_answer_of_storage_was_lost(
    fault: Fault, desk: ProviderDesk
) -> None:
    referral = desk.of(desk.references[0])
    store = desk.repository(with_fault(InjectedFault(0, fault)))

    assert note_opening(store, referral, MORNING) == ""
    assert note_opening(desk.repository(), desk.of(referral.reference), MORNING) == "2023-09-01"


@pytest.mark.parametrize("word", ["kept", "received"])
def test_who_opens_one_that_is_sent_again_is_told_of_who_opened_it_before(word: str, desk: ProviderDesk) -> None:
    first = desk.references[0]
    opened = desk.enter(first)
    if word == "kept":
        desk.collector().acknowledge(desk.token(first), opened.proof, MORNING)
        desk.acknowledging().keep(first, MORNING, version=desk.of(first).version)
    else:
        desk.set(first, State="received")
    desk.tick(MORNING + DAY)
    assert (desk.of(first).state, desk.of(first).opened_on) == (ReferralState.SENT, "")

    assert desk.enter(first, MORNING + DAY).opened_before == "2023-09-01"
    assert desk.enter(first, MORNING + 2 * DAY).opened_before == "2023-09-02"


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("at", range(3))
def test_no_fault_of_storage_keeps_the_answers_back(at: int, fault: Fault, desk: ProviderDesk) -> None:
    trouble = InjectedFault(at, fault)
    wrap = with_fault(trouble)
    store = ReferralRepository(wrap(desk.status), wrap(desk.sealed), wrap(desk.mail))
    referral = desk.of(desk.references[0])

    try:
        assert note_opening(store, referral, MORNING) in {"", "2023-09-01"}
    except Crash:
        assert fault.startswith("crash")
    assert desk.of(referral.reference).opened_on in {"", "2023-09-01"}
