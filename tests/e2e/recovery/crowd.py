"""People who book, wait, cancel, move and refer, and a provider who confirms receipt: what each will do is drawn."""

import re
from base64 import urlsafe_b64decode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from random import Random
from urllib.parse import urlsplit

from shared.signing import Signer
from tests.builders import session_cells
from tests.e2e.canaries import CANARIES
from tests.e2e.conftest import act_form, rows
from tests.e2e.http_client import get, hidden_fields, post_form, post_json
from tests.e2e.recovery.acts import LIVE, Act, Cells, live
from tests.e2e.recovery.service import Service

SESSIONS = {"s1": "2023-09-20", "s2": "2023-09-27", "s3": "2023-10-03"}
CAPACITY = 3
NAMES = ("Ann", "Ben", "Cem", "Eve")
MAY_HAVE_IT = {"sent", "delivered", "attention"}


@dataclass
class Crowd:
    """`random` decides who does what. Each person does one thing at a time, by the rows as they are then."""

    service: Service
    random: Random
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def open_sessions(self, soon: Mapping[str, str] | None = None) -> None:
        """An administrator adds them, and the timer announces them and proves the key of referrals.

        `soon` are further ones, in which nobody books later on: their days by id.
        """
        for session_id, day in (SESSIONS | dict(soon or {})).items():
            rows(self.service.stack, "Sessions").create_entity(
                session_cells(RowKey=session_id, Date=day, Capacity=CAPACITY)
            )
        self.service.tick(minutes=1)

    def acts(self, number: int) -> list[Act]:
        """So many acts of as many people."""
        tables = self.service.seen_now().tables
        attendees = [row for row in tables["Bookings"].values() if row.get("State") in LIVE]
        referrals = [key for (_, key), row in tables["Referrals"].items() if row["State"] in MAY_HAVE_IT]
        self.random.shuffle(attendees)
        self.random.shuffle(referrals)
        kinds = self.random.choices(("book", "refer", "cancel", "move", "acknowledge"), (4, 2, 2, 2, 2), k=number)
        return [self._act(kind, attendees, referrals) for kind in kinds]

    def _act(self, kind: str, attendees: list[Cells], referrals: list[str]) -> Act:
        if kind == "cancel" and attendees:
            return self.cancel(attendees.pop())
        if kind == "move" and attendees:
            return self.move(attendees.pop())
        if kind == "acknowledge" and referrals:
            return self.acknowledge(referrals.pop())
        return self.refer() if kind == "refer" else self.book()

    def book(self, session_id: str = "") -> Act:
        """A new person asks for a place in that session, or in any, or to wait."""
        name, number = self.random.choice(NAMES), next(self.numbers)
        session_id = session_id or self.random.choice([*SESSIONS])
        email = f"{name.lower()}{number}@nhs.net"
        body = {
            "session_id": session_id,
            "full_name": name,
            "email": email,
            "group_agreement": True,
            "join_waiting_list": True,
            "submission_id": f"form-of-{number}".ljust(20, "-"),
        }
        return Act(
            "book",
            email,
            f"{name} {number} books {session_id}",
            lambda site: post_json(f"{site}/bookings", body),
            lambda tables, _: len(live(tables, session_id, email)) == 1,
        )

    def refer(self) -> Act:
        number = next(self.numbers)
        body = CANARIES | {"submission_id": f"referral-of-{number}".ljust(20, "-")}
        return Act(
            "refer",
            str(number),
            f"person {number} refers themselves",
            lambda site: post_json(f"{site}/one-to-one", body),
            lambda tables, said: bool(said) and ("referrals", said.get("reference")) in tables["Referrals"],
        )

    def cancel(self, who: Cells) -> Act:
        session_id, email = str(who["PartitionKey"]), str(who["Email"])
        path, fields = self._at_link(who, "cancel")
        return Act(
            "cancel",
            email,
            f"{email.partition('@')[0]} cancels {session_id}",
            lambda site: post_form(f"{site}{path}", fields()),
            lambda tables, _: not live(tables, session_id, email),
        )

    def move(self, who: Cells) -> Act:
        session_id, email = str(who["PartitionKey"]), str(who["Email"])
        to = self.random.choice([each for each in SESSIONS if each != session_id])
        path, fields = self._at_link(who, "move")
        return Act(
            "move",
            email,
            f"{email.partition('@')[0]} moves from {session_id} to {to}",
            lambda site: post_form(f"{site}{path}", fields() | {"session_id": to}),
            lambda tables, _: [len(live(tables, each, email)) for each in (session_id, to)] == [0, 1],
            lambda tables: sum(len(live(tables, each, email)) for each in (session_id, to)) == 1,
        )

    def _at_link(self, who: Cells, act: str) -> tuple[str, Callable[[], dict[str, str]]]:
        """The address of an act at someone's link, and the fields of its page, which they open when they first act."""
        key = urlsafe_b64decode(self.service.stack.settings["LINK_KEY"] + "=")
        token = Signer((key,)).token("manage", str(who["PartitionKey"]), str(who["RowKey"]), str(who["Generation"]))
        return f"/manage/{token}/{act}", cache(lambda: act_form(self.service.stack, f"/manage/{token}", act))

    def acknowledge(self, reference: str) -> Act:
        """By the link in the email, on a page that has been open since then."""
        path = urlsplit(self._link(reference)).path
        fields = hidden_fields(get(f"{self.service.stack.site}{path}").text) | {"saved": "yes"}
        return Act(
            "acknowledge",
            reference,
            f"the provider confirms {reference}",
            lambda site: post_form(f"{site}{path}", fields),
            lambda tables, _: tables["Referrals"]["referrals", reference]["State"] in {"acknowledged", "erased"},
        )

    def _link(self, reference: str) -> str:
        to = self.service.stack.settings["REFERRAL_RECIPIENT"]
        [mail] = [each for each in self.service.stack.mail.messages(to) if reference in each["content"]["subject"]]
        return str(re.findall(r"https?://\S+/acknowledge/[\w-]+", mail["content"]["plainText"])[0])
