"""Promises about bookings that hold in any order of events, said without the code that keeps the promises."""

from collections import Counter
from datetime import timedelta

from shared.bookings.model.allocation_policy import AllocationPolicy
from shared.bookings.model.attendee import Attendee, AttendeeState, Roster, can_be_mailed
from shared.bookings.model.email_ids import INCLUDES_SESSION_DETAILS, MailId, MailKind, stamp
from shared.bookings.model.proving import YIELDS_AFTER
from shared.bookings.model.session import Session, SessionState
from shared.bookings.tables.session_rows import SessionRow
from shared.local_time import span_in_words
from shared.reminder_offsets import parse_offset
from shared.tables.table import Row
from tests.builders import POLICY
from tests.unit.shared.bookings.faulty_booking_system import SESSIONS, FaultyBookingHarness, SentMail, Snapshot

_KIND_BY_STATE = {
    AttendeeState.CONFIRMED: MailKind.CONFIRMATION,
    AttendeeState.TO_CHECK: MailKind.CHECKING,
    AttendeeState.WAITING: MailKind.WAITING,
}
_ABOUT_PROOF = {MailKind.PROVE, MailKind.HOLD_LOST, MailKind.ALREADY_BOOKED}
_KIND_BY_REASON = {
    "left": MailKind.BOOKING_CANCELLED,
    "by organiser": MailKind.BOOKING_CANCELLED,
    "not checked in time": MailKind.HOLD_EXPIRED,
    "cancelled before the row was saved": MailKind.BOOKING_CANCELLED,
    "not checked in time before the row was saved": MailKind.HOLD_EXPIRED,
}


def check_places(before: Snapshot, after: Snapshot) -> None:
    """Neither people nor the service fill more places than there are; what an administrator overfilled may stay."""
    for session_id in SESSIONS:
        sessions = [view.session(session_id) for view in (before, after)]
        # A session whose row was deleted goes on for a while with the places that it had.
        places = max((session.capacity for session in sessions if session is not None), default=10_000)
        held, was = after.rosters[session_id].held, before.rosters[session_id].held
        assert held <= max(places, was), f"{held} of {places} places in {session_id}"


def check_one_each(before: Snapshot, after: Snapshot) -> None:
    assert after.doubles() <= before.doubles(), "someone has two live bookings of one session"


def check_unproven(before: Snapshot, after: Snapshot) -> None:
    """Who has not proved their address holds a fifth of the places at most; what an administrator lowered may stay."""
    for session_id in SESSIONS:
        sessions = [view.session(session_id) for view in (before, after)]
        most = max((max(1, session.capacity // 5) for session in sessions if session is not None), default=10_000)
        held, was = len(after.rosters[session_id].unproven_held), len(before.rosters[session_id].unproven_held)
        assert held <= max(most, was), f"{held} places in {session_id} for unproved addresses"


def check_nobody_waits_for_someone_unproven(before: Snapshot, after: Snapshot) -> None:
    """After a whole run nobody who is proved waits while someone unproven has held a place for over two hours."""
    for session_id in SESSIONS:
        sessions = [view.session(session_id) for view in (before, after)]
        if any(each is None or not each.version or not POLICY.promotes(each, after.now) for each in sessions):
            continue
        roster = after.rosters[session_id]
        over = [each for each in roster.unproven_held if each.state_at and after.now - each.state_at > YIELDS_AFTER]
        overfilled = roster.held - len(over) >= min(session.capacity for session in sessions if session)
        assert not over or not roster.waiting or overfilled, "someone waits for a place that is held for nobody"


def check_queue(before: Snapshot, after: Snapshot) -> None:
    """Places go down the waiting list in order."""
    for session_id, roster in before.rosters.items():
        now = {each.key: each for each in after.rosters[session_id].attendees}
        queue = [now[each.key] for each in roster.waiting if each.key in now]
        waiting = [number for number, each in enumerate(queue) if each.is_waiting]
        given = [number for number, each in enumerate(queue) if each.holds_a_place]
        assert not (waiting and given) or max(given) < min(waiting), f"the list of {session_id} was jumped"


def check_list_limit(before: Snapshot, after: Snapshot, policy: AllocationPolicy) -> None:
    """Twice as many as may wait are never on a list; who an administrator, or a stale save, put there may stay."""
    for session_id in SESSIONS:
        sessions = [view.session(session_id) for view in (before, after)]
        places = max((max(1, session.capacity) for session in sessions if session is not None), default=10_000)
        on_list, were = len(after.rosters[session_id].waiting), len(before.rosters[session_id].waiting)
        most = 2 * policy.waiting_list_factor * places
        assert on_list <= max(most, were), f"{on_list} wait in {session_id}, where {most} may"


def check_who_came_back(harness: FaultyBookingHarness, before: Snapshot, after: Snapshot) -> None:
    """A booking ends by emails that came back after a working day at least, and never that of someone known."""
    for session_id in SESSIONS:
        for attendee in after.rosters[session_id].attendees:
            was = before.rosters[session_id].find(attendee.key)
            if attendee.is_live or attendee.reason != "email came back" or was is None or not was.is_live:
                continue
            reports = [each.moment("ReportedAt") for each in _log(harness, session_id, attendee, "bounced")]
            assert min(each for each in reports if each) <= after.now - timedelta(hours=23), "ended too soon"
            assert attendee.never_acted, "someone who acted lost the place"
            assert not _is_known(harness, before, attendee.email), "someone known lost the place"


def _is_known(harness: FaultyBookingHarness, view: Snapshot, address: str) -> bool:
    """True if someone with this address acted in a session to come, or an email about it arrived there."""
    ahead = [each for each in SESSIONS if (session := view.session(each)) and session.starts > view.now]
    mine = [(each, who) for each in ahead for who in view.rosters[each].attendees if who.email == address]
    return any(not who.never_acted or _log(harness, where, who, "delivered") for where, who in mine)


def _log(harness: FaultyBookingHarness, session_id: str, attendee: Attendee, state: str) -> list[Row]:
    """The emails about a booking, in whatever generation it has had its address, of which this became."""
    found = harness.real_tables["log"].query(PartitionKey=session_id)
    return [
        row
        for row in found
        if (mail := MailId.parse(row.key)) is not None
        and mail.attendee == attendee.key
        and attendee.address_since <= mail.generation <= attendee.generation
        and row.text("State") == state
        and (row.moment("At") or attendee.booked_at) >= attendee.booked_at
    ]


def check_no_place_is_free(before: Snapshot, after: Snapshot) -> None:
    """After a whole run nobody waits for a place that nobody has."""
    for session_id in SESSIONS:
        sessions = [view.session(session_id) for view in (before, after)]
        # One that nobody was told of by its row is told first, as it is remembered: its places are the next run's.
        if any(each is None or not each.version or not POLICY.promotes(each, after.now) for each in sessions):
            continue
        roster = after.rosters[session_id]
        held = roster.held + _just_ended_by_bounces(before.rosters[session_id], roster)
        free, waits = min(session.capacity for session in sessions if session) - held, roster.waiting
        assert free <= 0 or not (waits or roster.behind_the_list), f"{free} free in {session_id} while someone waits"


def _just_ended_by_bounces(before: Roster, after: Roster) -> int:
    """Number of bookings that the end of this run ended because their emails came back: their places are the next's."""
    were = {each.key for each in before.attendees if each.holds_a_place}
    return sum(each.key in were and not each.is_live and each.reason == "email came back" for each in after.attendees)


def check_once(harness: FaultyBookingHarness) -> None:
    assert max(Counter(harness.sender.operations).values(), default=1) == 1, "one mail went out twice"


def check_limit(harness: FaultyBookingHarness, new: list[SentMail]) -> None:
    """A mailbox that never acted gets at most three emails in 24 hours that a form alone brings about."""
    counted = [each for each in harness.recorder.sent_mails if each.is_limited and _counts(each)]
    for each in filter(_counts, new):
        since = each.at - timedelta(days=1)
        mine = {other.operation for other in counted if other.message.to == each.message.to and other.at > since}
        assert not each.is_limited or len(mine) <= 3, f"{len(mine)} emails in a day to {each.message.to}"


def _counts(each: SentMail) -> bool:
    """True for an email that says where a new booking stands, asks for a proof, or answers someone who asked again."""
    who = each.attendee
    if who is None or who.moved_from or each.mail.kind not in {*_KIND_BY_STATE.values(), *_ABOUT_PROOF}:
        return False
    got_a_place = each.mail.kind in {MailKind.CONFIRMATION, MailKind.CHECKING} and who.waiting_since is not None
    return who.never_acted and not got_a_place


def check_reminders(harness: FaultyBookingHarness, new: list[SentMail], edited: set[str]) -> None:
    """One for each offset and start at most, after an outage only the nearest, none after the start.

    `edited`: addresses that an administrator took from one row to another, whose owners may be told again.
    """
    reminders = [each for each in harness.recorder.sent_mails if each.mail.kind is MailKind.REMINDER]
    counted = Counter((each.message.to, each.session_id, each.mail.about) for each in reminders)
    assert all(times == 1 for what, times in counted.items() if what[0] not in edited), "one reminder went out twice"
    fresh = [each for each in new if each.mail.kind is MailKind.REMINDER]
    at_once = Counter((each.message.to, each.session_id, each.mail.attendee) for each in fresh)
    assert max(at_once.values(), default=1) == 1, "two reminders at once"
    for each in fresh:
        assert stamp(each.at) < each.mail.about.rpartition("-")[2], "a reminder after the start"


def check_true_when_sent(new: list[SentMail]) -> None:
    for each in new:
        assert each.attendee is not None, f"{each.mail.kind} to nobody"
        assert each.message.to == each.attendee.email
        assert each.mail.generation == each.attendee.generation
        _check_kind(each, each.attendee)
        if each.attendee.state is not AttendeeState.CONFIRMED:
            assert "teams.example" not in each.message.text, "a joining link to someone without a place"
            assert "joining link" not in each.message.text, "news of a joining link to someone who never had one"
            assert "canary" not in each.message.text, "a note to someone without a place"
        if each.mail.kind in {MailKind.UPDATED, MailKind.REMINDER}:
            assert each.session is None or not each.session.holds_emails, f"{each.mail.kind} while emails are held"
        if each.mail.kind is MailKind.UPDATED:
            assert "\n- " in each.message.text, "an update that says nothing new"
        if each.mail.kind is MailKind.REMINDER and each.row is not None:
            _check_agrees_with_row(each, each.row)


def _check_agrees_with_row(each: SentMail, row: SessionRow) -> None:
    """No reminder contradicts what an administrator has typed and attendees are about to be told."""
    if row.written is None or row.known is None:
        return
    assert not row.written.details.called_off, "a reminder of a session that is typed as cancelled"
    moved = row.written.starts != row.known.starts and row.written.starts > each.at
    assert not moved, "a reminder of a start while another one is typed"


def check_no_reminder_is_given_up(harness: FaultyBookingHarness, view: Snapshot) -> None:
    """After a whole run no reminder whose moment is still to come counts as skipped, whatever a wrong clock thought."""
    for session_id, row in view.rows.items():
        session, log = row.session, harness.real_tables["log"].query(PartitionKey=session_id)
        skipped = [mail for each in log if each.text("State") == "skipped" and (mail := MailId.parse(each.key))]
        for mail in skipped if session is not None and not row.problems else ():
            offset, _, starts = mail.about.rpartition("-")
            if mail.kind is MailKind.REMINDER and session is not None and starts == stamp(session.starts):
                assert parse_offset(offset).before(session.starts) <= view.now, "a reminder to come was given up"


def check_no_reminder_after_news(harness: FaultyBookingHarness, new: list[SentMail]) -> None:
    """Who was told a new time is not reminded of it by a reminder whose moment had passed."""
    for each in new:
        if each.mail.kind is not MailKind.REMINDER or each.session is None:
            continue
        offset = parse_offset(each.mail.about.partition("-")[0])
        span = span_in_words(each.session.starts, each.session.ends)
        for earlier in _to_the_same(harness, each):
            is_news = any(words in earlier.message.text for words in ("The session moves to", "takes place after all"))
            if earlier.at <= each.at and is_news and span in earlier.message.text:
                assert offset.before(each.session.starts) > earlier.at, "a reminder of what they were just told"


def _to_the_same(harness: FaultyBookingHarness, mail: SentMail) -> list[SentMail]:
    """Updates that the same booking got, oldest first."""
    of_whom = (mail.session_id, mail.mail.attendee, mail.mail.generation, MailKind.UPDATED)
    sent = harness.recorder.sent_mails
    return [
        each for each in sent if (each.session_id, each.mail.attendee, each.mail.generation, each.mail.kind) == of_whom
    ]


def _check_kind(each: SentMail, attendee: Attendee) -> None:
    kind, session = each.mail.kind, each.session
    if session is not None and session.state is SessionState.CANCELLED:
        assert kind is MailKind.SESSION_CANCELLED, f"{kind} about a cancelled session"
    if attendee.is_unproven:
        assert kind in _ABOUT_PROOF, f"{kind} to an address that nobody proved"
        assert (kind is MailKind.HOLD_LOST) <= attendee.is_waiting
    if kind in {MailKind.PROVE, MailKind.HOLD_LOST}:
        assert attendee.is_unproven, f"{kind} to someone who is proved"
    if kind in _KIND_BY_STATE.values():
        assert kind is _KIND_BY_STATE.get(attendee.state), f"{kind} to someone who is {attendee.state}"
    if kind in {MailKind.BOOKING_CANCELLED, MailKind.HOLD_EXPIRED}:
        assert not attendee.is_live
        assert kind is _KIND_BY_REASON.get(attendee.reason)
    if kind is MailKind.REMINDER:
        assert attendee.state is AttendeeState.CONFIRMED
        assert attendee.reminders
        assert session is None or stamp(session.starts) == each.mail.about.rpartition("-")[2]


def check_no_email_is_outstanding(harness: FaultyBookingHarness, view: Snapshot) -> None:
    """Once all has settled everybody knows where they stand or waits for it, and nothing is half done."""
    waiting = {(session_id, mail.attendee) for session_id, text in harness.waiting() if (mail := MailId.parse(text))}
    for session_id, row in view.rows.items():
        session, roster = row.session, view.rosters[session_id]
        if session is None or harness.now >= session.starts:
            continue
        if row.written is not None and row.written.starts > harness.now:  # into the past is a slip, and pointed out
            assert row.written.details == session.details, f"an edit of {session_id} was never told"
        assert row.row.text("Starts") == row.starts_in_words, f"the start of {session_id} in words"
        assert not row.row.text("Notice"), f"something in {session_id} is still foretold"
        counts = (row.row.integer("Confirmed"), row.row.integer("Waiting"))
        assert counts == (roster.held, len(roster.waiting)), f"the counts of {session_id}"
        for attendee in roster.attendees:
            if can_be_mailed(attendee.email) and (session_id, attendee.key) not in waiting:
                _check_knows(harness, session, attendee)


def _check_knows(harness: FaultyBookingHarness, session: Session, attendee: Attendee) -> None:
    of_whom = (session.id, attendee.key, attendee.generation)
    sent_mails = harness.recorder.sent_mails
    mine = [each for each in sent_mails if (each.session_id, each.mail.attendee, each.mail.generation) == of_whom]
    kinds = [each.mail.kind for each in mine]
    if attendee.is_bounced:
        return
    if attendee.is_unproven:
        assert not session.runs or {MailKind.PROVE, MailKind.HOLD_LOST} & set(kinds), "nobody told them of the button"
    elif session.state is SessionState.CANCELLED:
        assert not attendee.is_live or MailKind.SESSION_CANCELLED in kinds, "nobody told them that it is cancelled"
    elif attendee.is_behind_the_list:
        assert _KIND_BY_STATE[attendee.state] not in kinds, "told that they are on a list that has no room"
    elif attendee.is_live and session.runs:
        assert _KIND_BY_STATE[attendee.state] in kinds, f"nobody told them that they are {attendee.state}"
        assert not attendee.pending_release, "a move was never finished"
        assert not attendee.moving, "a move was neither finished nor taken back"
        _check_last_word(session, attendee, [each for each in mine if each.mail.kind in INCLUDES_SESSION_DETAILS])
    elif session.runs and attendee.reason in _KIND_BY_REASON and "saved" not in attendee.reason:
        assert _KIND_BY_REASON[attendee.reason] in kinds, f"nobody told them that they are cancelled: {attendee.reason}"


def _check_last_word(session: Session, attendee: Attendee, mine: list[SentMail]) -> None:
    text, kinds = mine[-1].message.text, [str(each.mail.kind) for each in mine]
    assert span_in_words(session.starts, session.ends) in text, f"the last word is an old time: {kinds}"
    assert session.place in text, f"the last word is an old place: {kinds}"
    if attendee.state is AttendeeState.CONFIRMED:
        assert session.join_url in text, f"the last word is an old joining link: {kinds}"
        assert session.note in text, f"the last word is an old note: {kinds}"
