"""One case: a flow, the request of it that goes wrong, how, and if the person tries again; and what became of it."""

import itertools
import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest

from shared.mail.message import EmailMessage
from shared.mail.renderer import MailRenderer
from tests.integration.faults.flows import FLOWS, Flow
from tests.integration.faults.installation import Facts, Installation, log_lines
from tests.integration.faults.transport import Fault, ProcessDiedError
from tests.promises import UNDER_WAY, Outcome, Rows, broken
from tests.registered_functions import FUNCTIONS

SEED = 19
"""Decides which cases the test command runs; printed with their number."""

_ASKED_TO_WAIT = timedelta(minutes=11)
"""The page says "If it does not arrive in 10 minutes, select the button again"."""

STAFF = ("ORGANISER_EMAIL", "OPERATORS_EMAIL", "FACILITATOR_EMAIL")
_OF_TESTS = frozenset({"operators-test"})


@dataclass(frozen=True, slots=True)
class Case:
    flow: str
    call: int
    fault: Fault
    repeats: bool

    def __str__(self) -> str:
        return f"{self.flow} | request {self.call} | {self.fault}{' | tries again' if self.repeats else ''}"


@dataclass(frozen=True, slots=True)
class Recovered:
    """What an installation is like after its recovery, and what it queued and logged on the way."""

    tables: Mapping[str, Rows]
    emails: Sequence[Mapping[str, Any]]
    queued: tuple[str, ...]
    lines: tuple[str, ...]
    now: datetime


@dataclass
class Laboratory:
    """Prepares each flow once, and runs its cases from there. `installations` are by email service and delivery.

    Cases that leave the same behind have the same recovery, which begins with a new process: it runs once.
    """

    installations: Mapping[tuple[str, str], Installation]
    _recovered: dict[str, Recovered] = field(default_factory=dict)

    def requests(self, name: str) -> Sequence[tuple[str, str]]:
        """The requests of a flow in which nothing goes wrong, by method and address.

        Fails if it does not do what the flow says of itself: call its function, send its emails, and take effect.
        """
        flow, app, facts = self._begin(name)
        before = len(app.emails())
        with _templates_written() as written, app.network.armed():
            answer = flow.act(app, facts)
        requests, sent = list(app.network.requests), len(app.emails()) - before
        assert answer is None or answer.status_code < 400, f"{name}: {answer.status_code}"
        assert not flow.function or flow.function in app.entered, f"{name} does not call {flow.function}"
        assert flow.emails <= set(written), f"{name} writes {written}"
        assert sent >= len(flow.emails), f"{name} sends {sent} of {written}"
        return requests

    def run(self, case: Case) -> list[str]:
        """The promises that do not hold after this case."""
        flow, app, facts = self._begin(case.flow, case)
        answers: list[int] = []
        with log_lines() as lines:
            failed = _try(flow, app, facts, answers)
            assert app.network.has_struck, f"{case}: the flow makes no such request"
            addresses = [address for _, address in app.network.requests]
            if case.repeats or (failed and _is_redelivered(flow)):
                app.now += timedelta(minutes=1)
                _try(flow, app, facts, answers)
            if case.repeats and answers[-1:] == [UNDER_WAY]:
                app.now += _ASKED_TO_WAIT
                _try(flow, app, facts, answers)
        queued, recovered = tuple(app.queued), self._recover(app)
        seen = Outcome(
            tables=recovered.tables,
            emails=recovered.emails,
            queued=queued + recovered.queued,
            lines=(*lines, *recovered.lines),
            addresses=addresses,
            answers=answers,
            is_done=flow.is_done(recovered.tables, facts),
            is_expected=case.repeats or (flow.goes_on and not _is_asked_for(flow)),
            repeated=case.repeats,
            copies=flow.copies,
            now=recovered.now,
            inboxes=frozenset(app.settings[each] for each in _inboxes(flow)),
            staff=frozenset(app.settings[each] for each in STAFF),
        )
        return broken(seen)

    def _recover(self, app: Installation) -> Recovered:
        key = app.fingerprint()
        if key not in self._recovered:
            app.queued.clear()
            with log_lines() as lines:
                app.recover()
            found = Recovered(app.storage.read(), app.emails(), tuple(app.queued), tuple(lines), app.now)
            self._recovered[key] = found
        return self._recovered[key]

    def _begin(self, name: str, case: Case | None = None) -> tuple[Flow, Installation, Facts]:
        flow = FLOWS[name]
        app = self.installations[flow.mail, flow.delivery]
        facts = app.reach(flow.prepare)
        app.network.requests.clear()
        app.network.at = case.call if case else None
        app.network.fault = case.fault if case else Fault.REFUSED
        return flow, app, facts


def _inboxes(flow: Flow) -> tuple[str, ...]:
    """The settings of the addresses that referrals go to: in any doubt a test goes to the provider as every other."""
    return ("REFERRAL_RECIPIENT", "OPERATORS_EMAIL") if flow.emails & _OF_TESTS else ("REFERRAL_RECIPIENT",)


@contextmanager
def _templates_written() -> Iterator[list[str]]:
    """The templates of the emails that are written in the body."""
    written, render = list[str](), MailRenderer.render

    def recorded(self: MailRenderer, template: str, **facts: Any) -> EmailMessage:
        written.append(template)
        return render(self, template, **facts)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(MailRenderer, "render", recorded)
        yield written


def _try(flow: Flow, app: Installation, facts: Facts, answers: list[int]) -> bool:
    """Tries once; True if it failed. What the person is told goes to `answers`: 0 if the process died before that."""
    try:
        with app.network.armed():
            answer = flow.act(app, facts)
    except ProcessDiedError:
        app.restart()
        if _is_asked_for(flow):
            answers.append(0)
        return True
    except Exception:
        if _is_asked_for(flow):
            raise
        return True
    if answer is not None:
        is_under_way = answer.headers.get("Location", "").endswith("done=sending")
        answers.append(UNDER_WAY if is_under_way else answer.status_code)
    return False


def _trigger(flow: Flow) -> str:
    if not flow.function:
        return ""
    types = {str(each.get_dict_repr()["type"]) for each in FUNCTIONS[flow.function].get_bindings()}
    return next(each for each in types if each.endswith("Trigger"))


def _is_asked_for(flow: Flow) -> bool:
    """True if a person waits for an answer."""
    return _trigger(flow) == "httpTrigger"


def _is_redelivered(flow: Flow) -> bool:
    """True if Event Grid posts the event again after a failure."""
    return _trigger(flow) == "eventGridTrigger"


def all_cases(requests: Mapping[str, Sequence[tuple[str, str]]]) -> list[Case]:
    """Every fault at every request of every flow; where a person may try again, with that and without."""
    found = []
    for name, calls in requests.items():
        flow = FLOWS[name]
        tries = (False, True) if _is_asked_for(flow) or not flow.goes_on else (False,)
        found += [Case(name, call, fault, each) for call in range(len(calls)) for fault in Fault for each in tries]
    return found


def some_flows() -> list[str]:
    """One flow of each registered function, and for each email service where it has flows for both; by the seed."""
    chosen = random.Random(SEED)
    alike = dict[tuple[str, str], list[str]]()
    for name, flow in FLOWS.items():
        alike.setdefault((flow.function, flow.mail), []).append(name)
    return [chosen.choice(names) for names in alike.values()]


def some_cases(requests: Mapping[str, Sequence[tuple[str, str]]], each: int) -> list[Case]:
    """So many cases of each flow, the same for the same seed: the first at a write, and all faults in turn."""
    chosen, faults, found = random.Random(SEED), itertools.cycle(Fault), list[Case]()
    for name, calls in requests.items():
        for number in range(each):
            fault = next(faults)
            of_kind = [case for case in all_cases({name: calls}) if case.fault is fault]
            writing = [case for case in of_kind if calls[case.call][0] != "GET"]
            found.append(chosen.choice(of_kind if number else writing or of_kind))
    return found
