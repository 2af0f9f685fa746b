"""A visitor at a browser, and what a test arranges for them."""

import json
import re
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from azure.data.tables import TableClient
from playwright.sync_api import Page

from local.clock import LocalClock
from local.stack.sessions_csv import SESSIONS
from local.stack.stack import Stack
from shared.installation.facts import LONDON

_numbers = count(1)
_SESSION = {
    "PartitionKey": "sessions",
    "Date": "2023-09-08",
    "Time": "15:00",
    "Minutes": 75,
    "Capacity": 12,
    "Title": "",
    "Theme": "Belonging at work",
    "JoinUrl": "https://teams.example/join/1",
    "State": "open",
    "Reminders": "",
}
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True, slots=True)
class Visitor:
    """One person's page at the site of a running stack that no one else is using."""

    page: Page
    stack: Stack
    site: str

    # What a person does.

    def open(self, address: str) -> None:
        """`address` is a path of the site or a whole URL."""
        self.page.goto(address if "://" in address else f"{self.site}{address}")

    def press(self, name: str) -> None:
        """Presses a button a few seconds later, as someone does who has filled in a form."""
        self.take_time()
        self.page.get_by_role("button", name=name, exact=True).click()
        self.wait_for_page()

    def wait_for_page(self) -> None:
        """Returns once the next page is there, whether the browser opened it or a script fetched it."""
        self.page.wait_for_load_state()
        self.page.locator("[aria-busy]").wait_for(state="detached")

    def take_time(self) -> None:
        """Lets a few seconds pass on the clock of the service, and none in real time."""
        self.advance_clock(timedelta(seconds=5))

    def follow(self, name: str) -> None:
        """Follows the first link of that name, or whose name begins so: what is hidden to the eye may follow."""
        self.page.get_by_role("link", name=re.compile(f"^{re.escape(name)}")).first.click()
        self.page.wait_for_load_state()

    def write(self, **answers: str) -> None:
        """Fills in text fields, each known by what its label begins with, with _ for a space."""
        for label, text in answers.items():
            begins = re.compile(f"^{label.replace('_', ' ')}", re.IGNORECASE)
            self.page.get_by_role("textbox", name=begins).fill(text)

    def choose(self, *options: str) -> None:
        """Selects radios and checkboxes by their labels."""
        for option in options:
            self.page.get_by_label(option, exact=True).check()

    def answer(self, question: str, option: str) -> None:
        """Selects an answer to one of several questions on a page."""
        group = self.page.get_by_role("group", name=re.compile(re.escape(question)))
        group.get_by_label(option, exact=True).check()

    def go_back(self) -> None:
        """Presses the browser's own button. Where that ends at an error page of the browser's, so does this."""
        self.page.go_back()
        self.wait_for_page()

    def go_forward(self) -> None:
        """Presses the browser's own button for the other direction."""
        self.page.go_forward()
        self.wait_for_page()

    def heading(self) -> str:
        return self.page.get_by_role("heading", level=1).inner_text()

    # What is arranged.

    def now(self) -> datetime:
        """The time by the stack's clock, as clocks in London show it."""
        return LocalClock(self.stack.clock_path)().astimezone(LONDON)

    def advance_clock(self, time: timedelta) -> None:
        self.stack.set_clock(self.now() + time)

    def session(self, **cells: Any) -> str:
        """Adds a session as an administrator does, and returns its id."""
        session_id = f"tour-{next(_numbers)}"
        with self._sessions() as table:
            table.create_entity(_SESSION | {"RowKey": session_id} | cells)
        return session_id

    def change(self, session_id: str, **cells: Any) -> None:
        """Edits a session as an administrator does, and runs the timer until the change is announced."""
        with self._sessions() as table:
            table.update_entity({"PartitionKey": "sessions", "RowKey": session_id} | cells)
        self.stack.tick()
        self.advance_clock(timedelta(minutes=16))
        self.stack.settle()
        self.stack.tick()
        self.stack.settle()

    def delete_all_sessions(self) -> None:
        with self._sessions() as table:
            for row in table.list_entities(select=["PartitionKey", "RowKey"]):
                table.delete_entity(row)

    def book(self, session_id: str, name: str = "zoe", **answers: Any) -> str:
        """Books as an API client does and returns the address: one at the trust, unless another is given."""
        asked: dict[str, Any] = {
            "session_id": session_id,
            "full_name": "Zoë Okafor",
            "email": f"{name}@{session_id}.nhs.net",
            "group_agreement": True,
            "join_waiting_list": True,
        }
        asked |= answers
        self._post("/bookings", asked)
        return str(asked["email"])

    def referral(self, **answers: Any) -> str:
        """Refers someone as an API client does, and returns the reference once the provider has been emailed."""
        asked: dict[str, Any] = {
            "works_here": "yes",
            "full_name": "Ann Example",
            "contact_by": ["email"],
            "email": "ann@home.example",
            "therapy_language": "English",
            "what_brings_you": "One sentence is enough.\nأشعر بالتعب والوحدة في العمل.",
            "consent_share": True,
        }
        answer = self._post("/one-to-one", asked | answers)
        self.stack.settle()
        return str(answer["reference"])

    def link(self, address: str, kind: str = "manage") -> str:
        """The link in someone's newest email: to their booking, unless another kind is asked for."""
        text = self.newest_mail(address)["plainText"]
        found: list[str] = re.findall(rf"http://[\d.:]+/{kind}/[\w-]+", text)
        return found[-1]

    def newest_mail(self, address: str) -> Mapping[str, str]:
        """Subject, plainText and html of it, once everything that is due has been sent."""
        self.stack.settle()
        content: Mapping[str, str] = self.stack.mail.messages(address)[-1]["content"]
        return content

    def _sessions(self) -> TableClient:
        return TableClient.from_connection_string(self.stack.settings["BOOKINGS_STORAGE"], SESSIONS)

    def _post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Posts JSON and returns the JSON of the answer."""
        request = urllib.request.Request(  # noqa: S310  # 127.0.0.1
            f"{self.site}{path}", json.dumps(body).encode(), {"content-type": "application/json"}
        )
        with _DIRECT.open(request, timeout=60) as answer:
            found: dict[str, Any] = json.load(answer)
            return found
