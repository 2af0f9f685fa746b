"""A row that is saved as it was before a withdrawal revives nothing, whatever the withdrawal had got to by then."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from shared.referrals.model import ReferralState
from shared.tables.table import StorageError
from tests.builders import MORNING
from tests.fakes import FAULTS, Crash, InjectedFault, with_fault
from tests.unit.shared.referrals.referral_system import RECIPIENT
from tests.unit.shared.referrals.withdrawal.test_withdrawal import NEXT_DAY, SOON, Person

NIGHT = datetime.fromisoformat("2023-09-02T01:00:00+00:00")
TOLD, NEW = "Consent withdrawn", "New self-referral"


def opened(person: Person) -> dict[str, Any]:
    """The cells of the one row as someone at the portal opens it."""
    return {name: value for name, value in person.rows[0].cells.items() if not name.endswith("Key")}


def subjects(person: Person) -> list[str]:
    """The first words of the subjects of the provider's emails."""
    known = (TOLD, NEW)
    return [word for mail in person.mails_to(RECIPIENT) for word in known if word in mail.subject]


def check_withdrawn(person: Person) -> None:
    assert person.referral().state is ReferralState.WITHDRAWN
    assert person.sealed.rows == {}


@pytest.mark.parametrize("delivery", ["link", "inline"])
@pytest.mark.parametrize("fault", FAULTS)
def test_one_saved_at_whatever_request_of_a_withdrawal_is_withdrawn_and_the_provider_told(
    delivery: str, fault: object
) -> None:
    """The process that withdraws it breaks off there: nothing goes on by itself but the timer."""
    for at in range(40):
        person, trouble = Person(delivery), InjectedFault(at, fault)  # type: ignore[arg-type]  # one of FAULTS
        reference = person.sent()
        stale = opened(person)
        withdrawals = person.withdrawals(with_fault(trouble))
        is_decided = False
        try:
            referral = withdrawals.withdraw(reference, SOON)
            is_decided = True
            if referral is not None:
                withdrawals.complete(referral, SOON)
        except (Crash, StorageError):
            is_decided = is_decided or person.referral().state is ReferralState.WITHDRAWN
        if is_decided:
            person.type(**stale)
            person.pass_days(SOON, 3)
            check_withdrawn(person)
            assert subjects(person) == [NEW, TOLD], f"{fault} at {at}"
        if not trouble.triggered:
            return
    raise AssertionError("more requests than were tried")


@pytest.mark.parametrize("delivery", ["link", "inline"])
@pytest.mark.parametrize("moment", ["before", "after"])
def test_one_saved_as_it_was_before_it_was_sent_has_its_withdrawal_told(moment: str, delivery: str) -> None:
    """Its row says that it was never sent; what is kept beside it knows better."""
    person = Person(delivery)
    reference = person.came()
    stale = opened(person)
    person.forwarder().forward(reference, MORNING)
    if moment == "before":
        person.type(**stale)
    referral = person.withdrawals().withdraw(reference, SOON)
    if moment == "after":
        person.type(**stale)
    elif referral is not None:
        person.withdrawals().complete(referral, SOON)
    person.pass_days(SOON, 3)

    check_withdrawn(person)
    assert subjects(person) == [NEW, TOLD]


@pytest.mark.parametrize("how", ["timer", "queue"])
@pytest.mark.parametrize("at", [SOON, NIGHT])
@pytest.mark.parametrize("delivery", ["link", "inline"])
def test_one_that_a_save_revived_is_not_sent_before_the_note_of_its_withdrawal_was_looked_at(
    delivery: str, at: datetime, how: str
) -> None:
    person = Person(delivery)
    reference = person.came()
    stale = opened(person)
    withdrawn = person.withdrawals().withdraw(reference, MORNING)
    assert withdrawn is not None
    person.type(**stale)  # the answers are still there

    if how == "timer":
        person.tick(at)
    else:
        person.forwarder().nudge(reference, at)

    assert subjects(person) == []
    assert person.referral().state is ReferralState.WITHDRAWN
    person.tick(at + timedelta(minutes=5))
    check_withdrawn(person)


def test_one_that_a_save_revived_goes_in_no_batch() -> None:
    person = Person("link")
    reference = person.came()
    stale = opened(person)
    batch = person.release().batches.insert([person.referral()], MORNING)
    person.withdrawals().withdraw(reference, MORNING)
    person.type(**stale)

    person.batch_sender().deliver(batch, SOON)

    assert subjects(person) == []
    person.pass_days(NEXT_DAY, 2)
    check_withdrawn(person)


def test_answers_are_deleted_whatever_is_typed_over_the_fingerprint_of_their_form() -> None:
    person = Person()
    reference = person.sent()
    person.type(SubmissionHash="typed over")

    person.withdraw(reference)

    check_withdrawn(person)
