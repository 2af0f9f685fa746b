"""One row's session on the running service: people who book it, an administrator who edits it, and what both see."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables import UpdateMode

from tests.builders import session_cells
from tests.e2e.admin_guide.service import Mail, Service
from tests.e2e.conftest import act_form, person, rows
from tests.e2e.http_client import Answer, get, post_form, post_json


class Stage:
    """The session is on Friday 8 September 2023, 3pm to 4:15pm, in London, unless `cells` say otherwise."""

    def __init__(self, service: Service, **cells: Any) -> None:
        self.service = service
        self.cells = session_cells(RowKey=service.new_id(), Capacity=1) | cells
        self.partition, self.id = str(self.cells["PartitionKey"]), str(self.cells["RowKey"])
        self.opened: dict[str, dict[str, Any]] = {}
        self.kept: list[dict[str, Any]] = []
        self.added: dict[str, str] = {}
        self.used_key = ""
        self.sessions, self.bookings = rows(service.stack, "Sessions"), rows(service.stack, "Bookings")
        self.sessions.create_entity(self.cells)

    # What people do.

    def book(self, name: str, **changes: Any) -> Answer:
        body = person(self.id, name, full_name=name.title(), email=self.address(name), join_waiting_list=True)
        return post_json(f"{self.service.stack.site}/bookings", body | changes)

    def act(self, name: str, act: str, **answers: str) -> Answer:
        link = self.link(name)
        return post_form(f"{link}/{act}", act_form(self.service.stack, link, act) | answers)

    def cancel_by_link(self, name: str) -> None:
        self._take(name, "cancel")

    def prove_by_link(self, name: str) -> None:
        self._take(name, "prove")

    def move_by_link(self, name: str) -> None:
        self._take(name, "move", session_id=self.add_other())

    def _take(self, name: str, act: str, **answers: str) -> None:
        answer = self.act(name, act, **answers)
        assert answer.status == 303, f"{act} for {name} was answered {answer.status}: {answer.text}"
        self.service.settle()

    def link(self, name: str) -> str:
        """The link of the first email that someone got."""
        text = self.mails_to(self.address(name))[0].text
        return str(re.findall(r"http://[\d.:]+/manage/[\w-]+", text)[0])

    def is_link_found(self, name: str) -> bool:
        return get(self.link(name)).status == 200

    # What an administrator does.

    def write(self, **cells: Any) -> None:
        """Saves the whole row with these cells, as the portal does."""
        self.sessions.update_entity({**self.row(), **cells}, UpdateMode.REPLACE)

    def write_booking(self, name: str, **cells: Any) -> None:
        self.bookings.update_entity({**self.booking(name), **cells}, UpdateMode.REPLACE)

    def delete(self) -> None:
        self.kept = [dict(self.row())]
        self.sessions.delete_entity(self.partition, self.id)

    def put_back(self, **cells: Any) -> None:
        """Adds the row again with the cells that an administrator knows."""
        self.sessions.create_entity({name: self.kept[0][name] for name in self.cells} | cells)

    def add_second(self, partition: str, **cells: Any) -> None:
        self.sessions.create_entity({**self.cells, "PartitionKey": partition, **cells})
        self.added["session"] = partition

    def delete_second(self) -> None:
        self.sessions.delete_entity(self.added["session"], self.id)

    def delete_first(self) -> None:
        self.sessions.delete_entity(self.partition, self.id)
        self.partition = self.added["session"]

    def add_booking(self, name: str, **cells: Any) -> None:
        row = self.type_booking(name, **cells)
        self.added[row["PartitionKey"]] = row["RowKey"]

    def type_booking(self, name: str, **cells: Any) -> dict[str, str]:
        row = {"PartitionKey": self.id, "RowKey": f"{name} by hand", "Name": name.title(), "State": "confirmed"}
        row |= {"Email": self.address(name)} | cells
        self.bookings.create_entity(row)
        return row

    def added_bookings(self) -> list[Mapping[str, Any]]:
        """The rows that an administrator added and has not deleted."""
        return [dict(self.bookings.get_entity(partition, key)) for partition, key in self.added.items()]

    def add_under_used_key(self, name: str) -> None:
        """Adds a row with the key of the one that was deleted last."""
        self.added[self.id] = self.type_booking(name, RowKey=self.used_key)["RowKey"]

    def copy_to_other(self, name: str) -> None:
        other = self.add_other()
        self.bookings.create_entity({**self.booking(name), "PartitionKey": other})

    def add_other(self) -> str:
        """Adds another session, and returns its id."""
        other = f"{self.id}-other"
        self.sessions.create_entity(session_cells(RowKey=other))
        return other

    def delete_added(self) -> None:
        for partition, key in self.added.items():
            self.bookings.delete_entity(partition, key)
            self.used_key = key
        self.added.clear()

    def delete_booking(self, name: str) -> None:
        self.bookings.delete_entity(self.id, self.booking(name)["RowKey"])

    def open(self, name: str) -> None:
        self.opened[name] = self.booking(name)

    def save_as_opened(self, name: str) -> None:
        self.bookings.upsert_entity(self.opened[name], UpdateMode.REPLACE)

    def lose_bookings(self) -> None:
        self.kept = [dict(row) for row in self._roster()]
        for row in self.kept:
            self.bookings.delete_entity(self.id, row["RowKey"])

    def restore_bookings(self, *, guard: bool) -> None:
        for row in self.kept:
            if guard or row["RowKey"] != "guard":
                self.bookings.create_entity(row)

    def add_guard(self) -> None:
        self.bookings.create_entity({"PartitionKey": self.id, "RowKey": "guard"})

    # What can be seen.

    def address(self, name: str) -> str:
        return f"{name}@{self.id}.{'example' if name == 'dee' else 'nhs.net'}"

    def own(self, text: str) -> str:
        """An address of the guide as that of this row's session alone; any other text as it is."""
        return re.sub(r"(\w+@\w+)\.nhs\.net", rf"\1.{self.id}.nhs.net", text)

    def row(self) -> dict[str, Any]:
        return dict(self.sessions.get_entity(self.partition, self.id))

    def cell(self, name: str) -> str:
        """The text of a cell of the session's row; `gone` for a row that was deleted."""
        try:
            return str(self.row().get(name, ""))
        except ResourceNotFoundError:
            return "gone"

    def problems(self) -> list[str]:
        """`Problem` of each row of the session."""
        found = self.sessions.query_entities("RowKey eq @id", parameters={"id": self.id})
        return [str(row.get("Problem", "")) for row in found]

    def booking(self, name: str) -> dict[str, Any]:
        """The row that people made by booking, else one that was typed."""
        mine = [dict(row) for row in self._roster() if str(row.get("Name", "")).casefold().startswith(name)]
        [first, *_] = sorted(mine, key=lambda row: not row["RowKey"].startswith("booking-"))
        return first

    def held_by_others(self, name: str) -> int:
        mine = self.booking(name)["RowKey"]
        return sum(r.get("State") in {"confirmed", "to-check"} for r in self._roster() if r["RowKey"] != mine)

    def address_of(self, named: str) -> str:
        """The address of someone named, or of this row's session for one that stands in the guide."""
        return self.own(named) if "@" in named else self.address(named)

    def addresses_emailed(self) -> set[str]:
        """Every address of this session to which anything was sent."""
        own = re.compile(rf".+[@.]{re.escape(self.id)}\.\w+(\.net)?")
        return {mail.to for mail in self.service.mails() if own.fullmatch(mail.to)}

    def is_gone(self) -> bool:
        """True if the session has no row."""
        return self.cell("RowKey") == "gone"

    def mails_to(self, address: str) -> list[Mail]:
        return [mail for mail in self.service.mails() if mail.to == address]

    def _roster(self) -> list[Any]:
        return list(self.bookings.query_entities("PartitionKey eq @id", parameters={"id": self.id}))


type Step = Callable[[Stage], object]
"""What someone does."""
