"""One installation in this process: the registered functions over real storage and the emulated email services."""

import hashlib
import json
import logging
import re
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Self
from urllib.parse import quote, urlencode

import azure.functions as func
from azure.functions._eventgrid import EventGridEvent
from azure.keyvault.keys._shared import http_challenge_cache  # the one thing that its client keeps for the process

import shared.bootstrap
from local.mail import Emulator
from shared.composition.services import Services
from shared.config.settings import Settings
from tests.builders import MORNING
from tests.integration.faults.storage import Storage
from tests.integration.faults.transport import FaultyNetwork, ProcessDiedError
from tests.promises import Rows
from tests.registered_functions import FUNCTIONS
from tests.unit.functions.http_requests import BROWSER, FORM, Outbox

POISON_AFTER = 5
"""Deliveries of a message before the host moves it to the poison queue (`host.json`)."""

_TRIGGERS = {"emails": "send_mail", "referrals": "forward_referral"}
_POISON = {"emails": "mail_failed", "referrals": "referral_failed"}


@dataclass(frozen=True, slots=True)
class Message:
    """A message in a queue of this process, as the host delivers it."""

    queue: str
    body: str
    deliveries: int = 0


@dataclass(frozen=True, slots=True)
class Prepared:
    """How far an installation came: what it stored and sent, and the time."""

    rows: Mapping[str, Rows]
    emails: Sequence[Mapping[str, Any]]
    messages: Sequence[Message]
    now: datetime = MORNING

    @classmethod
    def nothing(cls, rows: Mapping[str, Rows]) -> Self:
        """An installation in which nothing has happened yet."""
        return cls(rows, (), ())


type Facts = dict[str, Any]
type Prepare = Callable[["Installation"], Facts]


@dataclass
class Installation:
    """Both apps in one process that may die. Queues are the host's own, and deliver at least once.

    `queued` are the messages since the stage at which it began, and `entered` the names of the functions that ran.
    """

    settings: Mapping[str, str]
    storage: Storage
    emulator: Emulator
    network: FaultyNetwork
    now: datetime = MORNING
    queue: deque[Message] = field(default_factory=deque)
    earlier_emails: list[Mapping[str, Any]] = field(default_factory=list)
    queued: list[str] = field(default_factory=list)
    entered: set[str] = field(default_factory=set)
    stages: dict[Prepare, tuple[Prepared, Facts]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.restart()

    @cached_property
    def _read(self) -> Settings:
        return Settings.from_environment(self.settings)

    def restart(self) -> None:
        """A process of its own: it remembers nothing of the one before, nor does any client of its."""
        http_challenge_cache.clear()
        services = Services(self._read, lambda: self.now)
        forwarder = services.referrals.forwarder
        services.referrals.__dict__["forwarder"] = replace(forwarder, sleep=lambda _: None)
        shared.bootstrap._services = services

    @property
    def services(self) -> Services:
        return shared.bootstrap.services()

    # ---- Arranging ----

    def keep(self) -> Prepared:
        return Prepared(self.storage.read(), self.emails(), tuple(self.queue), self.now)

    def reach(self, stage: Prepare) -> Facts:
        """Brings it to where this function does, once and for all that begin there; returns what that returned."""
        if stage in self.stages:
            prepared, facts = self.stages[stage]
            self.put_back(prepared)
        else:
            facts = stage(self)
            self.stages[stage] = (self.keep(), facts)
            self._begin()
        return dict(facts)

    def wipe(self) -> None:
        """Nothing has happened yet."""
        self.put_back(Prepared.nothing(self.storage.empty()))

    def put_back(self, prepared: Prepared) -> None:
        self.storage.write(prepared.rows)
        self.emulator.reset()
        self.emulator.settings({"repeat": "duplicate"})
        self.earlier_emails = list(prepared.emails)
        self.queue = deque(prepared.messages)
        self.now = prepared.now
        self._begin()

    def _begin(self) -> None:
        self.queued.clear()
        self.entered.clear()
        self.restart()

    # ---- What a person or the host does ----

    def request(
        self,
        name: str,
        method: str,
        route: Mapping[str, str],
        body: bytes = b"",
        *,
        is_json: bool = False,
        bearer: str = "",
    ) -> func.HttpResponse:
        """The answer of the registered function of that name; what it queued is queued once it has returned."""
        self.entered.add(name)
        bindings = [dict(each.get_dict_repr()) for each in FUNCTIONS[name].get_bindings()]
        [trigger] = [each for each in bindings if each["type"] == "httpTrigger"]
        url = "/" + re.sub(r"\{(\w+)[^}]*\}", lambda part: quote(route.get(part[1], "")), trigger["route"])
        kind = "application/json"
        headers = {"accept": kind, "content-type": kind} if is_json else {"accept": BROWSER, "content-type": FORM}
        headers |= {"authorization": f"Bearer {bearer}"} if bearer else {}
        req = func.HttpRequest(
            method, url.rstrip("/") or "/", headers=headers, params={}, route_params=dict(route), body=body
        )
        answer = self._run(name, bindings, req=req)
        assert isinstance(answer, func.HttpResponse)
        return answer

    def post_json(self, name: str, value: object) -> func.HttpResponse:
        return self.request(name, "POST", {}, json.dumps(value).encode(), is_json=True)

    def post(self, name: str, fields: Mapping[str, Any], **route: str) -> func.HttpResponse:
        return self.request(name, "POST", route, urlencode(fields, doseq=True).encode())

    def get(self, name: str, **route: str) -> func.HttpResponse:
        return self.request(name, "GET", route)

    def run_timer(self, name: str = "schedule") -> None:
        self.entered.add(name)
        bindings = [dict(each.get_dict_repr()) for each in FUNCTIONS[name].get_bindings()]
        self._run(name, bindings, timer=None)

    def report(self, status: str, operation: str) -> None:
        """Event Grid posts a delivery report."""
        self.entered.add("delivery_report")
        data: dict[str, object] = {
            "messageId": operation,
            "status": status,
            "deliveryAttemptTimeStamp": self.now.isoformat(),
        }
        kind = "Microsoft.Communication.EmailDeliveryReportReceived"
        event = EventGridEvent(
            id="1", data=data, topic="t", subject="s", event_type=kind, event_time=self.now, data_version="1"
        )
        self._run("delivery_report", [], event=event)

    def deliver_next(self) -> None:
        """The host delivers the oldest message; one that fails comes again, and at last goes to the poison queue."""
        message = self.queue.popleft()
        self.deliver(message, _TRIGGERS[message.queue])

    def deliver(self, message: Message, name: str) -> None:
        self.entered.add(name)
        try:
            self._run(name, [], message=func.QueueMessage(id="1", body=message.body.encode()))
        except ProcessDiedError:
            self.queue.append(replace(message, deliveries=message.deliveries + 1))
            raise
        except Exception:  # noqa: BLE001  # whatever it is, the host delivers the message again
            again = replace(message, deliveries=message.deliveries + 1)
            if again.deliveries < POISON_AFTER:
                self.queue.append(again)
            else:
                self.deliver(Message(message.queue, message.body), _POISON[message.queue])

    def settle(self) -> None:
        """Delivers until no message is left."""
        while self.queue:
            self.deliver_next()

    def tick(self, **later: float) -> None:
        """Time passes, the timer runs, and what it queued is delivered."""
        self.now += timedelta(**later)
        self.run_timer()
        self.settle()

    def recover(self) -> None:
        """What brings everything right by itself: a new process, the messages that are left, and runs of the timer.

        Leases end after ten minutes, what was put off after a failure is due within the hour, and some work is daily.
        """
        self.restart()
        self.settle()
        for minutes in (11, 62, 24 * 60):
            self.tick(minutes=minutes)

    def _run(self, name: str, bindings: Sequence[Mapping[str, Any]], **arguments: Any) -> Any:
        outboxes = {str(each["name"]): (each["queueName"], Outbox()) for each in bindings if each["type"] == "queue"}
        handler: Any = FUNCTIONS[name].get_user_function()
        answer = handler(**arguments, **{each: outbox for each, (_, outbox) in outboxes.items()})
        for queue, outbox in outboxes.values():
            for given in outbox.messages:
                for body in [given] if isinstance(given, str) else given:
                    self.queue.append(Message(queue, body))
                    self.queued.append(body)
        return answer

    # ---- What can be seen ----

    def fingerprint(self) -> str:
        """The same for an installation that is the same: all that a new process would find, and the time.

        Which of two processes has claimed something makes no difference to a third.
        """
        tables = {
            name: sorted(
                (key, sorted((cell, str(value)) for cell, value in row.items() if cell != "ClaimedBy"))
                for key, row in rows.items()
            )
            for name, rows in sorted(self.storage.read().items())
        }
        facts = (self.settings["MAIL_SERVICE"], self.settings["REFERRAL_DELIVERY"], self.now, list(self.queue))
        return hashlib.sha256(repr((facts, tables, self.emails())).encode()).hexdigest()

    def emails(self) -> list[Mapping[str, Any]]:
        """Every email that arrived, oldest first."""
        return [*self.earlier_emails, *self.emulator.messages()]

    def emails_to(self, address: str) -> list[str]:
        return [str(each["content"]["plainText"]) for each in self.emails() if address == recipient(each)]

    def link(self, page: str, address: str) -> str:
        """The token of the last link to that page in the emails to an address."""
        found = [token for text in self.emails_to(address) for token in re.findall(rf"/{page}/([\w-]{{40,}})", text)]
        return str(found[-1])


def recipient(email: Mapping[str, Any]) -> str:
    return str(email["recipients"]["to"][0]["address"])


@contextmanager
def log_lines() -> Iterator[list[str]]:
    """Every line that the service and the clients log in the body."""
    lines = list[str]()

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(record.getMessage())

    keep, root = Keep(), logging.getLogger()
    root.addHandler(keep)
    try:
        yield lines
    finally:
        root.removeHandler(keep)
