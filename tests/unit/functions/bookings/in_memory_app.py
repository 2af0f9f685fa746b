"""The handlers over the real services, built as in Azure, with tables in memory."""

import json
from collections import defaultdict
from typing import Any

import pytest

import shared.bootstrap
from functions import timer
from functions.bookings import book, manage, steps
from shared.composition import azure_clients
from shared.composition.services import Services
from shared.config.settings import Settings
from tests.builders import MORNING
from tests.fakes import FakeMailSender, FakeTable
from tests.unit.functions import http_requests
from tests.unit.functions.test_app_roles import EVERYTHING


class InMemoryApp:
    """One process of the service, whose clock stands still."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.tables: defaultdict[str, FakeTable] = defaultdict(FakeTable)
        monkeypatch.setattr(azure_clients, "tables", lambda _: self.tables.__getitem__)
        monkeypatch.setattr(azure_clients, "mail_sender", lambda _: FakeMailSender())
        self.built = Services(Settings.from_environment(EVERYTHING | {"SERVICE_ROLE": "all"}), lambda: MORNING)
        for module in (book, manage, steps, timer, shared.bootstrap):
            monkeypatch.setattr(module, "services", lambda: self.built)

    def sessions(self) -> list[dict[str, Any]]:
        """The list of sessions in JSON."""
        answer = book.list_sessions(http_requests.get(accept="application/json"))
        assert answer.status_code == 200
        found: list[dict[str, Any]] = json.loads(answer.get_body())["sessions"]
        return found

    def listed(self) -> list[str]:
        return [each["id"] for each in self.sessions()]

    def tick(self) -> None:
        timer.schedule(None, http_requests.Outbox(), http_requests.Outbox())
