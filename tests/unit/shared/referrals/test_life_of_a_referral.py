"""Person, provider, operators, email service, time and faults in any order: the promises of a referral hold.

1. Answers that were accepted are here, or the row says since when they are not: none is lost.
2. Each referral is emailed to the provider once, and again only if someone wanted that or an email failed.
3. From a withdrawal on nothing is sent but the notice of it: at most once, and only where an email may have gone.
4. After a withdrawal and one run no answers are left, whatever is typed, sent or saved again.
5. The same form gets the same reference; withdrawn, it hears so, and "received" never again.
6. What the provider says last is what the person sees, and nothing of it can be read in the row.
7. In the end each has gone, or needs a person who is told.
"""

import contextlib
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from shared.mail.delivery_reports import DeliveryReport
from shared.referrals import transitions
from shared.referrals.collection.opening_note import note_opening
from shared.referrals.errors import ReferralReusedError, ReferralsBusyError, ReferralWithdrawnError
from shared.referrals.model import Referral, ReferralState
from shared.referrals.withdrawal.withdrawal_notes import WithdrawalNotes
from shared.referrals.withdrawal.word_back import Said, WordBack, WordsBack, may_be_said
from shared.signing import Signer
from shared.tables.table import StorageError
from tests.builders import KEY, MORNING, referral_request
from tests.fakes import FAULTS, Crash, InjectedFault, with_fault
from tests.lives import LIVES
from tests.unit.shared.bookings.story import Story
from tests.unit.shared.referrals.referral_system import OPERATORS, RECIPIENT, SUBMISSION, ReferralHarness
from tests.unit.shared.referrals.told_life import happens, holds, typed_cells

DAY, FIVE = timedelta(days=1), timedelta(minutes=5)
TROUBLES = ("crash-before", "crash-after", "lost-request", "lost-answer", "throttled", "refused")
TYPED = ("received", "sent", "delivered", "acknowledged", "attention", "erased", "withdrawn", "what?")
WORDS = (WordBack(Said.CONTACTED), WordBack(Said.NOT_REACHED), WordBack(Said.WAITING, 8), WordBack(Said.FINISHED))
SETTLED = {each for each in ReferralState if each not in {ReferralState.RECEIVED, ReferralState.SENDING}}
NEW, TOLD = "New self-referral", "Consent withdrawn"
HARMLESS = (StorageError, ReferralsBusyError, Crash)
faults = st.tuples(st.integers(0, 25), st.sampled_from(FAULTS))


class Life(RuleBasedStateMachine):
    """One form and all that becomes of it. What the test notes itself decides; the rows are not asked what is right.

    Attributes:
        wanted: times that each reference may be emailed.
        withdrawn_at: the number of emails when the withdrawal was decided; None if it was not.
        is_saved_over: someone saved an old row over a withdrawn one, which the next morning finds.
    """

    @initialize(delivery=st.sampled_from(["inline", "link"]))
    def the_person_sends_the_form(self, delivery: str) -> None:
        self.story = Story([f"the person sends the form; it is delivered by {delivery}"])
        self.now = MORNING
        self.harness = ReferralHarness(delivery)
        self.reference = self.accept()
        self.wanted = Counter({self.reference: 1})
        self.saved: list[dict[str, Any]] = [dict(self.harness.rows[0].cells)]
        self.withdrawn_at: int | None = None
        self.is_saved_over = self.has_typed = False
        self.said: WordBack | None = None
        self.words = WordsBack(self.harness.repository(), Signer((KEY,)))

    # ---- The person ----

    @rule(answers=st.sampled_from(["A difficult year", "Another story"]))
    @happens("the same form is sent again: {answers}")
    def the_same_form_is_sent_again(self, answers: str) -> None:
        try:
            found = self.accept(answers)
        except ReferralWithdrawnError as error:
            assert self.withdrawn_at is not None
            self.harness.forwarder().nudge(error.reference, self.now)
            return
        except (ReferralReusedError, ReferralsBusyError):
            return
        assert self.withdrawn_at is None or self.is_saved_over, "received again after a withdrawal"
        self.wanted[found] += 1  # after it was set aside or erased it goes once more

    @rule(fault=st.none() | faults)
    @happens("the person withdraws it; {fault}")
    def the_person_withdraws_it(self, fault: tuple[int, Any] | None) -> None:
        wrap = with_fault(InjectedFault(*fault)) if fault else lambda table: table
        withdrawals = self.harness.withdrawals(wrap)
        with contextlib.suppress(*HARMLESS):
            referral = withdrawals.withdraw(self.reference, self.now)
            self.note_withdrawal()
            if referral is not None:
                withdrawals.complete(referral, self.now)
        self.note_withdrawal()
        assert fault or not self.harness.sealed.rows, "our copy goes at once"

    def note_withdrawal(self) -> None:
        if self.withdrawn_at is None and self.first.state is ReferralState.WITHDRAWN:
            self.withdrawn_at = len(self.harness.sender.messages)
            self.has_gone = any(NEW in mail.subject for mail in self.harness.mails_to(RECIPIENT))

    # ---- The provider ----

    @rule()
    @happens("the provider opens it")
    def the_provider_opens_it(self) -> None:
        if self.harness.delivery == "link" and self.has_answers:
            note_opening(self.harness.repository(), self.first, self.now)

    @rule()
    @happens("the provider confirms it")
    def the_provider_confirms_it(self) -> None:
        recorder = self.harness.acknowledging()
        confirm = recorder.acknowledge if self.harness.delivery == "inline" else recorder.acknowledge_opened
        if self.first.may_have_gone:
            confirm(self.reference, self.now)

    @rule()
    @happens("the provider sets it aside")
    def the_provider_sets_it_aside(self) -> None:
        if self.first.opened_on:
            self.harness.acknowledging().set_aside(self.reference, self.now)

    @rule()
    @happens("the provider wants it kept")
    def the_provider_wants_it_kept(self) -> None:
        before = self.first
        self.harness.acknowledging().keep(self.reference, self.now, version=before.version)
        self.wanted[self.reference] += int(self.first.kept > before.kept)

    @rule(word=st.sampled_from(WORDS))
    @happens("the provider says: {word}")
    def the_provider_says_a_word(self, word: WordBack) -> None:
        if self.words.say(self.reference, word):
            assert may_be_said(self.first)
            self.said = word

    # ---- Operators' hands ----

    @rule(word=st.sampled_from(TYPED), hold=st.sampled_from(["no", "yes"]))
    @happens("an operator types {word} into State and {hold} into Hold")
    def an_operator_types(self, word: str, hold: str) -> None:
        before = self.first
        self.harness.repository().change(self.reference, before.etag, State=word, Hold=hold)
        self.wanted[self.reference] += int(word == "received")

    @rule(cells=typed_cells)
    @happens("an operator types {cells}")
    def an_operator_types_into_any_cells(self, cells: dict[str, Any]) -> None:
        self.harness.repository().change(self.reference, self.first.etag, **cells)
        self.has_typed = True
        self.said = self.words.of(self.first)
        self.wanted[self.reference] += 2  # its epoch and attempts may be any

    @rule()
    @happens("an operator opens the row")
    def an_operator_opens_the_row(self) -> None:
        self.saved.append(dict(self.harness.status.rows["referrals", self.reference].cells))

    @rule(place=st.integers(0, 5))
    @happens("an operator saves the row as it was when it was opened, {place}")
    def an_operator_saves_a_row_as_it_was(self, place: int) -> None:
        cells = self.saved[place % len(self.saved)]
        own = {name: value for name, value in cells.items() if not name.endswith("Key")}
        self.is_saved_over |= self.withdrawn_at is not None and not cells["WithdrawnOn"]
        self.harness.repository().change(self.reference, self.first.etag, **own)
        self.said = self.words.of(self.first)
        self.wanted[self.reference] += 1  # its epoch may be one of before

    # ---- The email service ----

    @rule(after=st.integers(0, 3), trouble=st.sampled_from(TROUBLES))
    @happens("the email service has {trouble} at request {after} from now")
    def the_email_service_has_trouble(self, after: int, trouble: str) -> None:
        self.harness.sender.trouble[self.harness.sender.requests + after] = trouble

    @rule(place=st.integers(0, 5), status=st.sampled_from(["delivered", "bounced", "failed", "quarantined"]))
    @happens("the email service reports {status} of email {place}")
    def the_email_service_reports(self, place: int, status: str) -> None:
        operations = self.harness.sender.operations
        if operations:
            report = DeliveryReport(operations[place % len(operations)], status)
            before = self.epochs
            with contextlib.suppress(ReferralsBusyError):
                self.harness.delivery_reports().take(report, self.now)
            self.wanted.update(name for name, epoch in self.epochs.items() if epoch > before.get(name, 0))

    # ---- Time and faults ----

    @rule(hours=st.sampled_from([-24, -1, 3, 20, 24]), runs=st.integers(1, 2))
    @happens("the clock jumps by {hours} hours for {runs} runs of the timer")
    def the_clock_jumps(self, hours: int, runs: int) -> None:
        for _ in range(runs):
            right = self.now
            self.run(right + timedelta(hours=hours))
            self.now = right + FIVE

    @rule(runs=st.integers(1, 3))
    @happens("the timer runs {runs} times")
    def minutes_pass(self, runs: int) -> None:
        for _ in range(runs):
            self.run(self.now + FIVE)

    @rule(days=st.integers(1, 8))
    @happens("{days} days pass")
    def days_pass(self, days: int) -> None:
        for _ in range(days):
            self.run(self.morning())
        self.is_saved_over = self.is_saved_over and not self.is_withdrawn

    @rule(fault=faults)
    @happens("a run of the timer breaks off: {fault}")
    def a_run_breaks_off(self, fault: tuple[int, Any]) -> None:
        self.now += FIVE
        before, wrap = self.epochs, with_fault(InjectedFault(*fault))
        with contextlib.suppress(*HARMLESS):
            due = self.harness.work(self.now, wrap)
            for batch in due.batches:
                self.harness.batch_sender(wrap).deliver(batch, self.now)
            for reference in due.references:
                self.harness.forwarder(wrap).forward(reference, self.now)
        self.follow(before)

    def run(self, now: datetime) -> None:
        self.now, before = now, self.epochs
        with contextlib.suppress(*HARMLESS):
            self.harness.tick(now)
            self.harness.orphan_recovery().run()
        self.follow(before)

    def follow(self, before: dict[str, int]) -> None:
        """An email that failed is sent again, a copy that is no repetition becomes a referral of its own, and a
        withdrawal that broke off once it was noted goes on.
        """
        self.note_withdrawal()
        self.wanted.update(name for name, epoch in self.epochs.items() if epoch > before.get(name, -1))

    # ---- Promises ----

    @invariant()
    @holds
    def no_answers_are_lost(self) -> None:
        for referral in self.referrals if self.withdrawn_at is None and not self.is_saved else ():
            is_here = self.harness.repository().sealed(referral.reference) is not None
            assert is_here or referral.erased_on or referral.state is ReferralState.ATTENTION

    @invariant()
    @holds
    def none_is_emailed_too_often(self) -> None:
        subjects = [mail.subject for mail in self.harness.mails_to(RECIPIENT) if NEW in mail.subject]
        for reference, wanted in self.wanted.items():
            assert sum(reference in subject for subject in subjects) <= wanted

    @invariant()
    @holds
    def after_a_withdrawal_nothing_goes_but_its_notice(self) -> None:
        if self.withdrawn_at is None:
            return
        later = [mail for mail in self.harness.sender.messages[self.withdrawn_at :] if mail.to == RECIPIENT]
        assert [mail.subject for mail in later if TOLD not in mail.subject] == []
        assert len([mail for mail in later if self.reference in mail.subject]) <= 1

    @invariant()
    @holds
    def what_was_said_last_is_what_is_shown(self) -> None:
        shown = self.words.of(self.first)
        assert shown == (self.said if may_be_said(self.first) else None)
        assert self.said is None or str(self.said) not in str(self.harness.rows)

    @precondition(lambda self: self.withdrawn_at is not None)
    @rule()
    @happens("three mornings without a fault")
    def a_clean_run_leaves_nothing_of_a_withdrawn_one(self) -> None:
        self.harness.sender.trouble.clear()
        for _ in range(3):
            self.run(self.morning())
        self.is_saved_over = False
        assert self.is_withdrawn
        assert self.harness.sealed.rows == {}

    def teardown(self) -> None:
        """In the end each has gone, or needs a person who is told; and who withdrew has nothing left here."""
        if hasattr(self, "harness") and not self.story.is_over:
            self.story.sentences.append("all settles: twenty mornings without a fault")
            with self.story.told():
                self.come_to_an_end()

    def come_to_an_end(self) -> None:
        self.harness.sender.trouble.clear()
        for _ in range(20):
            self.run(self.morning())
        assert {each.state for each in self.referrals} <= SETTLED
        self.none_is_emailed_too_often()
        self.after_a_withdrawal_nothing_goes_but_its_notice()
        if any(each.state is ReferralState.ATTENTION for each in self.referrals):
            assert self.harness.mails_to(OPERATORS) != []
        if self.withdrawn_at is not None:
            assert self.is_withdrawn
            assert self.harness.sealed.rows == {}
            notices = [mail for mail in self.harness.mails_to(RECIPIENT) if TOLD in mail.subject]
            needs_a_person = self.first.last_error.startswith(transitions.NOT_TOLD)
            assert notices or needs_a_person or not self.has_gone

    # ---- What the test sees ----

    def accept(self, answers: str = "A difficult year") -> str:
        request = referral_request(submission_id=SUBMISSION, what_brings_you=answers)
        return self.harness.service().accept(request, self.now)

    def morning(self) -> datetime:
        """The next morning after 8."""
        return (self.now + DAY).replace(hour=MORNING.hour, minute=MORNING.minute)

    @property
    def referrals(self) -> list[Referral]:
        return self.harness.repository().every_status()

    @property
    def first(self) -> Referral:
        found = self.harness.repository().status(self.reference)
        assert found is not None
        return found

    @property
    def is_withdrawn(self) -> bool:
        return {each.state for each in self.referrals} == {ReferralState.WITHDRAWN}

    @property
    def has_answers(self) -> bool:
        return self.harness.repository().sealed(self.reference) is not None

    @property
    def is_saved(self) -> bool:
        return len(self.saved) > 1

    @property
    def epochs(self) -> dict[str, int]:
        return {each.reference: each.epoch for each in self.referrals}


PROFILE = settings(LIVES, max_examples=25, stateful_step_count=15)
AT_NIGHT = settings(PROFILE, max_examples=500, stateful_step_count=40, derandomize=False)
SEEDS = range(1, 5)


@pytest.mark.parametrize(
    ("profile", "number"),
    [(PROFILE, 0), *(pytest.param(AT_NIGHT, each, marks=pytest.mark.nightly) for each in SEEDS)],
    ids=["25 short lives", *(f"500 long lives of seed {each}" for each in SEEDS)],
)
def test_in_any_order_the_promises_of_a_referral_hold(profile: settings, number: int) -> None:
    run_state_machine_as_test(seed(number)(Life), settings=profile)


def test_a_deliberate_mistake_breaks_a_promise_and_its_life_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """No note is looked at, neither before a referral is released nor before it is sent."""
    monkeypatch.setattr(WithdrawalNotes, "references", lambda _: frozenset())
    monkeypatch.setattr(WithdrawalNotes, "has", lambda *_: False)
    life = Life()
    life.the_person_sends_the_form(delivery="link")
    life.the_person_withdraws_it(fault=None)
    life.an_operator_saves_a_row_as_it_was(place=0)
    with pytest.raises(AssertionError) as found:
        life.a_clean_run_leaves_nothing_of_a_withdrawn_one()

    [told] = found.value.__notes__
    assert told.splitlines() == [
        "The life in which it happened:",
        "  1. the person sends the form; it is delivered by link",
        "  2. the person withdraws it; nothing goes wrong",
        "  3. an operator saves the row as it was when it was opened, 0",
        "  4. three mornings without a fault",
    ]
