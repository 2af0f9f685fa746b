"""One process that is both apps, with a booking and a referral, and the links that were emailed about them."""

import json
import re
import sys
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

import azure.functions as func
import pytest

from functions.referrals.forward_referral import forward_referral
from functions.referrals.refer import refer
from shared.tables.table import Write
from tests.builders import session_cells
from tests.registered_functions import FUNCTIONS
from tests.unit.functions import http_requests
from tests.unit.functions.in_memory_app import InMemoryApp, StrictTable

REFERRAL = {"works_here": "yes", "full_name": "Ann", "contact_by": ["email"], "email": "ann@home.example"} | {
    "therapy_language": "English",
    "what_brings_you": "One sentence",
    "consent_share": True,
}


def _facts(binding: Any) -> dict[str, Any]:
    return dict(binding.get_dict_repr())


class CountedTable(StrictTable):
    """Counts the requests that write."""

    writes = 0

    def put(self, cells: Mapping[str, Any]) -> None:
        self.writes += 1
        super().put(cells)

    def delete(self, partition: str, key: str, etag: str | None = None) -> None:
        self.writes += 1
        super().delete(partition, key, etag)

    def apply(self, writes: Sequence[Write]) -> list[str]:
        self.writes += 1
        return super().apply(writes)


class AppWithLinks(InMemoryApp):
    """One process that is both apps, with a booking and a referral, and the links that were emailed about them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, delivery: str, domain: str = "", **settings: Any) -> None:
        super().__init__(monkeypatch, REFERRAL_DELIVERY=delivery, **settings)
        self.queued, self.domain = 0, domain
        self.tables.default_factory = CountedTable
        for name, module in list(sys.modules.items()):
            if name.startswith("functions.") and hasattr(module, "services"):
                monkeypatch.setattr(module, "services", lambda: self.built)
        for session_id, date in (("s1", "2023-09-08"), ("s2", "2023-10-03")):
            self.tables["Sessions"].insert(session_cells(RowKey=session_id, Date=date))
        assert self.book("ann", "s1") == 201
        outbox = http_requests.Outbox()
        assert refer(http_requests.json_post(REFERRAL), outbox).status_code == 201
        forward_referral(func.QueueMessage(body=outbox.get().encode()))

    @property
    def writes(self) -> int:
        counted = [each for each in self.tables.values() if isinstance(each, CountedTable)]
        assert len(counted) == len(self.tables)
        return sum(each.writes for each in counted)

    def link(self, page: str) -> str:
        """The token of the link to that page, in whichever email has it."""
        found = [re.findall(rf"/{page}/([\w-]{{40,}})", message.text) for message in self.sender.messages]
        return str(next(each[0] for each in found if each))

    def post_json(self, name: str, value: object) -> func.HttpResponse:
        return self.call(name, "POST", {}, json.dumps(value).encode(), kind="application/json")

    def call(
        self,
        name: str,
        method: str,
        route: Mapping[str, str],
        body: bytes = b"",
        *,
        kind: str = http_requests.FORM,
        query: Mapping[str, str] | None = None,
        accept: str = http_requests.BROWSER,
        headers: Mapping[str, str] | None = None,
    ) -> func.HttpResponse:
        """The answer of the function of that name to a browser, or to whoever sends that `Accept` and those headers."""
        function = FUNCTIONS[name]
        queues = [each.name for each in function.get_bindings() if each.get_dict_repr()["type"] == "queue"]
        outboxes = {each: http_requests.Outbox() for each in queues}
        given = {"accept": accept, "content-type": kind, **(headers or {})}
        [trigger] = [each for each in map(_facts, function.get_bindings()) if each["type"] == "httpTrigger"]
        url = "/" + re.sub(
            r"\{(\w+)[^}]*\}", lambda part: quote(route.get(part[1], ""), errors="surrogatepass"), trigger["route"]
        )
        req = func.HttpRequest(
            method, url.rstrip("/") or "/", headers=given, params=query or {}, route_params=dict(route), body=body
        )
        handler: Any = function.get_user_function()
        answer = handler(req=req, **outboxes)
        self.queued += sum(len(each.messages) for each in outboxes.values())
        assert isinstance(answer, func.HttpResponse)
        return answer
