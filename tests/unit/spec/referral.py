"""The relation `Next` of spec/referral.tla in Python: each step that one referral can take, with its name."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

NOBODY = -1
UNSENT = ("received", "sending")
FINISHED = ("acknowledged", "erased", "withdrawn")
UNDELIVERED = ("bounced", "failed")


@dataclass(frozen=True, slots=True)
class Forwarder:
    """One process that forwards: the step that it stands before, and the claim that it made."""

    step: str = "idle"
    epoch: int = 0
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class Life:
    """One state of the model. Names as in the row; `gone` has the epochs of emails that were sent."""

    forwarders: tuple[Forwarder, ...]
    state: str = "received"
    epoch: int = 0
    attempts: int = 0
    waits: bool = False
    sent_on: bool = False
    delivered_on: bool = False
    came_back_on: bool = False
    acknowledged_on: bool = False
    erased_on: bool = False
    grace_over: bool = False
    last_error: str = ""
    redriven: int = 0
    kept: int = 0
    sealed: bool = True
    told: str = "no"
    eraser: str = "idle"
    gone: frozenset[int] = frozenset()
    is_doubled: bool = False
    said: bool = False
    arrived: bool = False
    faults: int = 0

    @property
    def has_come_back(self) -> bool:
        return (self.came_back_on or self.last_error in UNDELIVERED) and not self.delivered_on

    @property
    def is_undelivered(self) -> bool:
        is_reported = self.last_error in UNDELIVERED or self.has_come_back
        if self.state == "attention":
            return is_reported or not self.sent_on
        if self.state == "sent":
            return self.has_come_back
        return self.state in UNSENT and (is_reported or self.redriven > 0)

    @property
    def is_interrupted(self) -> bool:
        """True if whoever reads the row first completes an erasure: its answers are gone, and it does not say so."""
        return self.erased_on and not self.sealed and self.state not in {"erased", "withdrawn"}

    @property
    def is_resend_requested(self) -> bool:
        return self.state == "received" and self.attempts > 0

    @property
    def may_have_gone(self) -> bool:
        never = self.state == "received" and self.attempts == 0 and self.redriven == 0 and not self.sent_on
        return not never or self.kept > 0


type Step = tuple[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferralModel:
    """The constants of the model."""

    workers: int = 1
    reports: tuple[str, ...] = ("delivered", "failed")
    max_redrives: int = 1
    max_faults: int = 0

    def first(self) -> Life:
        return Life(tuple(Forwarder() for _ in range(self.workers)))

    def next(self, life: Life) -> Iterator[tuple[Step, Life]]:
        for number, forwarder in enumerate(life.forwarders):
            for name, after in self._forwarding(life, number, forwarder):
                yield (name, number), after
        for name, after in (*_time(life), *_person(life)):
            yield (name, NOBODY), after
        for name, after in (*self._reports(life), *_provider(life), *_edits(life), *_timer(life), *_settling(life)):
            yield (name, NOBODY), after
        if life.faults < self.max_faults:
            for step, after in _faults(life):
                yield step, replace(after, faults=life.faults + 1)

    def _forwarding(self, life: Life, number: int, forwarder: Forwarder) -> Iterator[tuple[str, Life]]:
        match forwarder.step:
            case "idle" if life.state in UNSENT and not life.waits and not life.is_interrupted:
                yield "Claim", _claimed(life, number)
            case "claimed" if life.sealed:
                yield "Send", _sent(life, number, forwarder)
            case "claimed":
                yield "Send", _at(life, number, replace(forwarder, step="missing"))
            case "mark" | "missing":
                yield "Mark", _marked(life, number, forwarder)

    def _reports(self, life: Life) -> Iterator[tuple[str, Life]]:
        for epoch in sorted(life.gone):
            for report in self.reports:
                after = self._reported(life, epoch, report)
                if after != life:
                    yield f"Report-{report}-{epoch}", after

    def _reported(self, life: Life, epoch: int, report: str) -> Life:
        if life.state in {"withdrawn", "erased"} or life.is_resend_requested:
            return life
        if report == "delivered":
            is_about_this = epoch >= life.epoch - life.redriven
            after = _delivered(life)
            return replace(after if after == life else _written(after), arrived=True) if is_about_this else life
        return life if epoch != life.epoch else self._undelivered(life, report)

    def _undelivered(self, life: Life, report: str) -> Life:
        if life.delivered_on if report == "failed" else life.last_error == report:
            return life
        if report == "bounced":
            return _came_back(life, "bounced")
        if life.state in UNSENT or life.state == "sent":
            return self._failed(life)
        if life.state == "acknowledged":
            return _came_back(life, "failed")
        return _written(replace(life, came_back_on=True))

    def _failed(self, life: Life) -> Life:
        if life.redriven >= self.max_redrives:
            return _came_back(life, "failed")
        new = replace(life, state="received", epoch=life.epoch + 1, attempts=0, redriven=life.redriven + 1)
        return _written(replace(new, sent_on=False, came_back_on=False, waits=True, last_error="failed"))


def _claimed(life: Life, number: int) -> Life:
    if life.is_resend_requested:
        arrived = life.arrived and life.erased_on  # once it is being erased, a resend finds nothing, as it may
        life = replace(life, epoch=life.epoch + 1, attempts=0, redriven=0, last_error="", arrived=arrived)
        life = replace(life, sent_on=False, delivered_on=False, came_back_on=False, acknowledged_on=False)
        life = replace(life, grace_over=False)
    life = replace(life, state="sending", attempts=life.attempts + 1, waits=True)
    return _written(_at(life, number, Forwarder("claimed", life.epoch, life.attempts)))


def _sent(life: Life, number: int, forwarder: Forwarder) -> Life:
    if forwarder.attempts > 1 and forwarder.epoch in life.gone:  # asked about: it had gone
        return _at(life, number, replace(forwarder, step="mark"))
    is_doubled = life.is_doubled or forwarder.epoch in life.gone
    after = replace(life, gone=life.gone | {forwarder.epoch}, is_doubled=is_doubled)
    return _at(after, number, replace(forwarder, step="mark"))


def _marked(life: Life, number: int, forwarder: Forwarder) -> Life:
    after = _at(life, number, Forwarder())
    if not _holds(life, forwarder):
        return after
    if forwarder.step == "missing":
        state, code = ("erased", "nothing-left") if life.erased_on else ("attention", "unseal-missing")
        return _written(replace(_settled(after), state=state, last_error=code))
    return _written(replace(_settled(after), state="sent", sent_on=True))


def _delivered(life: Life) -> Life:
    is_waiting = life.state == "attention" and life.last_error != "failed"
    if is_waiting or life.state in {"delivered", "acknowledged"}:
        return replace(life, delivered_on=True)
    days = replace(_settled(life), delivered_on=True, sent_on=True)
    return replace(days, state="acknowledged" if life.state != "sent" and life.acknowledged_on else "delivered")


def _came_back(life: Life, code: str) -> Life:
    return _written(replace(_settled(life), state="attention", came_back_on=True, last_error=code))


def _provider(life: Life) -> Iterator[tuple[str, Life]]:
    if life.epoch not in life.gone or life.is_interrupted:
        return
    if life.state not in FINISHED and not (life.is_undelivered and life.acknowledged_on):
        noted = replace(life, acknowledged_on=True, said=True, grace_over=False)
        done = replace(_settled(noted), state="acknowledged", sent_on=True)
        yield "Acknowledge", _written(noted if life.is_undelivered else done)
    if life.state == "acknowledged" and not life.erased_on and life.kept == 0:
        kept = replace(_settled(life), kept=1, acknowledged_on=False, grace_over=False, said=False, arrived=False)
        again = replace(kept, state="received", epoch=life.epoch + 1, attempts=0, redriven=0)
        yield "Keep", _written(replace(again, sent_on=False, delivered_on=False, came_back_on=False))


def _edits(life: Life) -> Iterator[tuple[str, Life]]:
    if life.state == "acknowledged" and not life.is_interrupted:
        code = life.last_error if life.last_error in UNDELIVERED else "came-back"
        if life.has_come_back:
            yield "Typed", _written(replace(_settled(life), state="attention", last_error=code))
        elif not life.sent_on:
            yield "Typed", _written(replace(_settled(life), state="attention", last_error="state-typed"))
        elif life.last_error or not life.acknowledged_on:
            noted = replace(_settled(life) if life.last_error else life, acknowledged_on=True, grace_over=False)
            yield "Typed", _written(noted)


def _timer(life: Life) -> Iterator[tuple[str, Life]]:
    may_erase = life.state == "acknowledged" and life.delivered_on and life.acknowledged_on and life.grace_over
    if life.eraser == "idle" and may_erase:
        yield "EraserLooks", replace(life, eraser="looked")
    if life.eraser == "looked":
        yield "EraseBegin", replace(life, eraser="begun", erased_on=True, waits=False)
    if life.eraser == "stale":
        yield "EraseBegin", replace(life, eraser="idle")
    if life.eraser == "begun":
        yield "EraseDelete", replace(life, eraser="deleted", sealed=False)
    if life.eraser == "refused":
        yield "EraseDelete", replace(life, eraser="idle" if life.sealed else "deleted")
    if life.eraser == "deleted":
        yield "EraseMark", _erased(replace(life, eraser="idle"))


def _settling(life: Life) -> Iterator[tuple[str, Life]]:
    if life.erased_on and life.state not in {"erased", "withdrawn"}:
        back = replace(life, erased_on=False, eraser="refused" if life.eraser == "begun" else life.eraser)
        yield "Settle", _written(back) if life.sealed else _erased(life)
    if life.state == "withdrawn" and life.sealed:
        yield "CompleteWithdrawal", replace(life, sealed=False, told=life.told or "told", erased_on=True)


def _erased(life: Life) -> Life:
    if life.state in {"erased", "withdrawn"}:
        return life
    is_missed = life.is_resend_requested
    after = replace(_settled(life), state="erased", erased_on=True, last_error="nothing-left" if is_missed else "")
    is_noted = life.acknowledged_on and not is_missed
    return _written(replace(after, acknowledged_on=is_noted, grace_over=life.grace_over and is_noted))


def _time(life: Life) -> Iterator[tuple[str, Life]]:
    if _wait_may_end(life) and not any(_holds(life, each) for each in life.forwarders):
        yield "WaitEnds", replace(life, waits=False)
    if life.acknowledged_on and not life.grace_over:
        yield "GracePasses", replace(life, grace_over=True)


def _wait_may_end(life: Life) -> bool:
    return life.waits and not any(each.step == "claimed" for each in life.forwarders)


def _holds(life: Life, forwarder: Forwarder) -> bool:
    return (life.state, life.attempts, life.epoch) == ("sending", forwarder.attempts, forwarder.epoch)


def _person(life: Life) -> Iterator[tuple[str, Life]]:
    if life.state != "withdrawn":
        told = "" if life.may_have_gone else "not-sent"
        yield "Withdraw", _written(replace(_settled(life), state="withdrawn", told=told))


def _faults(life: Life) -> Iterator[tuple[Step, Life]]:
    for number, forwarder in enumerate(life.forwarders):
        if forwarder.step != "idle":
            yield ("Crash", number), _at(life, number, Forwarder())
    if _wait_may_end(life) and any(_holds(life, each) for each in life.forwarders):
        yield ("WaitEnds", NOBODY), replace(life, waits=False)  # a worker has stalled between sending and marking
    if life.eraser in {"begun", "refused", "deleted"}:
        yield ("EraserCrash", NOBODY), replace(life, eraser="idle")
    if life.state not in {"withdrawn", "erased"}:
        if life.state != "received":
            said = life.said and life.erased_on
            yield ("Type-received", NOBODY), _written(replace(life, state="received", said=said))
        if life.state != "acknowledged":
            yield ("Type-acknowledged", NOBODY), _written(replace(life, state="acknowledged", said=True))


def _settled(life: Life) -> Life:
    return replace(life, waits=False, last_error="")


def _written(life: Life) -> Life:
    """The row has another ETag than the eraser has read."""
    return replace(life, eraser="stale") if life.eraser == "looked" else life


def _at(life: Life, number: int, forwarder: Forwarder) -> Life:
    return replace(life, forwarders=(*life.forwarders[:number], forwarder, *life.forwarders[number + 1 :]))
