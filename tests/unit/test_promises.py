"""The negative control: each promise is seen to be broken where it is, and none where all is well."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tests.builders import MORNING
from tests.promises import PROMISES, Cells, Outcome, Rows, broken

REFERENCE, PROVIDER, OPERATION = "34679CDF", "referrals@provider.example", "operation-1"


def table(*rows: Cells) -> Rows:
    return {(str(row["PartitionKey"]), str(row["RowKey"])): row for row in rows}


def booking(name: str, state: str = "confirmed", **cells: Any) -> Cells:
    keys = {"PartitionKey": "s1", "RowKey": f"booking-{name}", "Email": f"{name}@nhs.net"}
    return {**keys, "State": state, "Generation": 1, **cells}


def logged(mail: str, state: str = "sent", **cells: Any) -> Cells:
    row = {"PartitionKey": "s1", "RowKey": mail, "State": state, "OperationId": OPERATION}
    return {**row, "At": "2023-09-01T08:00:00+00:00", **cells}


def referral(state: str) -> Cells:
    return {"PartitionKey": "referrals", "RowKey": REFERENCE, "State": state}


def email(operation: str = OPERATION, text: str = "Your place") -> Mapping[str, Any]:
    to = {"to": [{"address": PROVIDER}]}
    return {"operationId": operation, "recipients": to, "content": {"subject": REFERENCE, "plainText": text}}


SESSION = {"PartitionKey": "sessions", "RowKey": "s1", "Capacity": 1, "State": "open", "Date": "2023-09-20"}
NAMES = ("Sessions", "Bookings", "MailLog", "Referrals", "SealedReferrals")
EMPTY = {name: table() for name in (*NAMES, "ReferralService", "ReferralMail", "CollectTries", "Service")}
WELL = Outcome(
    tables=EMPTY
    | {
        "Sessions": table(SESSION),
        "Bookings": table(booking("ann")),
        "MailLog": table(logged("booking-ann-1-confirmation")),
        "Referrals": table(referral("sent")),
        "SealedReferrals": table({"PartitionKey": "referrals", "RowKey": REFERENCE}),
    },
    emails=[email()],
    queued=[],
    lines=[],
    addresses=[],
    answers=[201],
    is_done=True,
    is_expected=True,
    repeated=True,
    copies=1,
    now=MORNING,
    inboxes=frozenset({PROVIDER}),
    staff=frozenset(),
)


def changed(**tables: Rows) -> Outcome:
    return replace(WELL, tables={**WELL.tables, **tables})


LATE = logged("booking-ann-1-reminder-P1D-20230831T1400Z")
WRONG = {
    "I1": changed(Bookings=table(booking("ann"), booking("ben"))),
    "I2": changed(Bookings=table(booking("ann"), booking("other", Email="Ann@nhs.net"))),
    "I3": changed(MailLog=table()),
    "I4": replace(WELL, emails=[email(), email()]),
    "I5": changed(SealedReferrals=table()),
    "I6": replace(WELL, lines=["sent to ann@nhs.net"]),
    "I7": changed(Referrals=table(referral("erased"))),
    "I8": changed(MailLog=table(LATE, logged("booking-ann-1-confirmation"))),
    "I9": changed(Bookings=table(booking("ann", "waiting"))),
    "I10": replace(WELL, is_done=False),
}


def test_each_promise_is_seen_to_be_broken_and_none_where_all_is_well() -> None:
    assert broken(WELL) == []
    assert len(WRONG) == len(PROMISES)
    unseen = [number for number, seen in WRONG.items() if not any(how.startswith(f"{number}:") for how in broken(seen))]
    assert unseen == []


def test_an_email_under_two_ids_and_one_that_never_arrived_are_seen() -> None:
    for emails in ([email(), email("operation-2")], [email("operation-2", "another")]):
        assert [how[:3] for how in broken(replace(WELL, emails=emails))] == ["I4:"]


def test_an_email_that_is_half_sent_counts_while_someone_is_owed_it() -> None:
    told, half = logged("booking-ann-1-confirmation"), logged("booking-ann-1-waiting", "sending")
    full = table({**SESSION, "Capacity": 0})
    waits = changed(Bookings=table(booking("ann", "waiting")), Sessions=full, MailLog=table(half))

    assert is_half_sent(waits)
    assert broken(changed(MailLog=table(told, half))) == [], "someone who waited has the place"
    for kind in ("reminder-P1D-20230919T1400Z", "update-2"):
        assert is_half_sent(changed(MailLog=table(told, logged(f"booking-ann-1-{kind}", "sending"))))


def is_half_sent(seen: Outcome) -> bool:
    return any("still sending" in how for how in broken(seen))
