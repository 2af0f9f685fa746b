"""Accepting and forwarding referrals over tables in memory, with every fault that storage and mail can have."""

import contextlib
from datetime import timedelta
from typing import cast

import pytest
from pydantic import ValidationError

from shared.referrals.errors import ReferralReusedError, ReferralsBusyError
from shared.referrals.intake.service import ReferralService
from shared.referrals.model import Sealed
from shared.tables.table import Row, StorageError, Table
from tests.builders import MORNING, referral_request
from tests.fakes import FAULTS, BrokenTable, Crash, FakeTable, Fault, Trouble, breaking
from tests.unit.shared.referrals.referral_system import RECIPIENT, SUBMISSION, Way


def test_a_referral_becomes_one_mail_to_the_one_recipient() -> None:
    way = Way()

    reference = way.service().accept(referral_request(), MORNING)
    way.forwarder().forward(reference, MORNING)

    [message] = way.sender.messages
    assert message.to == RECIPIENT
    assert message.subject == f"New self-referral {reference}"
    assert [row.text("State") for row in way.rows] == ["sent"]


def test_every_answer_is_in_the_mail_and_none_in_its_subject() -> None:
    way = Way()
    name, story = "Ọ́káfọ̀ Adébáyọ̀", "أشعر بالتعب\nand more <b>& so on</b>"
    reference = way.service().accept(
        referral_request(
            full_name=name, contact_by=["phone", "text"], phone="07700 900 982", message_ok="no", what_brings_you=story
        ),
        MORNING,
    )

    way.forwarder().forward(reference, MORNING)

    [message] = way.sender.messages
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
    way = Way()
    way.forwarder().forward(way.service().accept(referral_request(), MORNING), MORNING)

    assert way.sender.messages[0].text.startswith("Do not reply to this email")


def test_nothing_about_the_person_is_in_any_table_but_sealed() -> None:
    way = Way()

    way.service().accept(referral_request(full_name="Canary Name", what_brings_you="canary-story"), MORNING)

    stored = repr(way.status.rows) + repr(way.sealed.rows)
    assert "anary" not in stored
    assert "zoe@home.example" not in stored


def test_the_status_row_knows_the_day_and_no_more() -> None:
    way = Way()
    way.service().accept(referral_request(), MORNING)

    [row] = way.rows
    assert row.text("ReceivedOn") == "2023-09-01"
    assert set(row.cells) == {
        *("PartitionKey", "RowKey", "State", "ConsentVersion", "SubmissionHash", "Attempts", "NotBefore", "LastError"),
        *("ReceivedOn", "DueOn", "SentOn", "DeliveredOn", "AcknowledgedOn", "ErasedOn", "AttentionOn", "WarnedOn"),
        *("WaitingSince", "Alarms", "Warned", "Epoch", "Redriven", "Delivery", "Hold"),
    }


def test_a_repeat_finds_itself() -> None:
    way = Way()
    request = referral_request(submission_id=SUBMISSION)

    assert way.service().accept(request, MORNING) == way.service().accept(request, MORNING + timedelta(days=1))
    assert len(way.rows) == len(way.sealed.rows) == 1


def test_the_same_submission_with_other_answers_is_refused_and_the_first_stands() -> None:
    way = Way()
    reference = way.service().accept(referral_request(submission_id=SUBMISSION), MORNING)

    with pytest.raises(ReferralReusedError, match=reference):
        way.service().accept(referral_request(submission_id=SUBMISSION, full_name="Another"), MORNING)

    assert len(way.sealed.rows) == 1


def test_a_reference_that_another_person_has_is_not_given_again() -> None:
    way = Way()
    taken = way.service().accept(referral_request(submission_id=SUBMISSION), MORNING)
    key = ("referrals", taken)
    somebody_elses = Row(dict(way.sealed.rows[key].cells) | {"SubmissionHash": "other-answers"}, "e")
    way.sealed.rows, way.status.rows = {key: somebody_elses}, {}

    reference = way.service().accept(referral_request(submission_id=SUBMISSION), MORNING)

    assert reference != taken
    assert len(way.sealed.rows) == 2


def test_a_referral_named_any_number_of_times_is_sent_once() -> None:
    way = Way()
    reference = way.service().accept(referral_request(), MORNING)

    for _ in range(5):
        way.forwarder().forward(reference, MORNING)

    assert len(way.sender.sent) == 1


def test_accepting_is_two_table_requests() -> None:
    way = Way()

    way.service().accept(referral_request(), MORNING)

    assert way.status.calls + way.sealed.calls == 2


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("gives_up", [True, False], ids=["gives up", "tries again"])
def test_no_fault_while_accepting_loses_or_doubles_a_referral(fault: Fault, *, gives_up: bool) -> None:
    for at in range(100):
        way, trouble = Way(), Trouble(at, fault)
        reference = _attempt(way.service(breaking(trouble)))
        if not trouble.struck:
            assert at >= 2, "each of the two writes was broken"
            return
        if reference is None and not gives_up:
            reference = _attempt(way.service())
        way.recover()

        assert len(way.sealed.rows) <= 1
        assert len(way.sender.sent) == len(way.sealed.rows), "what is stored is forwarded"
        assert reference is None or [row.key for row in way.rows] == [reference], "no thanks without a row"
        assert gives_up or reference is not None
    pytest.fail("the calls never ended")


@pytest.mark.parametrize("fault", FAULTS)
def test_no_fault_while_forwarding_loses_or_doubles_a_referral(fault: Fault) -> None:
    for at in range(100):
        way, trouble = Way(), Trouble(at, fault)
        reference = way.service().accept(referral_request(), MORNING)
        with contextlib.suppress(Crash, StorageError):
            way.forwarder(breaking(trouble)).forward(reference, MORNING)
        if not trouble.struck:
            assert at >= 4, "status, claim, sealed and mark were broken"
            return
        way.recover()

        assert len(way.sender.sent) == 1, f"call {at}"
        assert [row.text("State") for row in way.rows] == ["sent"]
        assert len(way.sealed.rows) == 1, "nothing is erased"
    pytest.fail("the calls never ended")


@pytest.mark.parametrize("trouble", ["crash-before", "crash-after", "lost-request", "lost-answer", "throttled"])
def test_no_fault_of_the_mail_service_loses_or_doubles_a_referral(trouble: str) -> None:
    way = Way()
    reference = way.service().accept(referral_request(), MORNING)
    way.sender.trouble = {0: trouble}

    with contextlib.suppress(Crash):
        way.forwarder().forward(reference, MORNING)
    way.recover()

    assert len(way.sender.sent) == 1
    assert [row.text("State") for row in way.rows] == ["sent"]


def test_a_mail_that_is_refused_for_good_waits_for_a_person_with_everything_kept() -> None:
    way = Way()
    reference = way.service().accept(referral_request(), MORNING)
    way.sender.trouble = {0: "refused"}
    way.forwarder().forward(reference, MORNING)
    way.recover()

    assert [(row.text("State"), row.text("LastError")) for row in way.rows] == [("attention", "HTTP 400")]
    assert len(way.sealed.rows) == 1


def test_what_was_tampered_with_is_never_sent() -> None:
    way = Way()
    reference = way.service().accept(referral_request(), MORNING)
    [(key, row)] = way.sealed.rows.items()
    way.sealed.rows[key] = Row(dict(row.cells) | {"Sealed": b"other"}, row.etag)

    way.forwarder().forward(reference, MORNING)

    assert way.sender.sent == []
    assert [(each.text("State"), each.text("LastError")) for each in way.rows] == [("attention", "unseal-content")]


def test_a_status_that_somebody_emptied_is_taken_up_again() -> None:
    way = Way()
    reference = way.service().accept(referral_request(), MORNING)
    [row] = way.rows
    way.status.put({"PartitionKey": "referrals", "RowKey": row.key})

    assert way.due(MORNING) == [reference]


def test_a_message_that_names_no_referral_is_dropped() -> None:
    way = Way()

    way.forwarder().forward("34679CDF", MORNING)

    assert way.sender.sent == []


def test_handling_that_failed_again_and_again_keeps_the_referral_and_tries_later() -> None:
    way = Way()
    reference = way.service().accept(referral_request(), MORNING)

    way.forwarder().hold(reference, MORNING)

    assert [row.text("LastError") for row in way.rows] == ["handling-failed"]
    assert way.due(MORNING) == []
    assert way.due(MORNING + timedelta(minutes=1)) == [reference]


def _attempt(service: ReferralService[Sealed]) -> str | None:
    try:
        return service.accept(referral_request(submission_id=SUBMISSION), MORNING)
    except (Crash, ReferralsBusyError):
        return None


def test_a_status_row_keeps_no_time_of_day_once_the_referral_is_on_its_way() -> None:
    way = Way()
    way.forwarder().forward(way.service().accept(referral_request(), MORNING), MORNING)

    [row] = way.rows
    assert "T08:" not in str(dict(row.cells))


def test_a_referral_that_is_named_before_it_has_a_status_is_adopted_and_sent() -> None:
    way = Way()
    reference = way.service().accept(referral_request(), MORNING)
    way.status.rows.clear()

    way.forwarder().forward(reference, MORNING)

    assert len(way.sender.sent) == 1


@pytest.mark.parametrize("language", ["\u200b", "  ", "\u3164"])
def test_a_language_that_shows_nothing_is_missing(language: str) -> None:
    with pytest.raises(ValidationError):
        referral_request(therapy_language=language)


def test_two_who_take_the_same_referral_on_at_once_send_it_once() -> None:
    way = Way()
    reference = way.service().accept(referral_request(), MORNING)

    class Slow(BrokenTable):
        """Another process forwards the referral between this one's look at the row and its claim."""

        def get(self, partition: str, key: str) -> Row | None:
            row = way.status.get(partition, key)
            if not way.sender.sent:
                way.forwarder().forward(reference, MORNING)
            return row

    def wrap(table: FakeTable) -> Table:
        return cast("Table", Slow(table, Trouble(-1, "crash-before")) if table is way.status else table)

    way.forwarder(wrap).forward(reference, MORNING)

    assert len(way.sender.sent) == 1
    assert [(row.text("State"), row.whole("Attempts")) for row in way.rows] == [("sent", 1)]
    assert way.sender.asked == [], "who was late did not even claim it"


def test_an_edit_between_the_look_and_the_claim_does_not_leave_the_referral_to_the_timer() -> None:
    way = Way()
    reference = way.service().accept(referral_request(), MORNING)
    edits = iter([True])

    class Edited(BrokenTable):
        """Somebody saves the row in the portal just after it was read."""

        def get(self, partition: str, key: str) -> Row | None:
            row = way.status.get(partition, key)
            if next(edits, False):
                way.type(Hold="yes")
            return row

    def wrap(table: FakeTable) -> Table:
        return cast("Table", Edited(table, Trouble(-1, "crash-before")) if table is way.status else table)

    way.forwarder(wrap).forward(reference, MORNING)

    assert [(row.text("State"), row.text("Hold")) for row in way.rows] == [("sent", "yes")]
