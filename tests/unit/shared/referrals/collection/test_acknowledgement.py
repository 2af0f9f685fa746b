"""The provider's word that it has a referral: taken once, however often and in whatever state it is given."""

from datetime import timedelta

import pytest

from shared.referrals.collection.acknowledgement import Acknowledgement, Acknowledging
from shared.referrals.errors import ReferralsBusyError
from shared.referrals.model import Progress, ReferralState
from shared.tables.table import StorageError
from tests.builders import MORNING, referral_request
from tests.fakes import FAULTS, Crash, Fault, Trouble, breaking
from tests.unit.shared.referrals.referral_system import Way


def acknowledging(way: Way, trouble: Trouble | None = None) -> Acknowledging:
    return Acknowledging(way.repository(breaking(trouble)) if trouble else way.repository())


def test_an_acknowledged_referral_is_marked_with_the_day_and_its_answers_are_not_touched() -> None:
    way = Way()
    reference = way.service().accept(referral_request(), MORNING)
    way.forwarder().forward(reference, MORNING)

    assert acknowledging(way).acknowledge(reference, MORNING) is Acknowledgement.ACKNOWLEDGED

    [row] = way.rows
    assert (row.text("State"), row.text("AcknowledgedOn")) == ("acknowledged", "2023-09-01")
    assert len(way.sealed.rows) == 1
    assert "T08:" not in str(dict(row.cells))


@pytest.mark.parametrize("state", [state for state in ReferralState if state not in ("acknowledged", "erased")])
def test_it_may_come_in_any_state(state: ReferralState) -> None:
    way = Way()
    reference = way.service().accept(referral_request(), MORNING)
    [row] = way.rows
    way.repository().change(reference, row.etag, State=str(state))

    assert acknowledging(way).acknowledge(reference, MORNING) is Acknowledgement.ACKNOWLEDGED
    assert [row.text("State") for row in way.rows] == ["acknowledged"]


def test_a_second_time_changes_nothing() -> None:
    way = Way()
    reference = way.service().accept(referral_request(), MORNING)
    acknowledging(way).acknowledge(reference, MORNING)
    before = way.rows

    assert acknowledging(way).acknowledge(reference, MORNING + timedelta(days=3)) is Acknowledgement.ALREADY
    assert way.rows == before


def test_a_reference_that_nobody_has_is_unknown() -> None:
    assert acknowledging(Way()).acknowledge("34679CDF", MORNING) is Acknowledgement.UNKNOWN


@pytest.mark.parametrize("fault", FAULTS)
def test_no_fault_loses_it(fault: Fault) -> None:
    for at in range(100):
        way, trouble = Way(), Trouble(at, fault)
        reference = way.service().accept(referral_request(), MORNING)
        try:
            answer = acknowledging(way, trouble).acknowledge(reference, MORNING)
        except (Crash, StorageError, ReferralsBusyError):
            answer = acknowledging(way).acknowledge(reference, MORNING)
        if not trouble.struck:
            assert at >= 2, "both calls were broken"
            return
        assert answer in {Acknowledgement.ACKNOWLEDGED, Acknowledgement.ALREADY}
        assert [row.text("State") for row in way.rows] == ["acknowledged"]
    pytest.fail("the calls never ended")


@pytest.mark.parametrize(
    ("state", "told"),
    [
        ("received", Progress.RECEIVED),
        ("sending", Progress.RECEIVED),
        ("sent", Progress.SENT),
        ("delivered", Progress.DELIVERED),
        ("acknowledged", Progress.CONFIRMED),
        ("attention", Progress.CONTACT),
        ("a word of somebody's", Progress.CONTACT),
        ("erased", Progress.CONTACT),
    ],
)
def test_the_person_is_told_how_far_it_is(state: str, told: Progress) -> None:
    way = Way()
    reference = way.service().accept(referral_request(), MORNING)
    [row] = way.rows
    way.repository().change(reference, row.etag, State=state)

    found = way.repository().status(reference)
    assert found is not None
    assert found.progress is told


def test_what_was_acknowledged_before_it_was_erased_is_told_as_confirmed() -> None:
    way = Way()
    reference = way.service().accept(referral_request(), MORNING)
    [row] = way.rows
    way.repository().change(reference, row.etag, State="erased", AcknowledgedOn="2023-09-04")

    found = way.repository().status(reference)
    assert found is not None
    assert found.progress is Progress.CONFIRMED
