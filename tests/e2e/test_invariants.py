"""Bookings, cancellations, moves, edits in the portal and runs of the schedule in any order, on the running service.

What is promised is read from the tables and the email service's inbox, without the code that keeps it.
"""

import json
from base64 import urlsafe_b64decode
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest

from local.clock import LocalClock
from local.stack.stack import Stack, running_stack
from shared.installation.facts import LONDON
from shared.local_time import days_before, is_ambiguous, span_in_words
from shared.signing import Signer
from shared.tables.table import moment_text
from tests.builders import MORNING, london, session_cells
from tests.e2e.conftest import act_form, mails_to, person, roster, rows
from tests.e2e.http_client import Answer, all_at_once, post_form, post_json

HOLDING = {"confirmed", "to-check"}
STANDING = {"confirmed": "confirmation", "to-check": "checking", "waiting": "waiting"}
NAMES = ("ann", "ben", "cem", "eve", "flo")
OUTSIDER = "dee@personal.example"
# A few days before the clocks go back, and before they go forward; the middle session is on the day itself.
SEASONS = {
    "the clocks go back": ("2023-10-26 09:00", ("2023-10-28 23:30", "2023-10-29 10:00", "2023-10-30 00:30")),
    "the clocks go forward": ("2024-03-28 09:00", ("2024-03-30 23:30", "2024-03-31 10:00", "2024-04-01 00:30")),
}


@pytest.fixture
def stack() -> Iterator[Stack]:
    no_budget = {"MAILS_PER_MINUTE": "0", "MAILS_PER_HOUR": "0"}
    with running_stack(at=MORNING, settings=no_budget, load=None) as running:
        yield running


@dataclass
class Season:
    """One season of three sessions. `typed` holds the start that an administrator last wrote, by session."""

    stack: Stack
    random: Random
    typed: dict[str, datetime]
    began: datetime
    done: Counter[str] = field(default_factory=Counter)

    # What happens.

    def happen(self) -> None:
        kinds = ["book"] * 6 + ["rush"] * 2 + ["cancel", "move", "prove"] * 3 + ["tick"] * 6 + ["lose a mail's answer"]
        kinds += ["type places", "type a time", "type a link", "type a state"] * 2 + ["type an attendee", "delete one"]
        kind = self.random.choice(kinds)
        before = {session_id: self.held(session_id) for session_id in self.typed}
        getattr(self, kind.replace(" ", "_").replace("'", ""))()
        self.stack.settle()
        self.done[kind] += 1
        self.check_places({} if kind in {"type an attendee", "delete one"} else before, kind)
        self.check_one_each(kind)
        if kind == "tick":
            self.check_no_place_is_free()

    def book(self) -> None:
        session_id = self.a_session()
        body = self.a_person(session_id)
        answer = post_json(f"{self.stack.site}/bookings", body)
        self.check_answer(session_id, body["email"], answer)

    def rush(self) -> None:
        session_id = self.a_session()
        bodies = [person(session_id, f"rush{self.random.randrange(99)}") for _ in range(4)]
        answers = all_at_once(f"{self.stack.site}/bookings", bodies)
        assert {answer.status for answer in answers} <= {201, 409}, [answer.text for answer in answers]

    def act(self, token: str, name: str, **answers: str) -> Answer:
        url = f"{self.stack.site}/manage/{token}"
        return post_form(f"{url}/{name}", act_form(self.stack, url, name) | answers)

    def cancel(self) -> None:
        if found := self.someone():
            answer = self.act(self.token(*found), "cancel")
            assert answer.status == 303, answer.text
            assert self.row(*found)["State"] == "cancelled"

    def prove(self) -> None:
        if found := self.someone():
            answer = self.act(self.token(*found), "prove")
            assert answer.status == 303, answer.text
            assert not is_unproven(self.row(*found))

    def move(self) -> None:
        found, to = self.someone(), self.a_session()
        if found is None or found[0] == to:
            return
        who = found[1]
        answer = self.act(self.token(*found), "move", session_id=to)
        there = {row["Email"] for row in roster(self.stack, to) if row["State"] in HOLDING}
        if answer.status == 303:
            assert who["Email"] in there, "moved to no place"
            assert self.row(*found)["State"] == "cancelled", "two places after a move"
        else:
            assert answer.status == 409, answer.text
            assert self.row(*found)["State"] == who["State"], "something changed by not moving"

    def tick(self, minutes: int | None = None) -> None:
        minutes = self.random.choice([1, 5, 15, 30]) if minutes is None else minutes
        self.stack.set_clock(self.now + timedelta(minutes=minutes))
        self.stack.tick()

    def lose_a_mails_answer(self) -> None:
        self.stack.mail.faults([{"kind": self.random.choice(["drop_after", "drop_before"])}])

    def type_places(self) -> None:
        places = self.random.randrange(5)
        self.type(Capacity=self.random.choice([places, str(places), float(places)]))

    def type_a_time(self) -> None:
        session_id = self.a_session()
        starts = self.typed[session_id] + timedelta(minutes=self.random.choice([-30, 60, 90]))
        clock = starts.astimezone(LONDON)
        if is_ambiguous(clock.date(), clock.time()):
            return  # a time that means two things is no edit but a problem
        self.typed[session_id] = starts
        self.type(session_id, Date=f"{clock:%Y-%m-%d}", Time=f"{clock:%H:%M}")

    def type_a_link(self) -> None:
        self.type(JoinUrl=f"https://teams.example/{self.random.randrange(3)}")

    def type_a_state(self) -> None:
        self.type(State=self.random.choice(["open", "open", "open", "closed", "cancelled", "opne"]))

    def type(self, session_id: str = "", **cells: Any) -> None:
        keys = {"PartitionKey": "sessions", "RowKey": session_id or self.a_session()}
        rows(self.stack, "Sessions").update_entity(keys | cells)

    def type_an_attendee(self) -> None:
        if found := self.someone():
            state = self.random.choice(["confirmed", "cancelled", "waiting"])
            keys = {"PartitionKey": found[0], "RowKey": found[1]["RowKey"]}
            rows(self.stack, "Bookings").update_entity(keys | {"State": state})

    def delete_one(self) -> None:
        if found := self.someone():
            rows(self.stack, "Bookings").delete_entity(found[0], found[1]["RowKey"])

    def come_to_an_end(self) -> None:
        """Everything settles; then the reminders, and the starts."""
        self.stack.mail.clear_faults()
        for session_id, starts in self.typed.items():
            clock = starts.astimezone(LONDON)
            self.type(session_id, State="open", Date=f"{clock:%Y-%m-%d}", Time=f"{clock:%H:%M}")
        for _ in range(8):
            self.tick(5)
            self.stack.settle()
        moments = [each for starts in self.typed.values() for each in (*reminders(starts), starts)]
        for moment in sorted(moments):
            for later in (-1, 0):
                self.stack.set_clock(max(self.now, moment + timedelta(minutes=later)))
                self.stack.tick()
                self.stack.settle()

    # What is promised.

    def check_answer(self, session_id: str, address: str, answer: Answer) -> None:
        mine = [
            row for row in roster(self.stack, session_id) if row["Email"] == address and row["State"] != "cancelled"
        ]
        assert answer.status in {201, 409, 422}, answer.text
        if answer.status == 201:
            assert [row["Reference"] for row in mine] == [answer.json["reference"]], "thanks without a row"

    def check_places(self, before: dict[str, int], kind: str) -> None:
        for session_id, was in before.items():
            held, places = self.held(session_id), int(float(self.session(session_id)["Capacity"]))
            assert held <= max(places, was), f"{held} of {places} places in {session_id} after {kind}"

    def check_one_each(self, kind: str) -> None:
        for session_id in self.typed:
            live = [row["Email"].casefold() for row in roster(self.stack, session_id) if row["State"] != "cancelled"]
            assert len(live) == len(set(live)), f"two live bookings of one person in {session_id} after {kind}"

    def check_no_place_is_free(self) -> None:
        for session_id in self.typed:
            row = self.session(session_id)
            mine = roster(self.stack, session_id)
            waiting = [each for each in mine if each["State"] == "waiting" and not is_unproven(each)]
            free = int(float(row["Capacity"])) - self.held(session_id)
            # One that attendees know as called off gives nothing until they are told otherwise.
            if row["State"] == "open" and json.loads(row["Announced"]).get("state") != "cancelled":
                assert free <= 0 or not waiting, f"{free} free in {session_id} while someone waits"

    def check_mails(self) -> None:
        log = [row for row in rows(self.stack, "MailLog").list_entities() if row["At"] >= moment_text(self.began)]
        arrived = Counter(mail["operationId"] for mail in self.mails())
        for text in (
            mail["content"]["plainText"] for mail in self.mails() if " changed: " in mail["content"]["subject"]
        ):
            assert "\n- " in text, "an update that says nothing new"
            assert "joining link" not in text or "https://teams.example/" in text, "news of a link to who has none"
        assert max(arrived.values()) == 1, "one mail went out twice"
        assert {row["OperationId"] for row in log if row["State"] == "sent"} <= arrived.keys(), "sent and never arrived"
        assert arrived.keys() <= {row.get("OperationId") for row in log}, "a mail that nobody claimed"
        # What became of an email is not asked any more once nobody is owed it.
        assert {row["State"] for row in log} <= {"sent", "skipped", "sending"}

    def check_who_knows(self) -> None:
        log = {row["RowKey"] for row in rows(self.stack, "MailLog").list_entities() if row["State"] == "sent"}
        for session_id, starts in self.typed.items():
            for row in roster(self.stack, session_id):
                mine = f"{row['RowKey']}-{row['Generation']}-"
                if row["State"] in STANDING and is_unproven(row):
                    assert {f"{mine}prove", f"{mine}unheld"} & log, "nobody told them of the button"
                elif row["State"] in STANDING:
                    assert f"{mine}{STANDING[row['State']]}" in log, f"nobody told them that they are {row['State']}"
                    assert span_in_words(starts, starts + timedelta(minutes=75)) in self.last_word(row)
                elif row["Reason"] in {"left", "by organiser"}:
                    assert f"{mine}gone" in log, f"nobody told them that it is over: {row['Reason']}"

    def last_word(self, row: Any) -> str:
        kinds = ("booked", "place held", "waiting list", "changed")
        mine = [
            mail["content"]["plainText"]
            for mail in self.mails(row["Email"])
            if row["Reference"] in mail["content"]["plainText"]
            and mail["content"]["subject"].removeprefix("Staff session ").partition(":")[0] in kinds
        ]
        return str(mine[-1])

    def check_reminders(self) -> None:
        for session_id, starts in self.typed.items():
            for row in roster(self.stack, session_id):
                mine = self.reminders_of(row)
                since = datetime.fromisoformat(row["StateAt"])
                due = [each for each in reminders(starts) if each > since] if row["State"] == "confirmed" else []
                got = Counter(mail["content"]["subject"] for mail in mine)
                assert sum(got.values()) == len(due), f"{row['State']} since {since}, {got}"
                assert all(datetime.fromisoformat(mail["time"]) < starts for mail in mine), "after the start"

    def mails(self, to: str = "") -> list[dict[str, Any]]:
        found = mails_to(self.stack, to) if to else self.stack.mail.messages()
        return [mail for mail in found if datetime.fromisoformat(mail["time"]) >= self.began]

    def reminders_of(self, row: Any) -> list[dict[str, Any]]:
        mine = [mail for mail in self.mails(row["Email"]) if row["Reference"] in mail["content"]["plainText"]]
        return [mail for mail in mine if " reminder: " in mail["content"]["subject"]]

    # What can be seen and drawn.

    @property
    def now(self) -> datetime:
        return LocalClock(self.stack.clock_path)()

    def session(self, session_id: str) -> Any:
        return rows(self.stack, "Sessions").get_entity("sessions", session_id)

    def row(self, session_id: str, who: Any) -> Any:
        return rows(self.stack, "Bookings").get_entity(session_id, who["RowKey"])

    def held(self, session_id: str) -> int:
        return sum(row["State"] in HOLDING for row in roster(self.stack, session_id))

    def token(self, session_id: str, who: Any) -> str:
        key = urlsafe_b64decode(self.stack.settings["LINK_KEY"] + "=")
        return Signer((key,)).token("manage", session_id, who["RowKey"], str(who["Generation"]))

    def a_session(self) -> str:
        return self.random.choice(list(self.typed))

    def a_person(self, session_id: str) -> dict[str, Any]:
        body = person(session_id, self.random.choice(NAMES), join_waiting_list=self.random.random() < 0.8)
        if self.random.random() < 0.15:
            body |= {"email": OUTSIDER, "works_here": True}
        return body

    def someone(self) -> tuple[str, Any] | None:
        live = [(each, row) for each in self.typed for row in roster(self.stack, each) if row["State"] != "cancelled"]
        return self.random.choice(live) if live else None


def is_unproven(row: Any) -> bool:
    """True if nobody has pressed a button behind the link in the emails to an address that is not the trust's."""
    return (row.get("NeedsCheck"), row.get("ActedAt")) == ("yes", "not yet")


def reminders(starts: datetime) -> list[datetime]:
    return [days_before(starts, 1), starts - timedelta(hours=1)]


@pytest.mark.parametrize(
    ("name", "steps"),
    [("the clocks go back", 30), *(pytest.param(name, 50, marks=pytest.mark.nightly) for name in SEASONS)],
)
def test_invariants_hold_in_any_order_of_events(stack: Stack, name: str, steps: int) -> None:
    begins, starts = SEASONS[name]
    stack.set_clock(london(begins))
    typed = {f"{begins[:4]}-{number}": london(text) for number, text in enumerate(starts)}
    for session_id, moment in typed.items():
        clock = moment.astimezone(LONDON)
        cells = {"Date": f"{clock:%Y-%m-%d}", "Time": f"{clock:%H:%M}", "Capacity": 2, "RowKey": session_id}
        rows(stack, "Sessions").create_entity(session_cells(**cells))
    season = Season(stack, Random(name), typed, london(begins))

    for _ in range(steps):
        season.happen()
    season.come_to_an_end()

    season.check_mails()
    season.check_who_knows()
    season.check_reminders()
    assert season.done.keys() >= {"book", "rush", "cancel", "move", "tick", "type places", "type a time"}
