"""Faults on the way of a referral, on the running service: in vault, email service, process, tables and time."""

import base64
import json
import os
import signal
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from azure.storage.queue import QueueServiceClient

from local.clock import LocalClock
from local.commands.run import MAIL_SERVICES
from local.setup.keys import new_keys
from local.stack.host_client import FunctionFailedError, HostClient
from local.stack.processes import Plan
from local.stack.stack import Stack, running_stack, started
from tests.alarms import went_off
from tests.builders import MORNING
from tests.e2e.canaries import CANARIES, is_canary_in
from tests.e2e.conftest import mails_to, person, rows, unalarmed_errors
from tests.e2e.forged_rows import GENUINE, replace_sealed
from tests.e2e.http_client import all_at_once, ask, get, post_form, post_json
from tests.e2e.other_hosts import another_host, restricted
from tests.e2e.provider_actions import (
    confirm,
    is_sealed_kept,
    link_in,
    mail_about,
    opened_page,
    pass_days,
    refer,
    status_of,
)
from tests.vault import Vault, running_vault

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
UNLIMITED = {"per_minute": 0, "per_hour": 0, "status_per_minute": 0, "status_per_hour": 0}


@pytest.fixture(scope="module")
def vault(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Vault]:
    with running_vault(tmp_path_factory.mktemp("vault")) as running:
        yield running


@pytest.fixture(autouse=True)
def _vault_answers(vault: Vault) -> Iterator[None]:
    yield
    vault.fault = 0


def at(stack: Stack, moment: datetime) -> None:
    """The clock shows that moment, the timer runs, and whatever it named is handled."""
    stack.set_clock(moment)
    stack.tick()
    stack.settle()


def about(stack: Stack, reference: str, address: str = "") -> list[dict[str, Any]]:
    mails = mails_to(stack, address or stack.settings["REFERRAL_RECIPIENT"])
    return [mail for mail in mails if reference in mail["content"]["plainText"]]


def poisoned(stack: Stack) -> int:
    with QueueServiceClient.from_connection_string(stack.settings["REFERRALS_STORAGE"]) as service:
        properties = service.get_queue_client("referrals-poison").get_queue_properties()
        return int(properties.approximate_message_count or 0)


def test_with_the_vault_down_every_referral_is_accepted_and_goes_when_it_is_back(vault: Vault) -> None:
    # The timer only by hand: of two runs at once each may tell the log of what the other does.
    by_hand = {"AzureWebJobs.schedule.Disabled": "true"}
    with running_stack(at=MORNING, settings={**vault.settings(vault.new_version()), **by_hand}) as stack:
        vault.fault = 503
        answers = [post_json(f"{stack.site}/one-to-one", CANARIES) for _ in range(3)]
        stack.settle()
        references = [answer.json["reference"] for answer in answers]
        assert {answer.status for answer in answers} == {201}
        assert {status_of(stack, each)["LastError"] for each in references} == {"key-unavailable"}
        for minutes in (5, 10, 30, 75, 120):
            at(stack, MORNING + timedelta(minutes=minutes))
        assert stack.mail.messages() == []
        assert poisoned(stack) == 0, "no message was handed out five times"
        waited = [line for line in stack.log_text().splitlines() if "waiting over 1 h" in line]
        assert sum(int(line.rpartition(": ")[2]) for line in waited) == 3
        assert all("ERROR" in line for line in waited)
        assert went_off(stack.log_text(), "referral-not-sent")
        assert not any(each in line for line in stack.log_text().splitlines() for each in references)

        vault.fault = 0
        for hours in (3, 4):
            at(stack, MORNING + hours * HOUR)

        assert [len(about(stack, each)) for each in references] == [1] * 3
        assert {status_of(stack, each)["State"] for each in references} == {"sent"}
        assert not is_canary_in(stack.log_text())


def test_what_was_sealed_before_the_key_was_rotated_is_forwarded_after(vault: Vault, tmp_path: Path) -> None:
    old, new = vault.new_version(), vault.new_version()
    held = {"AzureWebJobs.forward_referral.Disabled": "true"}
    with running_stack(at=MORNING, settings={**vault.settings(old), **held}) as stack:
        first = refer(stack)
        settings = {**stack.settings, "REFERRAL_PUBLIC_KEY": new, "AzureWebJobs.forward_referral.Disabled": "false"}
        with another_host(stack, settings, tmp_path) as host:
            second = post_json(f"{host.url}/one-to-one", CANARIES).json["reference"]
            run_until_idle(host)

            assert [status_of(stack, each)["State"] for each in (first, second)] == ["sent", "sent"]
        sealed = rows(stack, "SealedReferrals", "REFERRALS_STORAGE")
        key_ids = [sealed.get_entity("referrals", each)["KeyId"] for each in (first, second)]
        assert key_ids == [json.loads(old)["kid"], json.loads(new)["kid"]]


def test_with_a_wrong_public_key_nobody_reads_received_and_with_the_right_one_the_form_opens(tmp_path: Path) -> None:
    """Another vault's key in the web app: nothing is stored, and the page says so. The right one: it is taken."""
    with running_stack(at=MORNING) as stack:
        wrong = new_keys()["REFERRAL_PUBLIC_KEY"]
        web = {**stack.settings, "SERVICE_ROLE": "web", "REFERRAL_PRIVATE_KEY": "", "PROVIDER_LINK_KEY": ""}
        stack.tick()  # the worker proves its key
        with another_host(stack, {**web, "REFERRAL_PUBLIC_KEY": wrong}, tmp_path) as host:
            first, posted = get(f"{host.url}/one-to-one"), post_json(f"{host.url}/one-to-one", CANARIES)
            log = host.child.log_text()

        assert "the key that they are sealed with is not proven" in log
        assert went_off(log, "referral-key-not-proven")
        assert (first.status, posted.status) == (503, 503)
        assert "It will be back soon" in first.text
        assert not list(rows(stack, "SealedReferrals", "REFERRALS_STORAGE").list_entities())
        (tmp_path / "right").mkdir()
        with another_host(stack, web, tmp_path / "right") as host:
            assert get(f"{host.url}/one-to-one").status == 200
            assert post_json(f"{host.url}/one-to-one", CANARIES).status == 201


def test_web_app_cannot_open_the_referrals_it_accepts(tmp_path: Path) -> None:
    nobody = {"AzureWebJobs.forward_referral.Disabled": "true"}
    with running_stack(at=MORNING, settings=nobody) as stack:
        stack.tick()  # the worker proves its key
        settings = {**stack.settings, "SERVICE_ROLE": "web"}
        settings |= dict.fromkeys(("REFERRAL_PRIVATE_KEY", "REFERRAL_VAULT_KEY", "PROVIDER_LINK_KEY"), "")
        with another_host(stack, settings, tmp_path) as web:
            references = [post_json(f"{web.url}/one-to-one", CANARIES).json["reference"] for _ in range(3)]

            for reference in references:
                with pytest.raises(FunctionFailedError):
                    web.run("forward_referral", json.dumps({"v": "1", "referral": reference}))

            assert {status_of(stack, each)["State"] for each in references} == {"received"}
            assert all(is_sealed_kept(stack, each) for each in references)
            assert stack.mail.messages() == []
            has_no_page_of_the_provider(web.url, stack.settings["COLLECT_URL"])


def test_worker_has_no_page_for_staff(stack: Stack, tmp_path: Path) -> None:
    intake = {"REFERRAL_KEY": ""}
    with another_host(stack, {**stack.settings, "SERVICE_ROLE": "worker", **intake}, tmp_path) as worker:
        pages = [get(f"{worker.url}/{path}") for path in ("", "sessions", "bookings/new", "one-to-one", "manage/abc")]
        posted = post_json(f"{worker.url}/bookings", {})
        health = get(f"{worker.url}/health")

    assert {(page.status, "Page not found" in page.text) for page in pages} == {(404, True)}
    assert posted.status == 404
    assert health.json["status"] == "healthy"


def has_no_page_of_the_provider(site: str, worker: str) -> None:
    """Links of before lead on to the worker; what they lead to is not here."""
    old, new = get(f"{site}/acknowledge/abc"), get(f"{site}/collect/abc")
    assert (old.status, old.headers["location"]) == (303, f"{worker}/acknowledge/abc")
    assert (new.status, "Page not found" in new.text) == (404, True)
    assert post_form(f"{site}/acknowledge/abc", {"saved": "yes"}).status == 405
    assert post_form(f"{site}/collect/abc", {"passphrase": "canary"}).status == 404


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """A service of its own whose clock each test moves on, and whose email service lets a rush through.

    On its first day rows of before there were MACs get theirs.
    """
    with running_stack(at=MORNING, settings={"REFERRAL_MAC_MIGRATION": "2023-09-01"}) as running:
        running.mail.settings(UNLIMITED)
        yield running
        assert unalarmed_errors(running) == []


def test_what_was_stored_before_there_were_macs_gets_one_and_is_sent(stack: Stack) -> None:
    assert LocalClock(stack.clock_path)() < MORNING + DAY, "the first day"
    [reference] = held_back(stack, MORNING + timedelta(minutes=1), 1)
    replace_sealed(stack, reference, "1", record=GENUINE)
    at(stack, MORNING + timedelta(minutes=16))

    row = rows(stack, "SealedReferrals", "REFERRALS_STORAGE").get_entity("referrals", reference)
    assert (row["Version"], len(row["Mac"]), len(row["MacKey"])) == ("1", 32, 16)
    assert status_of(stack, reference)["State"] == "sent"
    assert len(about(stack, reference)) == 1


@pytest.mark.parametrize("number", [10, pytest.param(50, marks=pytest.mark.nightly)])
def test_with_the_email_service_down_for_four_hours_every_referral_is_sent_once(stack: Stack, number: int) -> None:
    begins = LocalClock(stack.clock_path)()
    stack.mail.clear()
    stack.mail.faults([{"kind": "status", "status": 503, "count": None}])
    answers = all_at_once(f"{stack.site}/one-to-one", [CANARIES] * number)
    stack.settle()
    for minutes in (11, 33, 110, 239):
        at(stack, begins + timedelta(minutes=minutes))
    references = [answer.json["reference"] for answer in answers]
    assert stack.mail.messages() == []
    assert {status_of(stack, each)["State"] for each in references} == {"sending"}

    stack.mail.clear_faults()
    for minutes in (240, 301):
        at(stack, begins + timedelta(minutes=minutes))

    assert [len(about(stack, each)) for each in references] == [1] * number
    assert {status_of(stack, each)["State"] for each in references} == {"sent"}
    assert poisoned(stack) == 0


def test_sealed_answers_that_were_moved_or_cut_are_never_sent_and_the_operators_hear_of_it(stack: Stack) -> None:
    now = MORNING + DAY
    stack.set_clock(now)
    stack.mail.faults([{"kind": "status", "status": 503, "count": 3}])
    moved, cut, whole = (refer(stack) for _ in range(3))
    stack.settle()
    table = rows(stack, "SealedReferrals", "REFERRALS_STORAGE")
    other = table.get_entity("referrals", whole)
    table.update_entity({**{name: other[name] for name in other if name != "RowKey"}, "RowKey": moved})
    sealed = table.get_entity("referrals", cut)["Sealed"]
    table.update_entity({"PartitionKey": "referrals", "RowKey": cut, "Sealed": sealed[:-1]})

    for minutes in (11, 16):
        at(stack, now + timedelta(minutes=minutes))

    found = [status_of(stack, each) for each in (moved, cut, whole)]
    assert [(row["State"], row["LastError"]) for row in found[:2]] == [("attention", "unseal-mac")] * 2
    assert (found[2]["State"], about(stack, moved), about(stack, cut)) == ("sent", [], [])
    [mail] = about(stack, moved, stack.settings["OPERATORS_EMAIL"])
    assert cut in mail["content"]["plainText"]
    assert not is_canary_in(json.dumps(mail))


def test_what_someone_else_wrote_under_a_reference_is_never_sent_and_the_operators_hear_of_it(stack: Stack) -> None:
    """The public key is no secret, the first version had no MAC, and the provider is promised dates by the day."""
    now = LocalClock(stack.clock_path)() + DAY
    replaced, of_before, day_sealed, day_in_status = held_back(stack, now, 4)
    replace_sealed(stack, replaced, "2")
    replace_sealed(stack, of_before, "1")
    for table, reference in (("SealedReferrals", day_sealed), ("Referrals", day_in_status)):
        cells = {"PartitionKey": "referrals", "RowKey": reference, "ReceivedOn": "2023-08-01"}
        rows(stack, table, "REFERRALS_STORAGE").update_entity(cells)

    for later in (timedelta(minutes=11), timedelta(minutes=16), DAY):
        at(stack, now + later)

    codes = {replaced: "mac", of_before: "mac missing", day_sealed: "mac", day_in_status: "day"}
    for reference, code in codes.items():
        found = status_of(stack, reference)
        assert (found["State"], found["LastError"]) == ("attention", f"unseal-{code}")
        assert is_sealed_kept(stack, reference)
        assert about(stack, reference) == []
        assert any("ERROR" in line for line in stack.log_text().splitlines() if reference in line)
        assert about(stack, reference, stack.settings["OPERATORS_EMAIL"])
    assert not any("Forged" in json.dumps(mail) for mail in stack.mail.messages())


def held_back(stack: Stack, now: datetime, number: int) -> list[str]:
    """The references of so many that could not be sent at their first attempt."""
    at(stack, now)  # what is due on that day goes first: an email to the operators would take one of the faults
    stack.mail.faults([{"kind": "status", "status": 503, "count": number}])
    references = [refer(stack) for _ in range(number)]
    stack.settle()
    assert {status_of(stack, each)["State"] for each in references} == {"sending"}
    return references


@pytest.mark.parametrize("service", MAIL_SERVICES)
def test_a_process_that_is_killed_after_the_email_went_sends_no_second(service: str, tmp_path: Path) -> None:
    """One email about a referral and one about a booking."""
    with running_stack(at=MORNING, hosts=1, settings=MAIL_SERVICES[service]) as stack:
        stack.mail.faults([{"kind": "delay_after", "seconds": 30, "count": 2}])
        reference, attendee = refer(stack), person("2023-10-03-1500")
        assert post_json(f"{stack.site}/bookings", attendee).status == 201
        while not (about(stack, reference) and mails_to(stack, attendee["email"])):
            time.sleep(0.05)
        assert status_of(stack, reference)["State"] == "sending"
        assert booking_emails(stack) == ["sending"]
        os.kill(stack.hosts[0].child.process.pid, signal.SIGKILL)
        stack.hosts[0].child.process.wait()
        stack.set_clock(MORNING + timedelta(minutes=11))

        with another_host(stack, stack.settings, tmp_path, clock=stack.clock_path) as host:
            run_until_idle(host)

        assert status_of(stack, reference)["State"] == "sent"
        assert booking_emails(stack) == ["sent"]
        assert len(about(stack, reference)) == len(mails_to(stack, attendee["email"])) == 1
        assert stack.mail.requests()["status"] == 2, "each was asked about"


def booking_emails(stack: Stack) -> list[str]:
    """The states of the emails about bookings."""
    return [row["State"] for row in rows(stack, "MailLog").list_entities()]


def test_answers_are_gone_from_the_disk_three_working_days_after_the_provider_confirmed(tmp_path: Path) -> None:
    """Whatever Azurite stored, as it lies on its disk: the sealed answers before, and nothing of them after."""
    keys, data = new_keys(), tmp_path / "data"
    with started(a_plan(tmp_path / "before", keys, data, reports=True)) as stack:
        reference = refer(stack)
        stack.settle()
        link = link_in(mail_about(stack, reference))
        sealed = rows(stack, "SealedReferrals", "REFERRALS_STORAGE").get_entity("referrals", reference)
        pieces = [_base64(sealed[name])[8:56] for name in ("Sealed", "WrappedKey")]
    assert [_files_with(data, piece) != set() for piece in pieces] == [True, True]

    with started(a_plan(tmp_path / "after", keys, data)) as stack:
        token = link.rpartition("/")[2]
        assert confirm(stack, f"{stack.site}/acknowledge/{token}").status == 303
        pass_days(stack, 4)
        assert (status_of(stack, reference)["State"], is_sealed_kept(stack, reference)) == ("acknowledged", True)
        pass_days(stack, 1)
        assert status_of(stack, reference)["State"] == "erased"
        assert not is_sealed_kept(stack, reference)

    assert [_files_with(data, piece) for piece in pieces] == [set(), set()]
    assert _files_with(data, reference.encode()) != set(), "the status stays"


def test_unacknowledged_referral_is_erased_after_thirty_days_and_two_warnings() -> None:
    with running_stack(at=MORNING, reports=True, load=None) as stack:
        reference, held = refer(stack), refer(stack)
        stack.settle()
        for days in range(1, 30):
            at(stack, MORNING + days * DAY)
        table = rows(stack, "Referrals", "REFERRALS_STORAGE")
        table.update_entity({"PartitionKey": "referrals", "RowKey": held, "Hold": "yes"})
        assert [status_of(stack, each)["State"] for each in (reference, held)] == ["attention"] * 2
        at(stack, MORNING + 30 * DAY)

        assert [status_of(stack, each)["State"] for each in (reference, held)] == ["erased", "attention"]
        assert [is_sealed_kept(stack, each) for each in (reference, held)] == [False, True]
        mails = mails_to(stack, stack.settings["REFERRAL_RECIPIENT"])
        subjects = [mail["content"]["subject"] for mail in mails if reference in mail["content"]["plainText"]]
        assert subjects == [f"New self-referral {reference}", *["Reminder: 2 self-referrals"] * 2]
        days_told = {mail["time"][:10] for mail in mails_to(stack, stack.settings["OPERATORS_EMAIL"])}
        assert len(mails_to(stack, stack.settings["OPERATORS_EMAIL"])) == len(days_told) == 24, "from the eighth on"
        held_row = rows(stack, "ReferralService", "REFERRALS_STORAGE").get_entity("held", "sealed")
        assert (held_row["Count"], held_row["Oldest"]) == (1, "2023-09-01")


def test_a_web_app_that_may_insert_and_read_alone_takes_referrals_and_repeated_ones(
    stack: Stack, tmp_path: Path
) -> None:
    """Azurite refuses it every update and deletion; that it may not read sealed answers is a unit test's part."""
    settings = {
        **stack.settings,
        "SERVICE_ROLE": "web",
        "REFERRALS_STORAGE": restricted(stack.settings["REFERRALS_STORAGE"], "ral"),
    }
    form = CANARIES | {"submission_id": "insert-only-0123456789"}
    with another_host(stack, settings, tmp_path) as web:
        first, again = (post_json(f"{web.url}/one-to-one", form) for _ in range(2))
        other = post_json(f"{web.url}/one-to-one", form | {"full_name": "Canary Other"})
        reference = first.json["reference"]
        shown = post_json(f"{web.url}/one-to-one/status", {"reference": reference})
        log = web.child.log_text()
    stack.settle()

    assert [answer.status for answer in (first, again, other, shown)] == [201, 201, 409, 200]
    assert (again.json["reference"], shown.json["reference"]) == (reference, reference)
    assert " 403" not in log
    assert status_of(stack, reference)["State"] == "sent"


def test_two_months_later_the_providers_link_opens_nothing_and_has_a_new_one_emailed(stack: Stack) -> None:
    reference = refer(stack)
    stack.settle()
    link = link_in(about(stack, reference)[0]["content"]["plainText"])
    assert link.startswith(f"{stack.settings['COLLECT_URL']}/acknowledge/")
    stack.set_clock(LocalClock(stack.clock_path)() + 61 * DAY)

    expired, scanned = get(link), ask("HEAD", link)
    answers = [post_form(link, opened_page(stack, link, 5)) for _ in range(3)]
    stack.settle()

    assert ("Email a new link to Nafsiyat" in expired.text, expired.status, scanned.status) == (True, 410, 410)
    assert {answer.headers["location"].partition("?")[2] for answer in answers} == {"done=emailed"}
    [_, mail] = about(stack, reference)
    assert get(link_in(mail["content"]["plainText"])).status == 200
    assert status_of(stack, reference)["State"] not in {"acknowledged", "erased"}
    assert is_sealed_kept(stack, reference)
    assert not is_canary_in(json.dumps(mail))


def a_plan(folder: Path, keys: dict[str, str], data: Path, *, reports: bool = False) -> Plan:
    folder.mkdir()
    return Plan(at=MORNING, forks=True, folder=folder, keys=keys, data=data, reports=reports, load=None)


def run_until_idle(host: HostClient) -> None:
    host.run("schedule")
    while not host.is_idle():
        host.child.check()


def _base64(data: bytes) -> bytes:
    return base64.b64encode(data)


def _files_with(folder: Path, piece: bytes) -> set[str]:
    return {path.name for path in folder.rglob("*") if path.is_file() and piece in path.read_bytes()}
