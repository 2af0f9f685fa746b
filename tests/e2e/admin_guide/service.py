"""The running service as the trials of the guide meet it: its clock, its timer, its list and its emails."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import count
from typing import Any

from azure.data.tables import TableClient

from local.clock import LocalClock
from local.stack.stack import Stack
from tests.e2e.conftest import rows
from tests.e2e.http_client import get, get_json

ORGANISER = "organiser@trust.example"
SETTINGS = {
    "ORGANISER_EMAIL": ORGANISER,
    "MAILS_PER_MINUTE": "0",
    "MAILS_PER_HOUR": "0",
    "AzureWebJobs.schedule.Disabled": "true",  # a trial says when the timer runs
}


@dataclass(frozen=True, slots=True)
class Mail:
    """An email that arrived: `kind` is the word of its subject that names it."""

    to: str
    kind: str
    at: datetime
    text: str


@dataclass(slots=True)
class Service:
    stack: Stack
    control: str = ""  # address of someone who booked a session that no row is about
    shared: Any = None  # what trials of one table have made for all of them
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))
    _mails: dict[str, Mail] = field(default_factory=dict)
    _is_current: bool = False
    _over: set[str] = field(default_factory=set)
    _list: Mapping[str, Mapping[str, Any]] | None = None

    def new_id(self) -> str:
        return f"p{next(self._numbers)}"

    @property
    def now(self) -> datetime:
        return LocalClock(self.stack.clock_path)()

    def set_clock(self, at: datetime) -> None:
        self.stack.set_clock(at)
        self.forget()

    def run(self, at: datetime) -> None:
        """Runs the timer at that moment once nothing is under way, and waits for the emails that it named.

        The clock is set again, because it has gone on while people booked. Emails of before are kept here, and the
        emulator is emptied only while nothing is under way, so that none is lost that arrives late.
        """
        self.settle()
        self.mails()
        self.stack.mail.clear()
        self.stack.set_clock(at)
        self.stack.tick()
        self.settle()

    def settle(self) -> None:
        self.stack.settle()
        self.forget()

    def forget(self) -> None:
        self._is_current, self._list = False, None

    def start_anew(self, at: datetime) -> None:
        """Sets the clock and empties the tables that an administrator sees, and what was remembered of them."""
        for name in ("Service", "Sessions", "Bookings"):
            delete_all(rows(self.stack, name))
        self.set_clock(at)
        self.shared = None

    def remove(self, session_id: str) -> None:
        """Has every row of a session deleted before the next run: no run looks at it any more."""
        self._over |= {session_id, session_id.upper(), f"{session_id}-other"}

    def clear_up(self) -> None:
        if self._over:
            for name, key in (("Sessions", "RowKey"), ("Bookings", "PartitionKey"), ("Service", "RowKey")):
                delete_all(rows(self.stack, name), partial(self._is_over, key))
        self._over.clear()

    def _is_over(self, key: str, row: Mapping[str, Any]) -> bool:
        return str(row[key]).removeprefix("session-") in self._over

    def mails(self) -> list[Mail]:
        """All emails so far, oldest first."""
        if not self._is_current:
            self._mails |= {each["operationId"]: _mail(each) for each in self.stack.mail.messages()}
            self._is_current = True
        return list(self._mails.values())

    def listed(self) -> Mapping[str, Mapping[str, Any]]:
        """The sessions on the public list, by id: the page shows the same ones as the JSON."""
        if self._list is None:
            found = get_json(f"{self.stack.site}/sessions").json["sessions"]
            headings = re.findall(r"<h3[^>]*>\s*(.*?)\s*</h3>", get(f"{self.stack.site}/sessions").text, re.DOTALL)
            assert headings == [each["when"] for each in found], "the page and the JSON of the list differ"
            self._list = {each["id"]: each for each in found}
        return self._list


def delete_all(table: TableClient, is_meant: Callable[[Mapping[str, Any]], bool] = lambda _: True) -> None:
    """Deletes the rows that are meant, those of one partition in one request."""
    partitions: defaultdict[str, list[Any]] = defaultdict(list)
    for row in filter(is_meant, table.list_entities(select=["PartitionKey", "RowKey"])):
        partitions[row["PartitionKey"]].append(row)
    for found in partitions.values():
        for begin in range(0, len(found), 100):
            table.submit_transaction([("delete", row) for row in found[begin : begin + 100]])


def _mail(posted: Mapping[str, Any]) -> Mail:
    content = posted["content"]
    return Mail(
        to=posted["recipients"]["to"][0]["address"],
        kind=content["subject"].removeprefix("Staff session").partition(":")[0].strip(),
        at=datetime.fromisoformat(posted["time"]),
        text=content["plainText"],
    )
