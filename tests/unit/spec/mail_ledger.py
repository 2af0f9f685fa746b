"""The relation `Next` of spec/mail_ledger.tla in Python: each step that one email can take, with its name."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

SEVERITY = {
    name: number for number, name in enumerate(("", "sending", "unknown", "sent", "delivered", "failed", "bounced"))
}
NOBODY = -1


@dataclass(frozen=True, slots=True)
class Worker:
    """One process: the step that it stands before, and the outcome that it has to mark."""

    step: str = "idle"
    outcome: str = ""
    is_fresh: bool = False


@dataclass(frozen=True, slots=True)
class Email:
    """One state of the model. `claimed_by` is the number of a worker."""

    workers: tuple[Worker, ...]
    state: str = ""
    claimed_by: int = NOBODY
    not_before: str = "open"
    unclear_on: str = ""
    index: str = ""
    sent: int = 0
    status: str = "none"
    reported: str = ""
    faults: int = 0

    def holder_is_at(self, *steps: str) -> bool:
        return self.claimed_by != NOBODY and self.workers[self.claimed_by].step in steps


type Step = tuple[str, int]
"""The name of an action and the number of the worker that takes it; `NOBODY` for time, reports and losses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailLedgerModel:
    """The constants of the model."""

    workers: int = 2
    dedupes: bool = False
    can_be_asked: bool = True
    max_faults: int = 2

    def first(self) -> Email:
        return Email(tuple(Worker() for _ in range(self.workers)))

    def next(self, email: Email) -> Iterator[tuple[Step, Email]]:
        """Every step from this state, and the state after it."""
        for number in range(self.workers):
            for name, after in self._work(email, number):
                yield (name, number), after
        for name, after in (*_time(email), *_reports(email)):
            yield (name, NOBODY), after
        if email.faults < self.max_faults:
            for step, after in self._faults(email):
                yield step, replace(after, faults=email.faults + 1)

    def _work(self, email: Email, number: int) -> Iterator[tuple[str, Email]]:
        worker = email.workers[number]
        match worker.step:
            case "idle" if not email.state:
                day, step = email.index or "today", "ask" if email.index else "send"
                yield "Insert", _at(_claimed(replace(email, unclear_on=day, index=day), number), number, step)
            case "idle" if email.state == "sending" and email.not_before == "open":
                yield "Look", _with(email, number, Worker("looked", is_fresh=True))
            case "looked" if worker.is_fresh:
                claimed = _claimed(replace(email, unclear_on=email.unclear_on or "today"), number)
                yield "TakeOver", _at(claimed, number, "ask")
            case "looked":
                yield "TakeOver", _at(email, number, "idle")
            case "ask":
                yield "Ask", self._answered(email, number)
            case "send" if email.claimed_by == number and email.not_before == "lease":
                yield "Begin", _at(email, number, "request")
            case "send":
                yield "Begin", _ended(email, number, "stalled")
            case "request":
                yield "Accept-sent", self._accepted(email, number, "sent")
            case "mark":
                yield "Mark", _marked(email, number, worker.outcome)

    def _answered(self, email: Email, number: int) -> Email:
        if self.can_be_asked and email.status == "shown":
            return _ended(email, number, "sent")
        return _ended(email, number, "unknown") if email.unclear_on == "old" else _at(email, number, "send")

    def _accepted(self, email: Email, number: int, outcome: str) -> Email:
        sent = email.sent if self.dedupes and email.sent else email.sent + 1
        return _ended(replace(email, sent=sent, status="lags"), number, outcome)

    def _faults(self, email: Email) -> Iterator[tuple[Step, Email]]:
        for number, worker in enumerate(email.workers):
            if worker.step != "idle":
                yield ("Crash", number), _at(email, number, "idle")
            if worker.step == "request":
                yield ("Accept-unclear", number), self._accepted(email, number, "unclear")
                for outcome in ("postponed", "unclear", "refused"):
                    yield (f"NotAccept-{outcome}", number), _ended(email, number, outcome)
        if _lease_may_end(email) and email.holder_is_at("ask", "send", "mark"):
            yield ("LeaseEnds", NOBODY), replace(email, not_before="over")
        if email.status == "lags" or any(worker.step != "idle" for worker in email.workers):
            return
        if email.index == "today":
            yield ("DaysPass", NOBODY), _days_later(email)
        if email.state:
            empty = Email(email.workers, index=email.index, sent=email.sent, status=email.status)
            yield ("RowIsLost", NOBODY), _changed(empty)


def _time(email: Email) -> Iterator[tuple[str, Email]]:
    if _lease_may_end(email) and not email.holder_is_at("ask", "send", "mark"):
        yield "LeaseEnds", replace(email, not_before="over")
    is_over = email.not_before == "over" and email.status != "lags"
    if email.state == "sending" and (email.not_before == "wait" or is_over):
        yield "Opens", replace(email, not_before="open")
    if email.status == "lags":
        yield "StatusShows", replace(email, status="shown")


def _reports(email: Email) -> Iterator[tuple[str, Email]]:
    for report in ("delivered", "bounced"):
        if email.sent and email.state and SEVERITY[report] > SEVERITY[email.state]:
            worst = max(report, email.reported, key=SEVERITY.__getitem__)
            yield f"Report-{report}", _changed(replace(email, state=report, reported=worst))


def _lease_may_end(email: Email) -> bool:
    return email.state == "sending" and email.not_before == "lease" and not email.holder_is_at("request")


def _days_later(email: Email) -> Email:
    unclear_on = "old" if email.unclear_on == "today" else email.unclear_on
    status = "forgotten" if email.status == "shown" else email.status
    return replace(email, index="old", not_before="open", unclear_on=unclear_on, status=status)


def _marked(email: Email, number: int, outcome: str) -> Email:
    after = _at(email, number, "idle")
    if email.claimed_by != number or email.state != "sending":
        return after
    state = {"sent": "sent", "refused": "failed", "unknown": "unknown"}.get(outcome, "sending")
    not_before = {"unclear": "over", "postponed": "wait", "stalled": "wait"}.get(outcome, email.not_before)
    unclear_on = "today" if outcome == "unclear" else ""
    return _changed(replace(after, state=state, not_before=not_before, unclear_on=unclear_on))


def _claimed(email: Email, number: int) -> Email:
    return _changed(replace(email, state="sending", claimed_by=number, not_before="lease"))


def _changed(email: Email) -> Email:
    """The row has another ETag than whoever looked at it has read."""
    return replace(email, workers=tuple(replace(worker, is_fresh=False) for worker in email.workers))


def _at(email: Email, number: int, step: str) -> Email:
    return _with(email, number, Worker(step))


def _ended(email: Email, number: int, outcome: str) -> Email:
    return _with(email, number, Worker("mark", outcome))


def _with(email: Email, number: int, worker: Worker) -> Email:
    return replace(email, workers=(*email.workers[:number], worker, *email.workers[number + 1 :]))
