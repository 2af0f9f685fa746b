"""The promises I1 to I10, said once: over what an installation stored, sent, queued, logged and answered.

They are said without the code that keeps them, and hold for every flow, whatever went wrong in it, once the
installation has recovered.
"""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tests.e2e.canaries import is_canary_in

type Cells = Mapping[str, Any]
type Rows = Mapping[tuple[str, str], Cells]
"""A table: its rows by their keys."""

CERTAIN = frozenset({"confirmed", "to-check"})
_LIVE = CERTAIN | {"waiting"}
_KIND = {"confirmed": "confirmation", "to-check": "checking", "waiting": "waiting"}
_STATES_OF = {kind: frozenset({state}) for state, kind in _KIND.items()}
"""The state of a booking that is owed an email of that kind."""

_EVERY_STATE = _LIVE | {"cancelled", None}
EMAIL_CAME_BACK = "email came back"
NOT_YET = "not yet"
"""What `ActedAt` holds until someone acts at the link in an email to that address."""

UNDER_WAY = 202
"""In place of the status of an answer that says that it is being done, and to ask again if it is not."""

_HAS_IT = frozenset({"sent", "delivered"})
_PERSONAL = re.compile(r"@(?:nhs\.net|else\.example)\b|\b(?:Ann|Ben|Cem|Dan|Eve|Zoe)\b")


@dataclass(frozen=True, slots=True)
class Outcome:
    """All that can be seen of an installation after a flow and the recovery from its fault.

    The defaults are of one that nobody looks at so closely: a promise about what is left out holds.
    `answers` are the statuses that the person got, 0 for none; `is_done` if the flow took effect, and `is_expected` if
    it must have. `addresses` are those of the requests to other services. `repeated` if the person tried again.
    `copies` is how often someone may get the same text. `inboxes` are the addresses that referrals go to: that of the
    provider, and that of the operators for one that may be a test; `staff` are those of everyone else who works here.
    """

    tables: Mapping[str, Rows]
    emails: Sequence[Mapping[str, Any]]
    now: datetime
    queued: Sequence[str] = ()
    lines: Sequence[str] = ()
    addresses: Sequence[str] = ()
    answers: Sequence[int] = ()
    is_done: bool = True
    is_expected: bool = False
    repeated: bool = False
    copies: int = 1
    inboxes: frozenset[str] = frozenset()
    staff: frozenset[str] = frozenset()

    def of(self, table: str) -> Iterator[Cells]:
        return iter(self.tables[table].values())

    @property
    def attendees(self) -> list[Cells]:
        return [row for row in self.of("Bookings") if str(row["RowKey"]).startswith("booking-")]

    def roster(self, session: Cells) -> list[Cells]:
        return [each for each in self.attendees if each["PartitionKey"] == session["RowKey"]]

    def on(self, session: Cells) -> Counter[str]:
        """The number of people in each state on the roster of a session."""
        return Counter(str(each["State"]) for each in self.roster(session))


def no_more_bookings_than_places(seen: Outcome) -> Iterator[str]:
    """I1."""
    for session in seen.of("Sessions"):
        held = sum(seen.on(session)[each] for each in CERTAIN)
        if held > int(session["Capacity"]):
            yield f"{held} of {session['Capacity']} places in {session['RowKey']}"


def one_booking_each(seen: Outcome) -> Iterator[str]:
    """I2."""
    live = [each for each in seen.attendees if each["State"] in _LIVE]
    counted = Counter((each["PartitionKey"], str(each["Email"]).casefold()) for each in live)
    yield from (f"two bookings of {key[0]}" for key, times in counted.items() if times > 1)


def everyone_is_told_where_they_stand(seen: Outcome) -> Iterator[str]:
    """I3: an email that was sent says the state of each booking; what was begun is finished, while someone is owed it.

    What became of an email that was cut off is not asked any more once its reason has gone: someone who waited has the
    place, say.
    """
    log = seen.tables["MailLog"]
    states = {
        (each["PartitionKey"], f"{each['RowKey']}-{each['Generation']}"): each["State"] for each in seen.attendees
    }
    for (session_id, mail_id), row in log.items():
        about, _, of_kind = mail_id.rpartition("-")
        if row["State"] == "sending" and states.get((session_id, about)) in _STATES_OF.get(of_kind, _EVERY_STATE):
            yield f"an email is still {row['State']}: {mail_id[-40:]} of {session_id}"
    for who in seen.attendees:
        if who.get("Reason") == EMAIL_CAME_BACK:
            continue
        kind = "prove" if _is_to_prove(who) else _KIND.get(str(who["State"]))
        mail_id = f"{_generation(who)}-{kind}"
        told = log.get((str(who["PartitionKey"]), mail_id), {}).get("State", "no email")
        if kind and told not in _HAS_IT:
            yield f"nobody was told: {kind} in {who['PartitionKey']} ({told})"


def every_email_once(seen: Outcome) -> Iterator[str]:
    """I4: none twice, under the same id or another; none that is marked as sent and did not arrive."""
    ids = Counter(str(each["operationId"]) for each in seen.emails)
    yield from (f"sent {times} times: {_subject(seen, each)}" for each, times in ids.items() if times > 1)
    texts = Counter(
        (_recipient(each), each["content"]["subject"], each["content"]["plainText"])
        for each in seen.emails
        if _recipient(each) not in seen.staff  # a digest may say the same on another day
    )
    yield from (f"the same email {times} times: {each[1]}" for each, times in texts.items() if times > seen.copies)
    for row in seen.of("MailLog"):
        if row["State"] in _HAS_IT and str(row.get("SentWith") or row["OperationId"]) not in ids:
            yield f"marked as sent and never arrived: {str(row['RowKey'])[-40:]}"


def no_referral_is_lost(seen: Outcome) -> Iterator[str]:
    """I5: what was accepted has reached the provider, or a person is told; the answers are kept until then."""
    statuses = {key: str(row["State"]) for (_, key), row in seen.tables["Referrals"].items()}
    sealed = {key for _, key in seen.tables["SealedReferrals"]}
    emailed = " ".join(f"{each['content']}" for each in seen.emails if _recipient(each) in seen.inboxes)
    for reference, state in statuses.items():
        if state in {"received", "sending"}:
            yield f"a referral is still {state}"
        if state in {"sent", "delivered", "acknowledged"} and reference not in emailed:
            yield f"a referral is {state} and was never emailed"
        if state in {"received", "sending", "sent", "delivered", "attention"} and reference not in sealed:
            yield f"the answers of a referral that is {state} are gone"
    yield from (
        f"answers without a status: {len(sealed - statuses.keys())}" for _ in range(bool(sealed - statuses.keys()))
    )


def nothing_readable_outside(seen: Outcome) -> Iterator[str]:
    """I6: no answer of a referral in a cell, copy, message, line or address; nobody's name in the last three."""
    for name in seen.tables:
        cells = [value for row in seen.of(name) for value in row.values()]
        if any(is_canary_in(each if isinstance(each, bytes) else str(each), unwrapped=1) for each in cells):
            yield f"an answer can be read in {name}"
    for where, texts in (("queue", seen.queued), ("log", seen.lines), ("address", seen.addresses)):
        yield from (
            f"a name or address in a {where}" for each in texts if _PERSONAL.search(each) or is_canary_in(each, 0)
        )


def answers_go_when_they_may(seen: Outcome) -> Iterator[str]:
    """I7."""
    for (_, key), row in seen.tables["Referrals"].items():
        if row["State"] in {"erased", "withdrawn"} and ("referrals", key) in seen.tables["SealedReferrals"]:
            yield f"the answers of a referral that is {row['State']} are still there"


def one_reminder_in_time(seen: Outcome) -> Iterator[str]:
    """I8."""
    for (_, mail_id), row in seen.tables["MailLog"].items():
        start = re.search(r"-reminder-.*-(\d{8}T\d{4}Z)$", mail_id)
        if start and row["State"] != "skipped":
            starts = datetime.strptime(start[1], "%Y%m%dT%H%MZ").replace(tzinfo=UTC)
            if datetime.fromisoformat(str(row["At"])) >= starts:
                yield "a reminder after the start"


def no_place_is_free_while_someone_waits(seen: Outcome) -> Iterator[str]:
    """I9. Whoever has to prove an address of another organisation first may wait beside a free place."""
    for session in seen.of("Sessions"):
        counted = seen.on(session)
        waits = any(who["State"] == "waiting" and not _is_to_prove(who) for who in seen.roster(session))
        is_open = session.get("State") == "open" and f"{session['Date']}" > f"{seen.now:%Y-%m-%d}"
        if is_open and waits and sum(counted[each] for each in CERTAIN) < int(session["Capacity"]):
            yield f"a place is free in {session['RowKey']} while someone waits"


def every_answer_is_true(seen: Outcome) -> Iterator[str]:
    """I10: who was told that it is done finds it done; who was told of an error and tries again is told it is done."""
    if any(0 < status < 400 and status != UNDER_WAY for status in seen.answers) and not seen.is_done:
        yield f"told {seen.answers}, and it is not so"
    if seen.repeated and seen.answers and (not 0 < seen.answers[-1] < 400 or seen.answers[-1] == UNDER_WAY):
        yield f"tried again and was told {seen.answers[-1]}"
    if seen.is_expected and not seen.is_done:
        yield "it was not done after all"


type Promise = Callable[[Outcome], Iterator[str]]

PROMISES: tuple[Promise, ...] = (
    no_more_bookings_than_places,
    one_booking_each,
    everyone_is_told_where_they_stand,
    every_email_once,
    no_referral_is_lost,
    nothing_readable_outside,
    answers_go_when_they_may,
    one_reminder_in_time,
    no_place_is_free_while_someone_waits,
    every_answer_is_true,
)


WHATEVER_IS_TYPED = (every_email_once, one_reminder_in_time)
"""Those that no hand in a table can break: of the others an administrator may overfill a session, for one."""


def broken(seen: Outcome, promises: Collection[Promise] = PROMISES) -> list[str]:
    """Every way in which one of these promises does not hold, with its number."""
    numbered = [(number, each) for number, each in enumerate(PROMISES, 1) if each in promises]
    return [f"I{number}: {how}" for number, promise in numbered for how in promise(seen)]


def _is_to_prove(who: Cells) -> bool:
    return who.get("ActedAt") == NOT_YET and str(who["Email"]).endswith("@else.example")


def _generation(who: Cells) -> str:
    return f"{who['RowKey']}-{who['Generation']}"


def _recipient(email: Mapping[str, Any]) -> str:
    return str(email["recipients"]["to"][0]["address"])


def _subject(seen: Outcome, operation: str) -> str:
    return next(str(each["content"]["subject"]) for each in seen.emails if each["operationId"] == operation)
