"""Accepting and forwarding referrals over tables in memory, with every fault of storage and of the email service."""

import contextlib
from datetime import timedelta
from typing import cast
from uuid import uuid4

import pytest
from pydantic import ValidationError

from shared.mail.delivery import TAKEN_OVER_AFTER
from shared.referrals import transitions
from shared.referrals.errors import ReferralReusedError, ReferralsBusyError
from shared.referrals.intake.service import ReferralService
from shared.tables.table import Row, RowConflictError, StorageError, Table
from tests.builders import MORNING, referral_request
from tests.fakes import FAULTS, BrokenTable, Crash, FakeTable, Fault, InjectedFault, with_fault
from tests.unit.shared.referrals.referral_system import RECIPIENT, SUBMISSION, ReferralHarness


def test_a_referral_becomes_one_mail_to_the_one_recipient() -> None:
    harness = ReferralHarness()

    reference = harness.service().accept(referral_request(), MORNING)
    harness.forwarder().forward(reference, MORNING)

    [message] = harness.sender.messages
    assert message.to == RECIPIENT
    assert message.subject == f"New self-referral {reference}"
    assert [row.text("State") for row in harness.rows] == ["sent"]


def test_a_referral_that_someone_is_sending_is_due_again_once_their_claim_has_ended() -> None:
    harness = ReferralHarness()
    harness.service().accept(referral_request(), MORNING)

    assert harness.repository().claim(harness.referral(), uuid4(), MORNING) is not None

    assert not harness.referral().is_due(MORNING)
    assert not harness.referral().is_due(MORNING + TAKEN_OVER_AFTER - timedelta(seconds=1))
    assert harness.referral().is_due(MORNING + TAKEN_OVER_AFTER)


def test_the_outcome_of_a_claim_that_was_taken_over_is_not_written() -> None:
    harness = ReferralHarness()
    harness.service().accept(referral_request(), MORNING)
    lost, rows = harness.referral(), harness.repository()
    first = rows.claim(lost, uuid4(), MORNING)
    later = MORNING + TAKEN_OVER_AFTER
    second = rows.claim(harness.referral(), uuid4(), later)
    assert first is not None
    assert second is not None

    assert not harness.forwarder()._mark(lost, first, transitions.sent(later))
    assert harness.state == ("sending", "")
    assert harness.forwarder()._mark(harness.referral(), second, transitions.sent(later))


def test_the_day_of_the_first_attempt_that_may_have_gone_is_kept_until_one_is_known_to_have() -> None:
    harness = ReferralHarness()
    harness.service().accept(referral_request(), MORNING)

    for days in (0, 3):
        assert harness.repository().claim(harness.referral(), uuid4(), MORNING + timedelta(days=days)) is not None
        assert harness.referral().unclear_on == "2023-09-01"


@pytest.mark.parametrize("which", ["answers", "status"])
def test_what_was_written_since_is_not_deleted_with_what_was_read(which: str) -> None:
    harness = ReferralHarness()
    reference = harness.service().accept(referral_request(), MORNING)
    rows, table = harness.repository(), harness.sealed if which == "answers" else harness.status
    found = rows.sealed(reference)
    assert found is not None
    read = found[0] if which == "answers" else harness.referral()
    [row] = table.rows.values()
    table.merge({"PartitionKey": row.partition, "RowKey": row.key, "SubmissionHash": "of another"}, row.etag)

    with pytest.raises(RowConflictError):
        (rows.delete_sealed if which == "answers" else rows.delete_status)(read)

    assert len(table.rows) == 1


def test_every_answer_is_in_the_mail_and_none_in_its_subject() -> None:
    harness = ReferralHarness()
    name, story = "Ọ́káfọ̀ Adébáyọ̀", "أشعر بالتعب\nand more <b>& so on</b>"
    reference = harness.service().accept(
        referral_request(
            full_name=name, contact_by=["phone", "text"], phone="07700 900 982", message_ok="no", what_brings_you=story
        ),
        MORNING,
    )

    harness.forwarder().forward(reference, MORNING)

    [message] = harness.sender.messages
    for answer in (
        name,
        "07700 900 982",
        "Phone call, Text message",
        "English",
        "أشعر بالتعب",
        "and more <b>& so on</b>",
    ):
        assert answer in message.text
    assert "&lt;b&gt;&amp; so on&lt;/b&gt;" in message.html
    assert name not in message.subject


def test_the_mail_begins_with_the_wish_not_to_reply() -> None:
    harness = ReferralHarness()
    harness.forwarder().forward(harness.service().accept(referral_request(), MORNING), MORNING)

    assert harness.sender.messages[0].text.startswith("Do not reply to this email")


def test_nothing_about_the_person_is_in_any_table_but_sealed() -> None:
    harness = ReferralHarness()

    harness.service().accept(referral_request(full_name="Canary Name", what_brings_you="canary-story"), MORNING)

    stored = repr(harness.status.rows) + repr(harness.sealed.rows)
    assert "anary" not in stored
    assert "zoe@home.example" not in stored


def test_the_status_row_knows_the_day_and_no_more() -> None:
    harness = ReferralHarness()
    harness.service().accept(referral_request(), MORNING)

    [row] = harness.rows
    assert row.text("ReceivedOn") == "2023-09-01"
    assert set(row.cells) == {
        *("PartitionKey", "RowKey", "State", "ConsentVersion", "SubmissionHash", "Attempts", "NotBefore", "LastError"),
        *("ReceivedOn", "DueOn", "SentOn", "DeliveredOn", "AcknowledgedOn", "ErasedOn", "AttentionOn", "WarnedOn"),
        *(
            "WaitingSince",
            "Alarms",
            "Warned",
            "Epoch",
            "Redriven",
            "Delivery",
            "Hold",
            "DeletionOn",
            "DeletionToldOn",
            "OpenedOn",
            "OpenedBeforeOn",
            "CameBackOn",
            "Kept",
        ),
        *("Batch", "Slow", "UnclearOn", "Marker"),
        *("WithdrawnOn", "WithdrawnToldOn", "OwnWords", "WordBack"),
    }


def test_repeated_submission_returns_the_same_reference() -> None:
    harness = ReferralHarness()
    request = referral_request(submission_id=SUBMISSION)

    assert harness.service().accept(request, MORNING) == harness.service().accept(request, MORNING + timedelta(days=1))
    assert len(harness.rows) == len(harness.sealed.rows) == 1


def test_the_same_submission_with_other_answers_is_refused_and_the_first_stands() -> None:
    harness = ReferralHarness()
    reference = harness.service().accept(referral_request(submission_id=SUBMISSION), MORNING)

    with pytest.raises(ReferralReusedError, match=reference):
        harness.service().accept(referral_request(submission_id=SUBMISSION, full_name="Another"), MORNING)

    assert len(harness.sealed.rows) == 1


def test_a_reference_that_another_person_has_is_not_given_again() -> None:
    harness = ReferralHarness()
    taken = harness.service().accept(referral_request(submission_id=SUBMISSION), MORNING)
    key = ("referrals", taken)
    for table in (harness.sealed, harness.status):
        table.rows = {key: Row(dict(table.rows[key].cells) | {"SubmissionHash": "other-answers"}, "e")}

    reference = harness.service().accept(referral_request(submission_id=SUBMISSION), MORNING)

    assert reference != taken
    assert len(harness.sealed.rows) == 2
    assert harness.service().accept(referral_request(submission_id=SUBMISSION), MORNING) == reference


def test_a_referral_named_any_number_of_times_is_sent_once() -> None:
    harness = ReferralHarness()
    reference = harness.service().accept(referral_request(), MORNING)

    for _ in range(5):
        harness.forwarder().forward(reference, MORNING)

    assert len(harness.sender.sent) == 1


def test_accepting_is_two_table_requests() -> None:
    harness = ReferralHarness()

    harness.service().accept(referral_request(), MORNING)

    assert harness.status.calls + harness.sealed.calls == 2


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("gives_up", [True, False], ids=["gives up", "tries again"])
def test_no_fault_while_accepting_loses_or_doubles_a_referral(fault: Fault, *, gives_up: bool) -> None:
    for at in range(100):
        harness, trouble = ReferralHarness(), InjectedFault(at, fault)
        reference = _attempt(harness.service(with_fault(trouble)))
        if not trouble.triggered:
            assert at >= 2, "each of the two writes was broken"
            return
        if reference is None and not gives_up:
            reference = _attempt(harness.service())
        harness.recover()

        assert len(harness.sealed.rows) <= 1
        assert len(harness.sender.sent) == len(harness.sealed.rows), "what is stored is forwarded"
        assert reference is None or [row.key for row in harness.rows] == [reference], "no thanks without a row"
        assert gives_up or reference is not None
    pytest.fail("the calls never ended")


@pytest.mark.parametrize("fault", FAULTS)
def test_no_fault_while_forwarding_loses_or_doubles_a_referral(fault: Fault) -> None:
    for at in range(100):
        harness, trouble = ReferralHarness(), InjectedFault(at, fault)
        reference = harness.service().accept(referral_request(), MORNING)
        with contextlib.suppress(Crash, StorageError):
            harness.forwarder(with_fault(trouble)).forward(reference, MORNING)
        if not trouble.triggered:
            assert at >= 4, "status, claim, sealed and mark were broken"
            return
        harness.recover()

        assert len(harness.sender.sent) == 1, f"call {at}"
        assert [row.text("State") for row in harness.rows] == ["sent"]
        assert len(harness.sealed.rows) == 1, "nothing is erased"
    pytest.fail("the calls never ended")


@pytest.mark.parametrize("trouble", ["crash-before", "crash-after", "lost-request", "lost-answer", "throttled"])
def test_no_fault_of_the_mail_service_loses_or_doubles_a_referral(trouble: str) -> None:
    harness = ReferralHarness()
    reference = harness.service().accept(referral_request(), MORNING)
    harness.sender.trouble = {0: trouble}

    with contextlib.suppress(Crash):
        harness.forwarder().forward(reference, MORNING)
    harness.recover()

    assert len(harness.sender.sent) == 1
    assert [row.text("State") for row in harness.rows] == ["sent"]


def test_a_mail_that_is_refused_for_good_waits_for_a_person_with_everything_kept() -> None:
    harness = ReferralHarness()
    reference = harness.service().accept(referral_request(), MORNING)
    harness.sender.trouble = {0: "refused"}
    harness.forwarder().forward(reference, MORNING)
    harness.recover()

    assert [(row.text("State"), row.text("LastError")) for row in harness.rows] == [("attention", "HTTP 400")]
    assert len(harness.sealed.rows) == 1


def test_what_was_tampered_with_is_never_sent() -> None:
    harness = ReferralHarness()
    reference = harness.service().accept(referral_request(), MORNING)
    [(key, row)] = harness.sealed.rows.items()
    harness.sealed.rows[key] = Row(dict(row.cells) | {"Sealed": b"other"}, row.etag)

    harness.forwarder().forward(reference, MORNING)

    assert harness.sender.sent == []
    assert [(each.text("State"), each.text("LastError")) for each in harness.rows] == [("attention", "unseal-mac")]


def test_a_status_that_someone_emptied_is_taken_up_again() -> None:
    harness = ReferralHarness()
    reference = harness.service().accept(referral_request(), MORNING)
    [row] = harness.rows
    harness.status.put({"PartitionKey": "referrals", "RowKey": row.key})

    assert harness.due(MORNING) == [reference]


def test_a_message_that_names_no_referral_is_dropped() -> None:
    harness = ReferralHarness()

    harness.forwarder().forward("34679CDF", MORNING)

    assert harness.sender.sent == []


def test_handling_that_failed_again_and_again_keeps_the_referral_and_tries_later() -> None:
    harness = ReferralHarness()
    reference = harness.service().accept(referral_request(), MORNING)

    harness.forwarder().record_failure(reference, MORNING)

    assert [row.text("LastError") for row in harness.rows] == ["handling-failed"]
    assert harness.due(MORNING) == []
    assert harness.due(MORNING + timedelta(minutes=1)) == [reference]


def _attempt(service: ReferralService) -> str | None:
    try:
        return service.accept(referral_request(submission_id=SUBMISSION), MORNING)
    except (Crash, ReferralsBusyError):
        return None


def test_a_status_row_keeps_no_time_of_day_once_the_referral_is_on_its_way() -> None:
    harness = ReferralHarness()
    harness.forwarder().forward(harness.service().accept(referral_request(), MORNING), MORNING)

    [row] = harness.rows
    assert "T08:" not in str(dict(row.cells))


def test_referral_without_a_status_row_is_recovered_and_sent() -> None:
    harness = ReferralHarness()
    reference = harness.service().accept(referral_request(), MORNING)
    harness.status.rows.clear()

    harness.forwarder().forward(reference, MORNING)

    assert len(harness.sender.sent) == 1


@pytest.mark.parametrize("language", ["\u200b", "  ", "\u3164"])
def test_a_language_that_shows_nothing_is_missing(language: str) -> None:
    with pytest.raises(ValidationError):
        referral_request(therapy_language=language)


def test_two_who_take_the_same_referral_on_at_once_send_it_once() -> None:
    harness = ReferralHarness()
    reference = harness.service().accept(referral_request(), MORNING)

    class Slow(BrokenTable):
        """Another process forwards the referral between this one's look at the row and its claim."""

        def get(self, partition: str, key: str) -> Row | None:
            row = harness.status.get(partition, key)
            if not harness.sender.sent:
                harness.forwarder().forward(reference, MORNING)
            return row

    def wrap(table: FakeTable) -> Table:
        return cast("Table", Slow(table, InjectedFault(-1, "crash-before")) if table is harness.status else table)

    harness.forwarder(wrap).forward(reference, MORNING)

    assert len(harness.sender.sent) == 1
    assert [(row.text("State"), row.integer("Attempts")) for row in harness.rows] == [("sent", 1)]
    assert harness.sender.asked == [], "who was late did not even claim it"


def test_edit_between_read_and_claim_does_not_delay_forwarding() -> None:
    harness = ReferralHarness()
    reference = harness.service().accept(referral_request(), MORNING)
    edits = iter([True])

    class Edited(BrokenTable):
        """Someone saves the row in the portal just after it was read."""

        def get(self, partition: str, key: str) -> Row | None:
            row = harness.status.get(partition, key)
            if next(edits, False):
                harness.type(Hold="yes")
            return row

    def wrap(table: FakeTable) -> Table:
        return cast("Table", Edited(table, InjectedFault(-1, "crash-before")) if table is harness.status else table)

    harness.forwarder(wrap).forward(reference, MORNING)

    assert [(row.text("State"), row.text("Hold")) for row in harness.rows] == [("sent", "yes")]
