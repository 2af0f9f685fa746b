"""Faults on request: what the next requests meet, rule by rule."""

from collections.abc import Sequence
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, model_validator

type Kind = Literal[
    "status", "status_after", "drop_before", "drop_after", "delay", "delay_after", "final", "report", "callback"
]
type Aspect = Literal["delay", "answer", "final", "report", "callback"]
type Report = Literal["Delivered", "Expanded", "Failed", "Bounced", "Suppressed", "Quarantined", "FilteredSpam"]

_ASPECTS: dict[Kind, Aspect] = {
    "status": "answer",
    "status_after": "answer",
    "drop_before": "answer",
    "drop_after": "answer",
    "delay": "delay",
    "delay_after": "delay",
    "final": "final",
    "report": "report",
    "callback": "callback",
}
_NEEDS = {
    "status": "status",
    "status_after": "status",
    "delay": "seconds",
    "delay_after": "seconds",
    "final": "final",
    "report": "report",
    "callback": "callback",
}


class FaultRule(BaseModel):
    """One fault. It meets requests that are signed, within the limits and valid; others never use it up.

    Attributes:
        on: which requests: `send` or `status`.
        kind: `status` answers so instead of doing anything; `status_after` accepts first. `drop_before` and
            `drop_after` close the connection without an answer, before and after accepting. `delay` and
            `delay_after` wait first, before and after accepting. `final` is what the accepted operation comes to;
            `report` what its delivery reports say, and `callback` what happens to that of GOV.UK Notify.
        status: HTTP status of `status` and `status_after`.
        retry_after: their `Retry-After`: seconds of the emulator's clock, or any text. Notify sends none.
        seconds: of `delay`, in real time, as a caller's time-out is; of `callback`, of the emulator's clock.
        final: an operation status; `Failed` and `Canceled` deliver nothing: Notify's `technical-failure`.
        code: error code of `status` or of `final`; of Notify the `error`, or "" for a page of the firewall before it.
        report: one status, or several in the order in which they are posted; [] = none. Notify's status is that of the
            first that is final, in its own words.
        callback: it is lost, posted twice, or late by `seconds`.
        count: how many requests it meets; None = every one, until the faults are deleted.
        recipient: only messages to an address that contains this; letter case does not matter.
        subject: only messages whose subject contains this.
    """

    model_config = ConfigDict(extra="forbid")

    on: Literal["send", "status"] = "send"
    kind: Kind
    status: Annotated[int, Field(ge=400, le=599)] | None = None
    retry_after: int | str | None = None
    seconds: Annotated[float, Field(ge=0)] | None = None
    final: Literal["NotStarted", "Running", "Succeeded", "Failed", "Canceled"] | None = None
    code: str | None = None
    report: Report | list[Report] | None = None
    callback: Literal["lost", "twice", "late"] | None = None
    count: Annotated[int, Field(ge=1)] | None = 1
    recipient: str = ""
    subject: str = ""

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        need = _NEEDS.get(self.kind)
        if need and getattr(self, need) is None:
            raise ValueError(f"a fault of the kind {self.kind} needs {need}")
        if self.on == "status" and self.aspect in {"final", "report", "callback"}:
            raise ValueError(f"a fault of the kind {self.kind} applies to sending only")
        return self

    @property
    def aspect(self) -> Aspect:
        return _ASPECTS[self.kind]

    @property
    def reports(self) -> list[Report]:
        return self.report if isinstance(self.report, list) else [self.report] if self.report else []

    def is_about(self, recipients: Sequence[str], subject: str) -> bool:
        addressed = not self.recipient or any(self.recipient.lower() in one.lower() for one in recipients)
        return addressed and self.subject.lower() in subject.lower()


FAULT_RULES = TypeAdapter(list[FaultRule])


class Faults:
    """The rules that wait, in order.

    A request meets the first that fits of each aspect: its delay, its answer, its operation's end, its reports, and
    the callback with the report.
    """

    def __init__(self) -> None:
        self._waiting: list[FaultRule] = []

    def add(self, rules: Sequence[FaultRule]) -> None:
        self._waiting.extend(rules)

    def clear(self) -> None:
        self._waiting.clear()

    @property
    def waiting(self) -> list[FaultRule]:
        return list(self._waiting)

    def take(self, on: str, aspect: Aspect, recipients: Sequence[str], subject: str) -> FaultRule | None:
        for position, rule in enumerate(self._waiting):
            if (rule.on, rule.aspect) == (on, aspect) and rule.is_about(recipients, subject):
                self._use_up(position, rule)
                return rule
        return None

    def _use_up(self, position: int, rule: FaultRule) -> None:
        if rule.count == 1:
            del self._waiting[position]
        elif rule.count is not None:
            self._waiting[position] = rule.model_copy(update={"count": rule.count - 1})
