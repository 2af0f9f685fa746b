"""The guide for operators, tried on the running service: secrets rotated, referrals sent again, people's data found."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest

from local.commands import secrets
from local.commands.run import MAIL_SERVICES
from local.commands.secrets import MADE, NEVER_RENEWED, PUBLIC_KEY
from local.process.ports import free_ports
from local.setup.keys import new_keys
from local.stack.environment import PASSPHRASE, developer_settings
from local.stack.host_client import HostClient
from local.stack.processes import Plan, running_host
from local.stack.stack import Stack, started
from shared.base64url import decode_any
from shared.composition.services import Services
from shared.config.requirements import PROVIDER_KEYS
from shared.config.settings import Settings
from shared.passphrase import PassphraseHash
from shared.referrals.delivery.smoke_test import signed_marker
from shared.referrals.errors import KeyUnavailableError
from shared.signing import Signer
from tests.admin_guide import GuideRow, quoted, section_rows, table_rows
from tests.alarms import OPERATIONS
from tests.builders import MORNING, booking_request, referral_request, session_cells
from tests.e2e.canaries import tables_with_canaries
from tests.e2e.conftest import mails_to, person, roster, rows
from tests.e2e.http_client import get, post_form, post_json
from tests.e2e.provider_actions import is_sealed_kept, link_in, refer, status_of
from tests.e2e.test_smoke import emails_about, made_up
from tests.key_vaults import KeyVaults

GUIDE = OPERATIONS.read_text("utf-8")
WHO = "Zoë Okafor"
NEW = "CVXP-H4Q6-3HYP-9YGQ-P4Y3"
OLD_ADDRESS, NEW_ADDRESS = "before@provider.example", "now@provider.example"
OLD_KEYS, NEW_KEYS = new_keys(), new_keys()
GIVEN = {"NOTIFY_API_KEY": OLD_KEYS["NOTIFY_API_KEY"], "NOTIFY_CALLBACK_TOKEN": OLD_KEYS["NOTIFY_CALLBACK_TOKEN"]}
KEPT = {"BOOKING_KEY", "NOTIFY_API_KEY"}
"""What the steps leave: one is never rotated, and the email emulator knows one key of the other."""


def rotated() -> tuple[dict[str, str], dict[str, str]]:
    """The settings before and after every secret was rotated by the command of the guide and infra's settings.

    The key in the vault, whose new version comes by itself, is a private key on this machine.
    """
    vaults = KeyVaults()
    vaults.worker.key = json.loads(OLD_KEYS["REFERRAL_PUBLIC_KEY"])
    vaults.secrets.complete()
    given = {"REFERRAL_PASSPHRASE": developer_settings()["REFERRAL_PASSPHRASE"], "SMOKE_KEY": OLD_KEYS["SMOKE_KEY"]}
    for name, value in (GIVEN | given).items():
        vaults.secrets.give(name, value)
    before = vaults.settings() | {"REFERRAL_PRIVATE_KEY": OLD_KEYS["REFERRAL_PRIVATE_KEY"]}
    vaults.worker.key = json.loads(NEW_KEYS["REFERRAL_PUBLIC_KEY"])
    vaults.secrets.renew_key()
    for name in MADE.keys() - {NEVER_RENEWED}:
        vaults.secrets.renew(name)
    vaults.secrets.give("REFERRAL_PASSPHRASE", str(PassphraseHash.of(NEW)))
    for name in ("NOTIFY_CALLBACK_TOKEN", "SMOKE_KEY"):
        vaults.secrets.give(name, NEW_KEYS[name])
    private = {"REFERRAL_PRIVATE_KEY": NEW_KEYS["REFERRAL_PRIVATE_KEY"]}
    return before, vaults.settings() | private | {"REFERRAL_PRIVATE_KEY_PREVIOUS": before["REFERRAL_PRIVATE_KEY"]}


BEFORE, ROTATED = rotated()
CHANGED = ROTATED | MAIL_SERVICES["notify"] | {"REFERRAL_RECIPIENT": NEW_ADDRESS, "REFERRAL_DELIVERY": "link"}


@dataclass(frozen=True, slots=True)
class Installation:
    """One whose secrets and provider's address were changed. `finished` is a host without the secrets of before."""

    stack: Stack
    before: Services
    finished: HostClient
    booking_link: str
    opened: str
    """The link in an email of before to the provider, and the reference it is about."""
    reference: str

    def sent_before(self) -> str:
        """The reference of a referral that went to the provider under the secrets and to the address of before."""
        reference = self.before.referrals.intake.accept(referral_request(), MORNING)
        self.before.referrals.forwarder.forward(reference, MORNING)
        return reference

    def without(self, *secrets: str) -> Services:
        """The service once these secrets of before are taken out, on the same storage."""
        settings = {**self.stack.settings, **dict.fromkeys(secrets, "")}
        return Services(Settings.from_environment(settings), lambda: MORNING)

    def at(self, host: HostClient, link: str) -> str:
        """The link as it leads to that host."""
        return link.replace(self.stack.site, host.url)

    def run(self) -> None:
        self.stack.tick()
        self.stack.settle()

    def mails_about(self, reference: str, address: str) -> list[str]:
        found = mails_to(self.stack, address)
        return [mail["content"]["plainText"] for mail in found if reference in str(mail["content"])]


@contextmanager
def second_host(plan: Plan, stack: Stack) -> Iterator[HostClient]:
    """A host of the same service after the secrets of before were taken out."""
    [port] = free_ports(1)
    settings = {name: value for name, value in stack.settings.items() if not name.endswith("_PREVIOUS")}
    with running_host(replace(plan, hosts=2), 1, port, settings) as host:
        host.child.wait_until(host.is_running)
        yield host


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    folder = tmp_path_factory.mktemp("rotated")
    plan = Plan(at=MORNING, forks=True, folder=folder, keys=OLD_KEYS | BEFORE, settings=CHANGED, load=None)
    with started(plan) as stack, second_host(plan, stack) as finished:
        old = BEFORE | {"REFERRAL_RECIPIENT": OLD_ADDRESS}
        previous = {name: "" for name in ROTATED if name.endswith("_PREVIOUS")}
        before = Services(Settings.from_environment({**stack.settings, **old, **previous}), lambda: MORNING)
        rows(stack, "Sessions").create_entity(session_cells())
        made = Installation(stack, before, finished, booked_before(stack, before), "", "")
        reference = made.sent_before()
        yield replace(made, reference=reference, opened=link_in(made.mails_about(reference, OLD_ADDRESS)[0]))


def booked_before(stack: Stack, before: Services) -> str:
    """The link in the email about a booking of before."""
    before.bookings.places.book(booking_request(email="ann@nhs.net"), MORNING)
    [row] = roster(stack, "s1")
    before.bookings.mailer.deliver("s1", f"{row['RowKey']}-1-confirmation", MORNING)
    [mail] = mails_to(stack, "ann@nhs.net")
    return f"{stack.site}/manage/{token_in(mail)}"


def token_in(mail: Mapping[str, Any]) -> str:
    """The token of the link to manage a booking; with GOV.UK Notify a bracket comes after it."""
    return str(re.findall(r"/manage/([\w-]+)", mail["content"]["plainText"])[0])


def opens(link: str, passphrase: str) -> bool:
    answer = post_form(link, {"passphrase": passphrase})
    return answer.status == 200 and WHO in answer.text


def shows(host_url: str, reference: str) -> bool:
    return post_form(f"{host_url}/one-to-one/status", {"reference": reference}).status == 200


# ---- Secrets ----


def is_open(site: str) -> bool:
    page = get(f"{site}/one-to-one")
    return page.status == 200 and "/one-to-one/questions" in page.text


def answers_to_reports(site: str) -> list[int]:
    """Statuses of delivery reports with the token before and with the present one."""
    report = {"reference": "0b67adfa-5e5c-4b4e-9f5e-1c2d3e4f5a6b", "status": "delivered"}
    tokens = [each["NOTIFY_CALLBACK_TOKEN"] for each in (BEFORE, ROTATED)]
    return [post_json(f"{site}/mail/notify-report", report, authorization=f"Bearer {token}").status for token in tokens]


def told_of_a_test(made: Installation, key: str) -> set[str]:
    """Who is emailed of a made-up referral whose marker was signed with that key."""
    return set(emails_about(made.stack, made_up(made.stack, signed_marker(Signer((decode_any(key),))))))


def goes_to_the_provider(made: Installation) -> bool:
    """Only with the present key are the operators told in its place."""
    told = [told_of_a_test(made, each["SMOKE_KEY"]) for each in (BEFORE, ROTATED)]
    return told == [{NEW_ADDRESS}, {made.stack.settings["OPERATORS_EMAIL"]}]


WHILE: dict[str, Callable[[Installation], bool]] = {
    "A link in an email about a booking opens": lambda made: get(made.booking_link).status == 200,
    "A link in an email to the provider opens": lambda made: 'name="passphrase"' in get(made.opened).text,
    "A referral of before opens": lambda made: opens(made.opened, NEW),
    "Either passphrase opens": lambda made: opens(made.opened, NEW) and opens(made.opened, PASSPHRASE),
    "The reference of before is found": lambda made: shows(made.stack.site, made.reference),
    "The form is open": lambda made: is_open(made.stack.site),
    "A delivery report with either is taken": lambda made: answers_to_reports(made.stack.site) == [204, 204],
    "A test with the one before goes to the provider": goes_to_the_provider,
}


def is_kept_for_a_person(made: Installation) -> bool:
    reference = made.before.referrals.intake.accept(referral_request(), MORNING)
    made.without("REFERRAL_MAC_KEY_PREVIOUS").referrals.forwarder.forward(reference, MORNING)
    row = status_of(made.stack, reference)
    return (row["State"], row["LastError"]) == ("attention", "unseal-mac key") and is_sealed_kept(made.stack, reference)


def does_not_open(made: Installation) -> bool:
    link = made.opened.rpartition("/")[2]
    collector = made.without("REFERRAL_PRIVATE_KEY_PREVIOUS").referrals.collector
    assert collector is not None
    with pytest.raises(KeyUnavailableError):
        collector.open(link, NEW, MORNING)
    return is_sealed_kept(made.stack, made.reference) and opens(made.opened, NEW)


def says_to_use_the_newest_email(made: Installation) -> bool:
    page = get(made.at(made.finished, made.opened))
    return page.status == 404 and "Use the link in the newest email" in page.text


def only_the_new_one_opens(made: Installation) -> bool:
    """At a link of the present key: one of before opens nothing there in any case."""
    reference = refer(made.stack, full_name=WHO)
    made.run()
    link = made.at(made.finished, link_in(made.mails_about(reference, NEW_ADDRESS)[0]))
    return opens(link, NEW) and not opens(link, PASSPHRASE)


AFTER: dict[str, Callable[[Installation], bool]] = {
    "It is not found": lambda made: get(made.at(made.finished, made.booking_link)).status == 404,
    "It is not valid, and the page says to use the newest email": says_to_use_the_newest_email,
    "It comes into `attention` with `unseal-mac key`, and nothing of it is lost": is_kept_for_a_person,
    "It does not open, and nothing of it is lost": does_not_open,
    "Only the new one opens": only_the_new_one_opens,
    "The reference of before is found": lambda made: shows(made.finished.url, made.reference),
    "The form is open": lambda made: is_open(made.finished.url),
    "One with the one before is refused": lambda made: answers_to_reports(made.finished.url) == [401, 204],
    "A test with the one before goes to the provider": goes_to_the_provider,
}


SECRETS = section_rows(GUIDE, "Rotate a secret or key")
WHEN = {"While it is there": WHILE, "Once it is taken out": AFTER}


def holds(made: Installation, row: GuideRow, title: str) -> bool:
    return WHEN[title][row[title]](made)


@pytest.mark.parametrize("title", WHEN)
def test_a_rotated_secret_does_what_the_guide_says(installation: Installation, title: str) -> None:
    assert [str(row) for row in SECRETS if not holds(installation, row, title)] == []


def test_every_secret_that_may_be_rotated_is_in_the_guide_with_where_the_one_before_goes() -> None:
    told = {quoted(row["Secret"])[0]: quoted(row["The one before goes into"]) for row in SECRETS}

    assert told == {name: [previous] if (previous := f"{name}_PREVIOUS") in ROTATED else [] for name in rotated_names()}


def rotated_names() -> set[str]:
    """What was rotated: what an installation has but for `KEPT`, and the provider's keys, which are public."""
    names = {name for name in ROTATED if not name.endswith("_PREVIOUS")}
    assert {*MADE, *(secrets.GIVEN.keys() - {PROVIDER_KEYS}), PUBLIC_KEY, "REFERRAL_PRIVATE_KEY"} == names
    return names - KEPT


def test_a_secret_that_was_rotated_is_another_and_the_one_before_stands_where_the_service_looks() -> None:
    for name in rotated_names():
        assert ROTATED[name] != BEFORE[name], name
        assert ROTATED.get(f"{name}_PREVIOUS", BEFORE[name]) == BEFORE[name], name


def test_what_is_not_so_is_noticed(installation: Installation) -> None:
    """The sentences about links and passphrases of before are not true of each other's time."""
    assert get(installation.booking_link).status != 404
    assert get(installation.at(installation.finished, installation.booking_link)).status != 200
    assert not opens(installation.at(installation.finished, installation.opened), NEW)
    assert not opens(installation.opened, "CVXP-H4Q6-3HYP-9YGQ-P4Y4")


# ---- Referrals ----


def write(made: Installation, reference: str, **cells: str) -> None:
    """An operator types into the row of a referral."""
    keys = {"PartitionKey": "referrals", "RowKey": reference}
    rows(made.stack, "Referrals", "REFERRALS_STORAGE").update_entity(keys | cells)
    made.run()


def is_sent_again_once(made: Installation) -> bool:
    reference = refer(made.stack)
    made.run()
    write(made, reference, State="received")
    made.run()
    return len(made.mails_about(reference, NEW_ADDRESS)) == 2


def stays_deleted(made: Installation) -> bool:
    reference = refer(made.stack)
    made.run()
    sealed = rows(made.stack, "SealedReferrals", "REFERRALS_STORAGE")
    sealed.delete_entity("referrals", reference)
    write(made, reference, State="erased", ErasedOn="2023-09-01")
    write(made, reference, State="received")
    row = status_of(made.stack, reference)
    return row["State"] in {"erased", "acknowledged"} and len(made.mails_about(reference, NEW_ADDRESS)) == 1


def goes_to_the_new_address(made: Installation) -> bool:
    reference = made.before.referrals.intake.accept(referral_request(), MORNING)
    made.run()
    return [len(made.mails_about(reference, each)) for each in (OLD_ADDRESS, NEW_ADDRESS)] == [0, 1]


def is_sent_again_to_the_new_address(made: Installation) -> bool:
    reference = made.sent_before()
    write(made, reference, State="received")
    return [len(made.mails_about(reference, each)) for each in (OLD_ADDRESS, NEW_ADDRESS)] == [1, 1]


def progress(made: Installation, reference: str) -> tuple[int, bool]:
    """The answer to a reference, and whether the page says who it is about."""
    answer = post_form(f"{made.stack.site}/one-to-one/status", {"reference": reference})
    return answer.status, WHO in answer.text


DONE: dict[tuple[str, str], Callable[[Installation], bool]] = {
    (
        "Write `received` into `State` of one that was sent",
        "It is sent again as a new email, once",
    ): is_sent_again_once,
    (
        "Write `received` into `State` of one whose answers are deleted",
        "Nothing is sent, and the row says `erased` or `acknowledged` again",
    ): stays_deleted,
    ("Change the address", "What was not sent yet goes to the new one"): goes_to_the_new_address,
    (
        "Write `received` into `State` of one that was sent to the old address",
        "It goes to the new one, as a new email",
    ): is_sent_again_to_the_new_address,
    (
        "Open the link in the email to the old address",
        "It opens as before",
    ): lambda made: opens(made.opened, NEW),
    (
        "Enter the reference on the page",
        "The page says how far it has come, and nothing about the person",
    ): lambda made: progress(made, made.reference) == (200, False),
    (
        "Enter a reference that there is not",
        "The page says that there is none",
    ): lambda made: progress(made, "34HKMPTW") == (404, False),
}
OF_QUEUES = "Put work back on the queues"


def test_what_an_operator_does_has_the_effect_that_the_guide_says(installation: Installation) -> None:
    told = [row for row in table_rows(GUIDE) if row.titles == ("You do", "What happens") and row.section != OF_QUEUES]

    assert {(row["You do"], row["What happens"]) for row in told} == DONE.keys()
    assert [str(row) for row in told if not DONE[row.cells[0], row.cells[1]](installation)] == []


# ---- Access and erasure ----

SEARCHED = section_rows(GUIDE, "Answer a request for access or erasure")


def found_by(stack: Stack, address: str) -> list[dict[str, Any]]:
    """Rows of `Bookings` that the guide's places lead to, from an address."""
    columns = [quoted(row["Where"])[0] for row in SEARCHED if row["Table"] == "`Bookings`"]
    assert columns == ["Email", "KnownEmail", "MovedFrom"]
    bookings = list(rows(stack, "Bookings").list_entities())
    found = [row for row in bookings if address in {row.get(column) for column in columns[:2]}]
    left = [(row["MovedFrom"], row["PartitionKey"], row["Name"]) for row in found if row.get("MovedFrom")]
    moved = [row for row in bookings if (row["PartitionKey"], row.get("MovedTo"), row.get("Name")) in left]
    return found + [row for row in moved if row not in found]


def test_a_persons_data_is_where_the_guide_looks_and_gone_after_it_was_erased(installation: Installation) -> None:
    stack = installation.stack
    for name in ("s2", "s3"):
        rows(stack, "Sessions").create_entity(session_cells(RowKey=name, Date="2023-09-15"))
    booking = person("s2", "canary-one", full_name="Canary Person", adjustments="canary-needs")
    assert post_json(f"{stack.site}/bookings", booking).status == 201
    stack.settle()
    [mail] = mails_to(stack, "canary-one@s2.nhs.net")
    installation.without().bookings.self_service.move(token_in(mail), "s3", MORNING)
    installation.run()
    [moved] = roster(stack, "s3")
    rows(stack, "Bookings").update_entity(
        {"PartitionKey": "s3", "RowKey": moved["RowKey"], "Email": "canary-two@s2.nhs.net"}
    )

    assert [len(found_by(stack, f"canary-{each}@s2.nhs.net")) for each in ("one", "two")] == [2, 2]
    assert [
        row["RowKey"] for row in rows(stack, "MailLog").list_entities() if row["RowKey"].startswith(moved["RowKey"])
    ]
    for row in found_by(stack, "canary-two@s2.nhs.net"):
        rows(stack, "Bookings").delete_entity(row["PartitionKey"], row["RowKey"])
    installation.run()
    installation.run()

    assert tables_with_canaries(stack) == set()
