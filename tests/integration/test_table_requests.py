"""Requests that reach real tables, counted in Azurite's access log: of the list, the timer, and each act of someone."""

import re
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from azure.data.tables import TableClient

from local.setup.keys import new_keys
from local.stack import environment
from local.stack.azurite import running_azurite
from local.stack.tables_and_queues import create_storage
from shared.bookings.model.attendee import Attendee
from shared.bookings.model.email_ids import MailId, MailKind
from shared.composition.services import Services
from shared.config.settings import Settings
from shared.mail.delivery_reports import DeliveryReport
from tests.builders import booking_request, referral_request, session_cells
from tests.fakes import FakeMailSender

OPEN, PAST = 25, 30
NOWHERE = "http://127.0.0.1:9"


class CountedStorage:
    """Open sessions and past ones in real tables, and the requests that reach them."""

    def __init__(self, settings: dict[str, str], log: Path) -> None:
        self._log = log
        self.now = datetime.now(UTC)
        self.services = Services(Settings.from_environment(settings), lambda: self.now)
        with TableClient.from_connection_string(settings["BOOKINGS_STORAGE"], "Sessions") as sessions:
            for number in range(OPEN):
                self._add(sessions, f"open-{number:02}", self.now + timedelta(days=number + 30))
            for number in range(PAST):
                self._add(sessions, f"past-{number:02}", self.now - timedelta(days=number + 2))

    def _add(self, sessions: TableClient, session_id: str, day: datetime) -> None:
        sessions.create_entity(session_cells(RowKey=session_id, Date=f"{day:%Y-%m-%d}", Capacity=3))

    def requests(self, act: Callable[[], object]) -> list[str]:
        """The lines of the access log that are about tables."""
        time.sleep(0.3)  # Azurite writes its log after it answers
        before = len(self._log.read_text("utf-8").splitlines())
        act()
        time.sleep(0.3)
        return self._log.read_text("utf-8").splitlines()[before:]

    def listed(self) -> dict[str, int]:
        found = self.services.bookings.places.bookable_sessions(self.now)
        return {each.session.id: each.places_left for each in found}

    def tick(self) -> None:
        self.services.timer_run.run(self.now)


@pytest.fixture(scope="module")
def storage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CountedStorage]:
    log = tmp_path_factory.mktemp("storage") / "access.log"
    with running_azurite(access_log=log) as azurite:
        settings = environment.settings(azurite=azurite, mail_url=NOWHERE, site_url=NOWHERE, keys=new_keys())
        settings |= {"ORGANISER_EMAIL": "", "OPERATORS_EMAIL": ""}
        create_storage(settings)
        yield CountedStorage(settings, log)


def test_the_list_and_the_timer_cost_real_tables_what_they_show(storage: CountedStorage) -> None:
    storage.tick()
    booked = storage.services.bookings.places.book(booking_request(session_id="open-07", works_here="yes"), storage.now)
    assert booked.state == "to-check"
    first, warm = storage.requests(storage.listed), storage.requests(storage.listed)

    assert [_table_of(line) for line in first] == ["Sessions", "Bookings", "Bookings"], "one more for who is to check"
    assert [_table_of(line) for line in warm] == ["Sessions"]
    assert storage.listed() == {f"open-{number:02}": 2 if number == 7 else 3 for number in range(OPEN)}

    time.sleep(7)  # past the seconds for which an answer of storage may have been under way
    storage.tick()
    time.sleep(7)
    storage.tick()
    tables = [_table_of(line) for line in storage.requests(storage.tick)]
    assert tables.count("Sessions") == 1
    assert tables.count("Bookings") == tables.count("MailLog") == OPEN
    assert len(tables) == 1 + 2 * OPEN + 4, "beside the sessions: notes, limits of addresses, referrals, the heartbeat"


def test_each_act_costs_real_tables_what_it_must(storage: CountedStorage, monkeypatch: pytest.MonkeyPatch) -> None:
    built, now = storage.services, storage.now
    places, sender = built.bookings.places, FakeMailSender()
    built.mail.__dict__["sender"] = sender

    people = dict[str, Attendee]()

    def book(who: str, **changes: Any) -> None:
        done = places.book(booking_request(session_id="open-01", email=f"{who}@nhs.net", **changes), now)
        assert done.attendee is not None
        people[who] = done.attendee

    def cost(act: Callable[[], object]) -> list[str]:
        return [_table_of(line) for line in storage.requests(act)]

    storage.tick()  # announces what is new, which is written down once
    cold = ["Bookings", "Sessions", "MailLog", "$batch"]
    assert cost(lambda: book("ann")) == cold
    assert [cost(partial(book, who)) for who in ("ben", "cem")] == [["$batch"]] * 2, "warm"
    assert cost(lambda: book("dee", join_waiting_list=True)) == cold, "none is told from memory to wait"

    link = built.signer.token("manage", "open-01", people["ben"].key, "1")
    assert cost(lambda: built.bookings.self_service.cancel(link, now)) == ["Bookings", "Sessions", "$batch"]
    assert places.store.roster("open-01").waiting == (), "whoever waited has the place"

    def deliver(who: str) -> list[str]:
        mail = str(MailId.to(people[who], MailKind.CONFIRMATION))
        return cost(lambda: built.bookings.mailer.deliver("open-01", mail, now))

    for each in (built.mail.pause, built.mail._others, built.mail._referrals):  # what is read every five seconds
        monkeypatch.setattr(each, "_monotonic" if each is built.mail.pause else "monotonic", lambda: 0.0)
    deliver("ann")
    log, limit = ["Sessions", "Bookings", "MailLog", "MailIndex"], ["MailLimits", "MailLimits", "MailIndex"]
    assert deliver("cem") == [*log, *limit, "Service", "MailLog"], "claimed, within both limits, marked"
    report = DeliveryReport(sender.operations[0], "delivered", now)
    assert cost(lambda: built.record_report(report, now)) == ["ReferralMail", "MailIndex", "MailLog", "MailLog"]

    accept = built.referrals.intake.accept
    accept(referral_request(), now)  # the first of a process reads one row more
    assert cost(lambda: accept(referral_request(), now)) == ["SealedReferrals", "Referrals"]
    storage.tick()  # notes since when they are late
    released = [each for each in cost(storage.tick) if each.startswith(("Referral", "Sealed"))]
    assert sorted(released) == ["ReferralService", "Referrals", "SealedReferrals"], "notes of withdrawals, rows, ages"


def _table_of(line: str) -> str:
    """The table, or `$batch`, in a line such as `... "GET /devstoreaccount1/Sessions()?$filter=... HTTP/1.1" 200 -`."""
    path = line.split("/devstoreaccount")[1].split("/", 1)[1]
    return re.split(r"[(? ]", path, maxsplit=1)[0]
