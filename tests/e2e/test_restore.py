"""The drill: tables are emptied while the service runs, and a restoration puts it right with nobody emailed anew."""

import json
import re
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from azure.storage.blob import ContainerClient

from local.commands.restore import main
from local.paths import RUNNING
from local.stack.azurite import BOOKINGS, REFERRALS
from local.stack.stack import Stack, running_stack
from shared.backups.blobs import CONTAINER
from tests.alarms import went_off
from tests.builders import MORNING, session_cells
from tests.e2e.canaries import is_canary_in
from tests.e2e.conftest import act_form, mails_to, person, roster, rows
from tests.e2e.http_client import get, post_form, post_json
from tests.e2e.test_referrals import referral

DAY = "2023-09-01"
TABLES = ("Sessions", "Bookings", "MailLog", "MailIndex", "Service")
PEOPLE = ("ann", "ben", "cem", "dee", "eve", "fay")


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with running_stack(at=MORNING, load=None, settings={"MAILS_PER_MINUTE": "0", "MAILS_PER_HOUR": "0"}) as running:
        yield running


def book(stack: Stack, name: str) -> int:
    form = person("s1", name, email=f"{name}@nhs.net", join_waiting_list=True)
    return post_json(f"{stack.site}/bookings", form).status


def run(stack: Stack, **later: float) -> None:
    """The timer runs, so much later than this morning."""
    stack.settle()
    stack.set_clock(MORNING + timedelta(**later))
    stack.tick()
    stack.settle()


def cancel(stack: Stack, name: str) -> None:
    [mail, *_] = mails_to(stack, f"{name}@nhs.net")
    link = re.search(r"http://[\d.:]+/manage/[\w-]+", mail["content"]["plainText"])
    assert link is not None
    assert post_form(f"{link[0]}/cancel", act_form(stack, link[0], "cancel")).status == 303


def empty(stack: Stack, *tables: str, storage: str = "BOOKINGS_STORAGE") -> None:
    for table in tables:
        client = rows(stack, table, storage)
        for row in list(client.list_entities()):
            client.delete_entity(row)


def restore(stack: Stack, folder: Path, account: str, *options: str) -> int:
    """The exit code of the command, as someone runs it beside the service."""
    addresses = {
        "tables": stack.azurite.tables(),
        "blobs": stack.azurite.blobs(),
        "referral_tables": stack.azurite.tables(REFERRALS),
        "referral_blobs": stack.azurite.blobs(REFERRALS),
        "clock": str(stack.clock_path),
    }
    (folder / RUNNING).write_text(json.dumps(addresses), "utf-8")
    return main(["--from", DAY, "--to", account, "--state", str(folder), *options])


def states(stack: Stack) -> dict[str, str]:
    return {row["Email"].partition("@")[0]: row["State"] for row in roster(stack, "s1")}


def received(stack: Stack) -> dict[str, int]:
    return {name: len(mails_to(stack, f"{name}@nhs.net")) for name in PEOPLE}


def test_bookings_come_back_while_the_service_runs_and_nobody_is_emailed_anew(
    stack: Stack, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows(stack, "Sessions").create_entity(session_cells(Capacity=4))
    for name in PEOPLE[:5]:
        assert book(stack, name) == 201
        stack.settle()
    run(stack, minutes=10)
    stack.hosts[0].run("back_up")
    cancel(stack, "ben")  # eve, who waits, gets the place
    [erased] = [row for row in roster(stack, "s1") if row["Email"].startswith("dee")]
    rows(stack, "Bookings").delete_entity(erased)
    run(stack, minutes=20)
    before, emailed = states(stack), received(stack)
    assert before == {"ann": "confirmed", "ben": "cancelled", "cem": "confirmed", "eve": "confirmed"}

    empty(stack, *TABLES)
    run(stack, minutes=25)
    assert restore(stack, tmp_path, BOOKINGS, "--check") == 0
    assert "Bookings: 4 to put back, 0 there already" in capsys.readouterr().out
    assert roster(stack, "s1") == []
    done = threading.Event()
    asked = list[int]()

    def hammer() -> None:
        while not done.is_set():
            asked.append(book(stack, "fay"))

    booking = threading.Thread(target=hammer)
    booking.start()
    try:
        assert restore(stack, tmp_path, BOOKINGS, "--yes") == 0
        stack.tick()
    finally:
        done.set()
        booking.join()
    run(stack, minutes=30)
    run(stack, hours=2)

    # That ben cancelled after the copy only the tables knew. The place of who was deleted goes to eve, as before.
    after = {name: state for name, state in states(stack).items() if name != "fay"}
    assert after == dict.fromkeys(("ann", "ben", "cem", "eve"), "confirmed")
    assert sum(state == "confirmed" for state in states(stack).values()) <= 4
    assert {name: number for name, number in received(stack).items() if name != "fay"} == {
        name: number for name, number in emailed.items() if name != "fay"
    }
    assert 500 not in asked
    assert get(f"{stack.site}/health").status == 200


def test_the_log_that_is_left_says_who_cancelled(stack: Stack, tmp_path: Path) -> None:
    run(stack, hours=3)
    before, emailed = states(stack), received(stack)
    cancel(stack, "cem")
    run(stack, hours=4)
    stack.hosts[0].run("back_up")  # the day has a copy: this makes none
    empty(stack, "Bookings", "MailLog")
    run(stack, hours=5)

    assert restore(stack, tmp_path, BOOKINGS, "--yes") == 0
    run(stack, hours=6)

    assert "cem" not in states(stack)
    assert states(stack)["ann"] == before["ann"] == "confirmed"
    assert received(stack)["ann"] == emailed["ann"]


def test_statuses_of_referrals_come_back_and_the_provider_is_not_emailed_again(stack: Stack, tmp_path: Path) -> None:
    stack.settle()
    stack.set_clock(MORNING + timedelta(days=1))
    reference = post_json(f"{stack.site}/one-to-one", referral()).json["reference"]
    stack.settle()
    stack.hosts[0].run("back_up")
    to_provider = mails_to(stack, stack.settings["REFERRAL_RECIPIENT"])
    table = rows(stack, "Referrals", "REFERRALS_STORAGE")
    before = dict(table.get_entity("referrals", reference))
    empty(stack, "Referrals", "ReferralMail", "ReferralService", storage="REFERRALS_STORAGE")

    assert main_for(stack, tmp_path, "2023-09-02") == 0
    run(stack, days=1, hours=2)

    assert dict(table.get_entity("referrals", reference)) == before
    assert mails_to(stack, stack.settings["REFERRAL_RECIPIENT"]) == to_provider


def test_a_day_on_which_the_backup_did_not_run_is_told_of_each_account_by_the_next_run(stack: Stack) -> None:
    """The worker was stopped for the whole of 3 September; of both days before there is a copy."""
    assert not went_off(stack.log_text(), "backup-missing")

    run(stack, days=3)
    stack.hosts[0].run("back_up")

    log = stack.log_text()
    assert went_off(log, "backup-missing")
    assert all(f"there is no backup of {account} of 2023-09-03" in log for account in ("bookings", "referrals"))


def main_for(stack: Stack, folder: Path, day: str) -> int:
    restore(stack, folder, REFERRALS, "--check")
    return main(["--from", day, "--to", REFERRALS, "--yes", "--state", str(folder)])


def test_no_copy_holds_an_answer_and_no_one_reads_it_without_a_key(stack: Stack) -> None:
    for storage in ("BOOKINGS_STORAGE", "REFERRALS_STORAGE"):
        with ContainerClient.from_connection_string(stack.settings[storage], CONTAINER) as container:
            names = list(container.list_blob_names())
            content = b"".join(container.download_blob(name).readall() for name in names)
        assert names
        assert not is_canary_in(content.decode())
        assert not any("Sealed" in name for name in names)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--from", "2023-08-01", "--to", BOOKINGS], "there is no complete copy of 2023-08-01"),
        (["--from", DAY, "--to", BOOKINGS, "--state", "nowhere"], "which is not running"),
    ],
)
def test_what_cannot_be_restored_is_said_and_nothing_is_written(
    stack: Stack, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    restore(stack, tmp_path, BOOKINGS, "--check")

    assert main(["--state", str(tmp_path), *arguments]) == 1
    assert said in capsys.readouterr().out
