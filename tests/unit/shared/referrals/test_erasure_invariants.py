"""The provider, reports, operators, time and accidents in any order: no answers are erased that are to be kept."""

import contextlib
from datetime import date, datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from shared.local_time import WorkingDays
from shared.referrals import transitions
from shared.referrals.collection.acknowledgement import Acknowledgement
from shared.referrals.collection.opening_note import note_opening
from shared.referrals.errors import ReferralsBusyError
from shared.referrals.model import NOT_GENUINE, UNSENT, Progress, Referral, ReferralState
from shared.tables.table import Row, StorageError
from tests.builders import MORNING, referral_request
from tests.fakes import FAULTS, Crash, InjectedFault, with_fault
from tests.lives import LIVES
from tests.unit.shared.referrals.referral_system import SUBMISSION, ReferralHarness, mail_of

BAD = ["bounced", "suppressed", "quarantined", "filteredspam", "failed"]
LONGEST = timedelta(days=80)
"""The time that a story takes; a status row stays for longer after its answers were erased."""

WORDS = ["received", "sent", "delivered", "acknowledged", "attention", "erased", "what?"]


class ErasureStateMachine(RuleBasedStateMachine):
    """One referral. What the test notes itself says whether its answers may go; the rows are not asked.

    Attributes:
        said: the day on which the provider, or an operator for them, said that they have it; None if they do not.
        arrived: the day on which the email now under way was delivered or opened; None if it was not.
        came_back: a report said that the email now under way did not arrive.
        is_not_genuine: the last word of the provider was that it is not genuine, and its answers were deleted since.
    """

    harness: ReferralHarness

    @initialize(delivery=st.sampled_from(["inline", "link"]), weekday=st.integers(0, 6))
    def start(self, delivery: str, weekday: int) -> None:
        self.now = MORNING + timedelta(days=weekday)
        self.harness = ReferralHarness(delivery)
        self.reference = self._send()
        self.harness.forwarder().forward(self.reference, self.now)
        self.is_set_aside = self.is_not_genuine = False
        self.since = self.now
        self.said: date | None = None
        self.arrived: date | None = None
        self.came_back = False
        self.times_kept = 0

    @rule(days=st.integers(1, 6))
    def days_pass(self, days: int) -> None:
        for _ in range(days if self.now < MORNING + LONGEST else 0):
            self.now += timedelta(days=1)
            self._run(self.now)

    @rule(jump=st.sampled_from([-400, -3, 5, 31, 4000]))
    def the_clock_jumps_for_one_run(self, jump: int) -> None:
        kept = dict(self.harness.sealed.rows)
        row, steady = self._row, dict(self.harness.service_rows.rows)
        with contextlib.suppress(StorageError):
            self.harness.reconcile(self.now + timedelta(days=jump))
        assert self.harness.sealed.rows == kept, "erased by a clock that jumped"
        self.harness.status.rows[row.partition, row.key] = row  # what else a wrong day does is not told here
        self.harness.service_rows.rows.clear()
        self.harness.service_rows.rows.update(steady)

    @rule(at=st.integers(0, 12), fault=st.sampled_from(list(FAULTS)))
    def a_run_breaks(self, at: int, fault: str) -> None:
        self.now += timedelta(days=int(self.now < MORNING + LONGEST))
        trouble = InjectedFault(at, fault)  # type: ignore[arg-type]  # one of FAULTS
        with contextlib.suppress(Crash, StorageError):
            self.harness.reconcile(self.now, with_fault(trouble))
        self._note_edits()

    @rule(status=st.sampled_from([*BAD, "delivered", "delivered"]), is_late=st.booleans())
    def a_report_comes(self, status: str, is_late: bool) -> None:
        before = self._referral
        epoch = max(before.epoch - int(is_late), 0)
        if self.harness.repository().mailed(str(mail_of(before, epoch))) is None:
            return
        self.harness.report(status, self.now, epoch=epoch)
        self._follow(before)
        if before.is_resend_requested or before.state is ReferralState.ERASED or epoch != before.epoch:
            self._note_redriven(before, status, epoch)
            return
        if status == "delivered":
            self.arrived = self.arrived or self.now.date()
        elif not transitions.is_opened(before) and not (status == "failed" and before.delivered_on):
            self.came_back = self._referral.epoch == before.epoch
            if before.last_error == status:  # a word was typed over the same report: the next run undoes the word
                self._run(self.now)
            assert self._is_with_a_person_or_sent_again(before), f"{status} was ignored"

    @rule()
    def the_provider_opens_and_saves_it(self) -> None:
        if self.harness.delivery == "inline":
            return
        before = self._referral
        if before.state in UNSENT and self.is_kept:
            note_opening(self.harness.repository(), before, self.now)
            self._follow(before)
            if self._referral.opened_on:
                self.arrived = self.arrived or self.now.date()
            assert self._referral.opened_on or (before.was_never_sent and before.epoch == 0), "an opening is lost"
        elif before.state is not ReferralState.ERASED and self.is_kept:
            self.harness.repository().mark(self.reference, before.etag, **transitions.opened(before, self.now))
            self.arrived = self.arrived or self.now.date()
            shown = {Progress.CONTACT} if before.is_set_aside else {Progress.OPENED, Progress.CONFIRMED}
            assert self._referral.progress in shown, "a word of before stands, and only that of setting it aside"

    @rule(days=st.integers(0, 15))
    def the_provider_confirms_it(self, days: int) -> None:
        self._confirm()
        for _ in range(days):
            self.days_pass(1)
            self.nothing_is_erased_that_is_to_be_kept()

    def _confirm(self) -> None:
        before, recorder = self._referral, self.harness.acknowledging()
        if self.harness.delivery == "inline":
            outcome = recorder.acknowledge(self.reference, self.now, version=before.version)
        elif self.arrived and self.is_kept:
            outcome = recorder.acknowledge_opened(self.reference, self.now)
        else:
            return
        if outcome is Acknowledgement.ACKNOWLEDGED:
            self.said, self.is_set_aside = self.now.date(), False

    @rule(days=st.integers(0, 15))
    def the_provider_sets_it_aside(self, days: int) -> None:
        """Only what was opened can be set aside, and it never counts as confirmed."""
        if self.harness.delivery == "inline" or not self.arrived or not self.is_kept:
            return
        if self.harness.acknowledging().set_aside(self.reference, self.now) is Acknowledgement.SET_ASIDE:
            self.said, self.is_set_aside = self.now.date(), True
            assert self._referral.progress is Progress.CONTACT
        for _ in range(days):
            self.days_pass(1)
            self.nothing_is_erased_that_is_to_be_kept()

    @rule()
    def the_provider_does_not_have_it_after_all(self) -> None:
        before = self._referral
        outcome = self.harness.acknowledging().keep(self.reference, self.now, version=before.version)
        assert (outcome is Acknowledgement.KEPT) == (
            before.state is ReferralState.ACKNOWLEDGED and not before.erased_on
        )
        if outcome is not Acknowledgement.KEPT:
            return
        self.times_kept += 1
        self.said, self.is_set_aside = None, False
        assert self._referral.state is (ReferralState.RECEIVED if self.times_kept == 1 else ReferralState.ATTENTION)
        self._follow(before)

    # Pairs that chance alone seldom makes, in either order.

    @rule(status=st.sampled_from([*BAD, "delivered"]), is_first=st.booleans(), days=st.integers(0, 15))
    def the_provider_confirms_what_is_reported_on(self, status: str, is_first: bool, days: int) -> None:
        if is_first:
            self.a_report_comes(status, is_late=False)
        self._confirm()
        if not is_first:
            self.a_report_comes(status, is_late=False)
        for _ in range(days):
            self.days_pass(1)
            self.nothing_is_erased_that_is_to_be_kept()

    @rule(days=st.integers(0, 4))
    def the_provider_confirms_it_and_does_not_have_it_after_all(self, days: int) -> None:
        self._confirm()
        self.days_pass(days)
        self.the_provider_does_not_have_it_after_all()

    @rule(days=st.integers(0, 4), jump=st.sampled_from([-400, 5, 31, 4000]))
    def the_provider_confirms_it_and_the_clock_jumps(self, days: int, jump: int) -> None:
        self._confirm()
        self.days_pass(days)
        self.the_clock_jumps_for_one_run(jump)

    @rule(word=st.sampled_from([*WORDS, "acknowledged", "acknowledged"]), days=st.integers(0, 15))
    def an_operator_types(self, word: str, days: int) -> None:
        self._type(word)
        for _ in range(days):
            self.days_pass(1)
            self.nothing_is_erased_that_is_to_be_kept()

    def _type(self, word: str) -> None:
        if not self.is_kept:  # a word brings no answers back, and takes nothing back that was said of them
            self.harness.type(State=word)
            return
        self.harness.type(State=word)
        self._note_edits()
        if word != "acknowledged":
            self.is_set_aside = False
        if word == "received":
            self.said = None

    @rule(word=st.sampled_from(WORDS), days=st.integers(0, 2))
    def the_form_is_sent_again_after_its_erasure(self, word: str, days: int) -> None:
        if self.is_kept:
            return
        self._type(word)
        self.days_pass(days)
        assert self._send() == self.reference
        for _ in range(2):
            self.harness.orphan_recovery().run()
            with contextlib.suppress(StorageError, ReferralsBusyError):
                self.harness.reconcile(self.now)
        is_here = bool(self.harness.sealed.rows)
        assert is_here or self._referral.progress is Progress.CONFIRMED, "sent again, and lost"
        if is_here:
            self.since, self.said, self.arrived, self.came_back = self.now, None, None, False
            self.is_set_aside, self.times_kept = False, 0

    @rule(word=st.sampled_from(WORDS), is_genuine=st.booleans(), days=st.integers(0, 2))
    def it_is_opened_and_finished_and_a_word_is_typed_after_its_erasure(
        self, word: str, is_genuine: bool, days: int
    ) -> None:
        self.the_provider_opens_and_saves_it()
        if is_genuine:
            self._confirm()
        else:
            self.the_provider_sets_it_aside(0)
        self.days_pass(6)
        if not self.is_kept:
            self._type(word)
            self.days_pass(days)
            self.nothing_is_erased_that_is_to_be_kept()
            self.what_is_set_aside_never_reads_confirmed()
            self.the_form_is_sent_again_after_its_erasure("received", days=0)

    def _send(self) -> str:
        return self.harness.service().accept(referral_request(submission_id=SUBMISSION), self.now)

    @invariant()
    def nothing_is_erased_that_is_to_be_kept(self) -> None:
        self.is_not_genuine = self.is_set_aside and not self.is_kept
        if self.is_kept:
            assert self._referral.state is not ReferralState.ERASED or not self._referral.erased_on
            return
        has_arrived = self.arrived or (self.harness.delivery == "inline" and not self.came_back and self._is_silent(14))
        today = self.now.date()
        is_over = self.said is not None and WorkingDays().since(self.said, today) >= 3
        in_mailbox = self.harness.delivery == "inline" and self.arrived and today - self.arrived >= timedelta(days=30)
        assert (has_arrived and is_over) or in_mailbox, "erased too early"

    @invariant()
    def what_is_set_aside_never_reads_confirmed(self) -> None:
        if self._referral.last_error == NOT_GENUINE or self.is_not_genuine:
            assert self._referral.progress is not Progress.CONFIRMED
        if self._referral.is_set_aside:
            assert self._referral.opened_on, "set aside unseen"

    @invariant()
    def it_is_sent_again_by_itself_once_at_most(self) -> None:
        assert self._referral.kept == self.times_kept

    @property
    def is_kept(self) -> bool:
        return self.harness.sealed.rows != {}

    @property
    def _referral(self) -> Referral:
        return self.harness.referral()

    @property
    def _row(self) -> Row:
        [row] = self.harness.rows
        return row

    def _is_silent(self, days: int) -> bool:
        return self.now.date() - self.since.date() >= timedelta(days=days)

    def _run(self, now: datetime) -> None:
        before = self._referral
        with contextlib.suppress(StorageError, ReferralsBusyError):
            for reference in self.harness.reconcile(now):
                self.harness.forwarder().forward(reference, now)
        self._note_edits()
        self._follow(before)

    def _note_edits(self) -> None:
        """A state that was typed speaks for itself: `delivered` of an arrival, `acknowledged` of their word."""
        referral = self._referral
        if referral.state is ReferralState.ACKNOWLEDGED and self.said is None:
            self.said = date.fromisoformat(referral.acknowledged_on) if referral.acknowledged_on else self.now.date()
        if referral.state is ReferralState.DELIVERED and self.arrived is None:
            self.arrived = self.now.date()

    def _follow(self, before: Referral) -> None:
        """Another email is under way since: nothing is known of it yet."""
        if self._referral.epoch == before.epoch:
            return
        self.since, self.arrived, self.came_back = self.now, None, False
        if self._referral.state is not ReferralState.ACKNOWLEDGED:
            self.said = None

    def _note_redriven(self, before: Referral, status: str, epoch: int) -> None:
        """An email that was sent again automatically counts as the same one, but only if it was delivered."""
        is_same = before.epoch - before.redriven <= epoch < before.epoch and not before.is_resend_requested
        if status == "delivered" and is_same and before.state is not ReferralState.ERASED:
            self.arrived = self.arrived or self.now.date()

    def _is_with_a_person_or_sent_again(self, before: Referral) -> bool:
        after = self._referral
        is_sent_again = after.epoch > before.epoch
        return is_sent_again or after.state is ReferralState.ATTENTION or before.state is ReferralState.ERASED


def run(examples: int) -> None:
    profile = settings(LIVES, max_examples=examples, stateful_step_count=20)
    run_state_machine_as_test(ErasureStateMachine, settings=profile)


@pytest.mark.parametrize("examples", [30, pytest.param(600, marks=pytest.mark.nightly)])
def test_no_answers_are_erased_that_are_to_be_kept_in_whatever_order_things_happen(examples: int) -> None:
    run(examples)
