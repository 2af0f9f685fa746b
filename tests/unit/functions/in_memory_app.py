"""The handlers over the real services, built as in Azure, with tables in memory."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import azure.functions as func
import pytest

import functions.site.health
import shared.bootstrap
from functions import timer
from functions.bookings import book, manage, send_email, steps
from functions.bookings.several import book as book_several
from functions.bookings.several import steps as several_steps
from shared.composition import azure_clients
from shared.composition.services import Services
from shared.config.settings import Settings
from shared.tables.table import Row, StorageRefusedError, Write, is_key
from tests.builders import MORNING
from tests.fakes import FakeMailSender, FakeTable
from tests.unit.functions import http_requests
from tests.unit.functions.test_app_roles import EVERYTHING

_CELL = 32_768  # UTF-16 code units


class StrictTable(FakeTable):
    """Refuses what Azure Table Storage refuses: cells that are too large, text that is none, and keys that are none."""

    def get(self, partition: str, key: str) -> Row | None:
        _check_key(partition, key)
        return super().get(partition, key)

    def query(self, select: Sequence[str] = (), **like: str) -> list[Row]:
        _check_key(*like.values())
        return super().query(select, **like)

    def put(self, cells: Mapping[str, Any]) -> None:
        _check_cells(cells)
        super().put(cells)

    def _check(self, writes: Sequence[Write]) -> None:
        for write in writes:
            _check_cells(write.cells)
        super()._check(writes)


def _check_key(*keys: str) -> None:
    if not all(map(is_key, keys)):
        raise StorageRefusedError("HTTP 400")


def _check_cells(cells: Mapping[str, Any]) -> None:
    _check_key(cells["PartitionKey"], cells["RowKey"])
    for value in cells.values():
        if isinstance(value, int) and not -(2**31) <= value < 2**31:
            raise StorageRefusedError("OverflowError")
        if isinstance(value, str) and len(_encoded(value)) // 2 > _CELL:
            raise StorageRefusedError("HTTP 400")


def _encoded(text: str) -> bytes:
    try:
        return text.encode("utf-16-le")
    except UnicodeEncodeError as error:
        raise StorageRefusedError("UnicodeEncodeError") from error


class InMemoryApp:
    """One process. `now` is its clock; `settings` are changes to those of a developer's machine."""

    domain = ""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, now: datetime = MORNING, **settings: str) -> None:
        self.tables: defaultdict[str, FakeTable] = defaultdict(StrictTable)
        self.sender, self.now = FakeMailSender(), now
        self._settings = Settings.from_environment(EVERYTHING | {"SERVICE_ROLE": "all"} | settings)
        self.built = Services(self._settings, lambda: self.now)
        monkeypatch.setattr(azure_clients, "tables", lambda _: self.tables.__getitem__)
        monkeypatch.setattr(azure_clients, "mail_sender", lambda _: self.sender)
        pages = (book, manage, steps, book_several, several_steps)
        for module in (*pages, send_email, timer, functions.site.health, shared.bootstrap):
            monkeypatch.setattr(module, "services", lambda: self.built)

    def sessions(self) -> list[dict[str, Any]]:
        """The list of sessions in JSON."""
        answer = book.list_sessions(http_requests.get(accept="application/json"))
        assert answer.status_code == 200
        found: list[dict[str, Any]] = json.loads(answer.get_body())["sessions"]
        return found

    def listed(self) -> list[str]:
        return [each["id"] for each in self.sessions()]

    def page(self, handler: Any, **route: str) -> func.HttpResponse:
        """A page as a browser gets it."""
        headers = {"accept": http_requests.BROWSER}
        answer = handler(
            func.HttpRequest("GET", http_requests.URL, headers=headers, params={}, route_params=route, body=b"")
        )
        assert isinstance(answer, func.HttpResponse)
        return answer

    def book(self, name: str, session_id: str) -> int:
        """Asks for a place as JSON, sends what that makes due, and returns the status."""
        wanted = {
            "session_id": session_id,
            "full_name": name.title(),
            "email": f"{name}@{self.domain or self._settings.booking_domains[0]}",
            "works_here": "yes",
            "group_agreement": "yes",
            "join_waiting_list": "yes",
        }
        emails = http_requests.Outbox()
        answer = book.book(http_requests.json_post(wanted, accept="application/json"), emails)
        self._send(emails)
        assert isinstance(answer, func.HttpResponse)
        return int(answer.status_code)

    def tick(self) -> None:
        """Runs the timer, and sends what it finds due."""
        emails = http_requests.Outbox()
        timer.schedule(None, emails, http_requests.Outbox())
        self._send(emails)

    def subjects(self, name: str) -> list[str]:
        """The subjects of the emails that someone got."""
        return [each.subject for each in self.sender.messages if each.to.startswith(f"{name}@")]

    def _send(self, emails: http_requests.Outbox) -> None:
        for message in [message for messages in emails.messages for message in messages]:
            send_email.send_mail(func.QueueMessage(body=message.encode()))
