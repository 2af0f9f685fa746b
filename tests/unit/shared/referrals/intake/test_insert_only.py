"""The accepting side inserts referrals and reads statuses; without another right no crash point loses an answer."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import product
from typing import Any, cast

import pytest

from shared.referrals.errors import ReferralReusedError, ReferralsBusyError
from shared.referrals.intake.service import ReferralService
from shared.referrals.referral_rows import read_referral, read_sealed, sealed_cells
from shared.tables.table import Row, StorageRefusedError, Table
from tests.builders import MORNING, london, referral_request
from tests.fakes import FAULTS, BrokenTable, Crash, FakeTable, Fault, InjectedFault
from tests.unit.shared.referrals.referral_system import SUBMISSION, ReferralHarness

FIRST, SECOND = "canary-first", "canary-second"
ALLOWED: Mapping[str, frozenset[str]] = {
    "status": frozenset({"insert", "get"}),
    "sealed": frozenset({"insert"}),
    "mail": frozenset(),
}


class Refusing:
    """A table for whose other operations the identity has no right."""

    def __init__(self, table: Table, allowed: frozenset[str]) -> None:
        self._table, self._allowed = table, allowed

    def __getattr__(self, name: str) -> Any:
        if name not in self._allowed:
            raise StorageRefusedError("HTTP 403")
        return getattr(self._table, name)


def web_side(harness: ReferralHarness, trouble: InjectedFault | None = None) -> ReferralService:
    """The service with the web app's rights alone, over tables of which one call may break."""
    rights = {id(getattr(harness, name)): allowed for name, allowed in ALLOWED.items()}

    def wrap(table: FakeTable) -> Table:
        inner = cast("Table", BrokenTable(table, trouble)) if trouble else table
        return cast("Table", Refusing(inner, rights[id(table)]))

    return harness.service(wrap)


def send(service: ReferralService, story: str) -> str | None:
    """The reference that the person is given; None if they read that it is to be sent again."""
    try:
        return service.accept(referral_request(submission_id=SUBMISSION, what_brings_you=story), MORNING)
    except (Crash, ReferralsBusyError):
        return None


def sent(harness: ReferralHarness, story: str) -> int:
    return sum(story in message.text for message in harness.sender.messages)


def orphaned(harness: ReferralHarness) -> None:
    """The first submission, of which a process died between the two writes."""
    assert send(web_side(harness, InjectedFault(0, "crash-after")), FIRST) is None
    assert (len(harness.sealed.rows), len(harness.status.rows)) == (1, 0)


def test_everything_that_the_web_side_does_needs_no_right_but_these() -> None:
    harness = ReferralHarness()

    reference = send(web_side(harness), FIRST)

    assert send(web_side(harness), FIRST) == reference
    with pytest.raises(ReferralReusedError, match=str(reference)):
        send(web_side(harness), SECOND)
    harness.recover()
    assert [sent(harness, story) for story in (FIRST, SECOND)] == [1, 0]


@pytest.mark.parametrize("handles", [lambda harness: None, ReferralHarness.recover], ids=["at once", "after the timer"])
def test_the_form_that_is_sent_again_after_a_crash_gets_its_reference_and_is_one_referral(
    handles: Callable[[ReferralHarness], None],
) -> None:
    harness = ReferralHarness()
    orphaned(harness)
    handles(harness)

    reference = send(web_side(harness), FIRST)

    assert reference is not None
    assert send(web_side(harness), FIRST) == reference
    harness.recover()
    assert [row.key for row in harness.rows] == [row.key for row in harness.sealed.rows.values()] == [reference]
    assert sent(harness, FIRST) == 1


def test_other_answers_that_are_sent_after_a_crash_are_sent_as_well_and_the_first_too() -> None:
    harness = ReferralHarness()
    orphaned(harness)

    reference = send(web_side(harness), SECOND)
    harness.recover()

    assert reference in {row.key for row in harness.rows}
    assert [sent(harness, story) for story in (FIRST, SECOND)] == [1, 1]
    with pytest.raises(ReferralReusedError):
        send(web_side(harness), SECOND)


def test_each_row_says_which_answers_it_has_so_that_erasing_one_leaves_nothing() -> None:
    harness = ReferralHarness()
    orphaned(harness)
    send(web_side(harness), SECOND)
    harness.recover()

    for key, row in harness.status.rows.items():
        assert row.text("SubmissionHash") == harness.sealed.rows[key].text("SubmissionHash")


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("second", [FIRST, SECOND], ids=["same answers", "other answers"])
def test_no_fault_in_two_submissions_of_a_form_loses_what_was_accepted(fault: Fault, second: str) -> None:
    for breaks in product(range(5), repeat=2):
        harness, given = ReferralHarness(), set[str]()
        for story, at in ((FIRST, breaks[0]), (second, breaks[1]), (second, -1)):
            try:
                given |= {story} if send(web_side(harness, InjectedFault(at, fault)), story) else set()
            except ReferralReusedError:
                given |= {FIRST}  # which the page then says
        harness.recover()

        assert given, "in the end the person has a reference"
        assert all(sent(harness, story) >= 1 for story in given), f"calls {breaks}"
        assert second != FIRST or len(harness.sender.sent) == 1
        assert len(harness.sealed.rows) == len(harness.rows) == len(harness.sender.sent)


def test_one_that_another_process_is_just_storing_is_one_referral() -> None:
    harness = ReferralHarness()

    class Between(BrokenTable):
        """The second click is handled between the two writes of the first."""

        def insert(self, cells: Mapping[str, Any]) -> str:
            if not harness.status.rows:
                self.second = send(web_side(harness), FIRST)
            return harness.status.insert(cells)

    between = Between(harness.status, InjectedFault(-1, "crash-before"))
    first = harness.service(lambda table: cast("Table", between) if table is harness.status else table)

    reference = send(first, FIRST)

    assert reference == between.second
    harness.recover()
    assert len(harness.sealed.rows) == len(harness.rows) == sent(harness, FIRST) == 1


def test_a_reference_under_which_an_orphan_of_another_person_lies_loses_neither() -> None:
    harness = ReferralHarness()
    orphaned(harness)
    [(key, row)] = harness.sealed.rows.items()
    other = replace(read_referral(row), submission="another-person")
    harness.sealed.rows[key] = Row(sealed_cells(other, harness.mac.sign(other, read_sealed(row))), row.etag)

    reference = send(web_side(harness), SECOND)
    harness.recover()

    assert reference is not None
    assert [sent(harness, story) for story in (FIRST, SECOND)] == [1, 1]


def test_a_copy_that_someone_names_to_the_queue_is_not_sent_before_it_was_compared() -> None:
    harness = ReferralHarness()
    orphaned(harness)
    reference = send(web_side(harness), FIRST)
    [copy] = [row.key for row in harness.sealed.rows.values() if row.key != reference]

    harness.forwarder().forward(copy, MORNING)

    assert harness.sender.sent == []


def test_with_every_reference_taken_by_copies_it_is_to_be_sent_again() -> None:
    harness = ReferralHarness()
    orphaned(harness)
    for _ in range(4):  # and no queue message came through
        assert send(web_side(harness), FIRST) is not None

    assert send(web_side(harness), FIRST) is None
    harness.recover()
    assert send(web_side(harness), FIRST) is not None
    assert len(harness.sealed.rows) == sent(harness, FIRST) == 1


def test_a_form_sent_again_after_midnight_is_sent_with_the_day_of_the_first_time() -> None:
    harness = ReferralHarness()
    before, after = london("2023-09-01 23:59"), london("2023-09-02 00:01")
    with pytest.raises(Crash):
        web_side(harness, InjectedFault(0, "crash-after")).accept(referral_request(submission_id=SUBMISSION), before)

    reference = web_side(harness).accept(referral_request(submission_id=SUBMISSION), after)
    harness.forwarder().forward(reference, after)
    harness.orphan_recovery().run()

    assert harness.state == ("sent", "")
    assert harness.referral().received_on == "2023-09-01"
    assert [row.key for row in harness.sealed.rows.values()] == [reference]


def test_answers_of_which_two_copies_were_stored_are_sent_once() -> None:
    harness = ReferralHarness()
    orphaned(harness)
    send(web_side(harness), SECOND)
    send(web_side(harness), SECOND)
    assert len(harness.sealed.rows) == 3
    harness.recover()
    harness.recover()

    assert [sent(harness, story) for story in (FIRST, SECOND)] == [1, 1]


def test_a_copy_is_kept_while_the_first_row_is_not_what_this_service_wrote() -> None:
    harness = ReferralHarness()
    orphaned(harness)
    reference = send(web_side(harness), FIRST)
    [row] = [each for each in harness.sealed.rows.values() if each.key == reference]
    harness.sealed.merge({"PartitionKey": "referrals", "RowKey": str(reference), "Sealed": b"forged"}, row.etag)

    harness.recover()

    assert sent(harness, FIRST) == 1
