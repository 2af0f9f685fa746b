"""Each app has the rights to tables and queues that its code uses, and no other."""

import ast
import itertools
import json
import os
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from local.stack.environment import PASSPHRASE
from local.stack.tables_and_queues import TABLES_AND_QUEUES
from shared.backups.blobs import CONTAINER
from shared.backups.daily_backup import KEPT_DAYS
from shared.bookings.model.email_ids import MailId, MailKind
from shared.bookings.self_service.details import DetailsRequest
from shared.referrals.collection.wrong_tries import FREE
from shared.referrals.errors import OwnWordsError, PassphraseError, ReferralWithdrawnError
from tests.architecture.source_code import SHARED, relative
from tests.builders import ROOT, booking_request, referral_request
from tests.fakes import Crash
from tests.unit.infra.bicep import Expression, Template, Value, template
from tests.unit.infra.two_apps import Rights, TwoApps

APPS = ("web", "worker")

# ---- What infra/ gives ----

_ACTIONS = {"read": "read", "add/action": "add", "update/action": "update", "delete": "delete"}


@cache
def roles() -> Mapping[str, frozenset[str]]:
    """The operations on rows that each custom role allows, by the role's name in roles.bicep."""
    found: dict[str, frozenset[str]] = {}
    for role in template("modules/roles.bicep").resources("Microsoft.Authorization/roleDefinitions"):
        permissions = role.get("properties", "permissions")
        assert isinstance(permissions, list)
        if role.name == "appOperator":
            continue  # of apps, not of data: tests/unit/infra/test_people.py
        allowed = [action for each in permissions for action in actions_of(each)]
        rows = [text(each).strip("'").removeprefix("${tableData}/") for each in allowed if isinstance(each, Expression)]
        if rows:
            found[role.name] = frozenset(_ACTIONS[each] for each in rows)
    return found


def actions_of(permission: Value) -> list[Value]:
    """The data actions of one permission. It allows nothing else."""
    assert isinstance(permission, dict)
    assert permission.keys() == {"actions", "dataActions"}
    assert permission["actions"] == []
    found = permission["dataActions"]
    assert isinstance(found, list)
    return found


def granted(rights: Template) -> Rights:
    """What each app may do with each table, by the assignments of rights.bicep."""
    found: defaultdict[tuple[str, str], frozenset[str]] = defaultdict(frozenset)
    for module in rights.all("module", "table-rights.bicep"):
        who, role = text(module.get("params", "principalId")), text(module.get("params", "roleDefinitionId"))
        for table in strings(module.get("params", "tables")):
            if who in APPS:
                assert text(module.get("params", "accountName")) == account_of(table)
                found[who, table] |= roles()[role]
    return found


def account_of(name: str) -> str:
    [setting] = [setting for setting, (tables, queues) in TABLES_AND_QUEUES.items() if name in {*tables, *queues}]
    return "bookingsAccount" if setting == "BOOKINGS_STORAGE" else "referralsAccount"


def text(value: object) -> str:
    assert isinstance(value, Expression)
    return value.text


def strings(value: object) -> list[str]:
    assert isinstance(value, list)
    return [str(each) for each in value]


def rights() -> Rights:
    return granted(template("modules/rights.bicep"))


# ---- What the code does ----


def lives(apps: TwoApps) -> None:
    """Four months of one installation: what people, administrators, the provider and the timer can do."""
    books_and_changes(apps)
    goes_wrong(apps)
    refers(apps)
    books_too_often(apps)
    for day in range(125):
        apps.tick(days=1)
        apps.worker.backups.daily.run(apps.now)
        if day < 60:
            apps.tick()


def books_and_changes(apps: TwoApps) -> None:
    web, places, own = apps.web, apps.web.bookings.places, apps.web.bookings.self_service
    for number, day in enumerate(("2023-09-08", "2023-09-15", "2023-10-20"), start=1):
        apps.add_session(f"s{number}", day)
    for name in ("ann", "ben", "cem", "ann"):
        request = booking_request(full_name=name, email=f"{name}@example.nhs.uk", join_waiting_list=True)
        for mail_id in places.book(request, apps.now).mail_ids:
            apps.worker.bookings.mailer.deliver("s1", mail_id, apps.now)
        apps.tick(hours=2)
    places.book(
        booking_request(session_id="s2", full_name="Dee", email="dee@elsewhere.example", works_here=True), apps.now
    )
    apps.tick()
    assert len(places.bookable_sessions(apps.now)) == 3
    assert places.bookable_session("s2", apps.now)
    assert places.session("s1").capacity == 2
    token = token_of(apps, "ann@")
    own.find(token, apps.now)
    own.calendar(token, apps.now)
    own.choices(token, apps.now)
    own.set_reminders(token, on=False, now=apps.now)
    wanted = DetailsRequest.model_validate({"full_name": "Ann Other", "adjustments": "captions", "reminders": "yes"})
    own.change_details(token, wanted, asks_needs=True, now=apps.now)
    for state in ("closed", "open"):  # a move that is cut off: the timer takes one back and finishes the other
        apps.crash_after = 1
        with pytest.raises(Crash):
            own.move(token, "s3", apps.now)
        apps.edit("Sessions", "sessions", "s3", State=state)
        apps.tick(minutes=20)
        apps.edit("Sessions", "sessions", "s3", State="open")
        apps.tick(minutes=20)
    own.cancel(token_of(apps, "ben@"), apps.now)
    apps.edit("Sessions", "sessions", "s2", JoinUrl="https://teams.example/join/2", Time="16:00")
    apps.tick()
    apps.tick(minutes=20)
    assert web.heartbeat.last() is not None


def goes_wrong(apps: TwoApps) -> None:
    """Emails that fail, bounce and are abandoned; rows that are deleted or typed over by hand."""
    troubles = ("throttled", "lost-answer", "set-up")
    apps.sender.trouble = {apps.sender.requests + number: trouble for number, trouble in enumerate(troubles)}
    for _ in range(2):
        apps.worker.bookings.mailer.defer("s2", mail_text(apps), apps.now)
    apps.report("bounced")
    for key in [key for key in apps.tables["Bookings"].rows if key[0] == "s2" and key[1] != "guard"]:
        apps.edit("Bookings", *key, State="confirmed")
    apps.add_session("s4", "not a day")
    by_hand = {"PartitionKey": "s6", "RowKey": "someone", "Name": "Eve", "Email": "eve@example.nhs.uk"}
    apps.add_session("s6", "2023-10-27")
    apps.tables["Bookings"].insert(by_hand | {"State": "confirmed", "Attended": "maybe"})
    apps.tables["Bookings"].insert(by_hand | {"PartitionKey": "nowhere", "State": "confirmed"})
    del apps.tables["Sessions"].rows["sessions", "s3"]
    apps.silent = "MailLog"
    apps.tick()
    apps.silent = ""
    for _ in range(3):
        apps.tick(minutes=30)


def books_too_often(apps: TwoApps) -> None:
    """More bookings in a day than an address is told of at once that has never acted: the others follow together."""
    for number in range(6):
        apps.add_session(f"often{number}", "2023-10-28")
        request = booking_request(session_id=f"often{number}", email="fay@example.nhs.uk")
        for mail_id in apps.web.bookings.places.book(request, apps.now).mail_ids:
            apps.worker.bookings.mailer.deliver(f"often{number}", mail_id, apps.now)


def mail_text(apps: TwoApps) -> str:
    """The id of an email that is due and that no one has handled."""
    [attendee] = [key for session, key in apps.tables["Bookings"].rows if session == "s2" and key != "guard"]
    return str(MailId(attendee, 1, MailKind.REMINDER, "P1D-20230915T1400Z"))


def refers(apps: TwoApps) -> None:
    web, worker = apps.web.referrals, apps.worker.referrals
    worker.key_prover.run(apps.now)
    assert web.key_readiness.is_ready(apps.now)
    references = [web.intake.accept(referral_request(submission_id=f"submission-{n:020}"), apps.now) for n in range(25)]
    assert web.intake.accept(referral_request(submission_id=f"submission-{0:020}"), apps.now) == references[0]
    web.provider_mailbox.is_failing(apps.now)
    assert web.status_lookup.find(references[0]) is not None
    worker.forwarder.nudge(references[0], apps.now)
    worker.forwarder.record_failure(references[1], apps.now)
    del apps.tables["Referrals"].rows["referrals", references[2]]
    worker.forwarder.forward(references[2], apps.now)
    del apps.tables["Referrals"].rows["referrals", references[3]]
    without_mac(apps, references[20])
    for _ in range(30):
        apps.tick(minutes=30)
    apps.report("bounced")
    apps.edit("Referrals", "referrals", references[4], State="received")
    apps.tick()
    apps.report("delivered")
    collects(apps, references[5], references[11])
    withdraws(apps, 12, references[12])
    for reference in references[6:9]:
        worker.acknowledgements.acknowledge(reference, apps.now)
    referral = worker.acknowledgements.statuses.status(references[10])
    assert referral is not None
    worker.new_links.send(referral, apps.now)


def without_mac(apps: TwoApps, reference: str) -> None:
    """Makes a sealed row one of before there were MACs."""
    key = ("referrals", reference)
    cells = apps.tables["SealedReferrals"].rows[key].cells
    apps.tables["SealedReferrals"].put({**cells, "Version": "1", "Mac": "", "MacKey": ""})


def collects(apps: TwoApps, *references: str) -> None:
    worker = apps.worker.referrals
    assert worker.collector is not None
    token, another = (worker.links.to_collect(each, apps.now).rpartition("/")[2] for each in references)
    worker.collector.acknowledge(token, worker.collector.open(token, PASSPHRASE, apps.now).proof, apps.now)
    for _ in range(FREE + 1):
        with pytest.raises(PassphraseError):
            worker.collector.open(another, "another passphrase", apps.now, timedelta(minutes=1))
    worker.collector.open(another, PASSPHRASE, apps.now, timedelta(minutes=1))


def withdraws(apps: TwoApps, number: int, reference: str) -> None:
    """The person takes one back, someone else tries the words of another, and the form is sent again."""
    web, own = apps.web.referrals, apps.worker.referrals.taking_back
    form = f"submission-{number:020}"
    words = web.intake.words_of(form)
    found = own.own_referrals.find(reference, words, apps.now, timedelta(0), "")
    with pytest.raises(OwnWordsError):
        own.own_referrals.find("34679CDF", words, apps.now, timedelta(0), "")
    withdrawn = own.withdrawals.withdraw(found.reference, apps.now)
    assert withdrawn is not None
    own.withdrawals.complete(withdrawn, apps.now)
    with pytest.raises(ReferralWithdrawnError):
        web.intake.accept(referral_request(submission_id=form), apps.now)
    apps.worker.referrals.forwarder.nudge(reference, apps.now)


def token_of(apps: TwoApps, address: str) -> str:
    """The token of the link in someone's latest email."""
    texts = [each.text for each in apps.sender.messages if each.to.startswith(address) and "/manage/" in each.text]
    return texts[-1].partition("/manage/")[2].split()[0]


@cache
def lived() -> TwoApps:
    with pytest.MonkeyPatch.context() as patch:
        apps = TwoApps(rights())
        apps.patched(patch)
        lives(apps)
    return apps


def used() -> dict[tuple[str, str], frozenset[str]]:
    return {key: frozenset(operations) for key, operations in lived().used.items()}


def smallest(operations: frozenset[str]) -> frozenset[str]:
    """The least that roles of roles.bicep can allow so that these operations are."""
    sets = list(roles().values())
    unions = [frozenset().union(*some) for count in range(1, len(sets)) for some in itertools.combinations(sets, count)]
    return min((each for each in unions if each >= operations), key=len)


WRITES = {"insert", "merge", "put", "delete", "apply"}
TABLES = ("table", "log", "index", "sessions", "bookings", "service", "_rows.table")
NOT_REACHED = {
    # The email log changed between two requests of one process, and a row that names another version of its session.
    # The other lines of the module do the same to the same table.
    ("shared/mail/ledger.py", "self.log.merge"): 2,
    # A clock that was ahead skipped a reminder. Old rows of the same table are deleted every day.
    ("shared/mail/ledger.py", "self.log.delete"): 1,
    # An email went between the note of its withdrawal and the change of its row. Others there are merged.
    ("shared/referrals/withdrawal/withdrawal_notes.py", "self.table.merge"): 1,
    # No table: it inserts by `BatchLog`, whose line is reached.
    ("shared/referrals/delivery/release/batch_sender.py", "self.log.insert"): 1,
    # Two runs of the timer at once, of which one takes back what the other is about to delete. The role for a table in
    # which rows are inserted and deleted lets them be changed as well.
    ("shared/referrals/repository.py", "self.sealed_table.merge"): 1,
}


def written_in(source: str) -> Iterator[tuple[str, range]]:
    """Each place at which a table is written, with its lines."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in WRITES:
            called = ast.unparse(node.func)
            if called.rpartition(".")[0].endswith(TABLES):
                yield called, range(node.lineno, (node.end_lineno or node.lineno) + 1)


def unseen(lines: Mapping[str, set[int]]) -> dict[tuple[str, str], int]:
    """Places in `shared/` that write a table and were not reached, given the lines that were, by file."""
    found: defaultdict[tuple[str, str], int] = defaultdict(int)
    for path in SHARED:
        if relative(path) not in {"shared/tables/table.py", "shared/tables/azure_tables.py"}:
            for called, where in written_in(path.read_text("utf-8")):
                found[relative(path), called] += not lines.get(relative(path), set()) & set(where)
    return {place: number for place, number in found.items() if number}


def lines_seen() -> dict[str, set[int]]:
    found: defaultdict[str, set[int]] = defaultdict(set)
    for file, line in lived().sites:
        found[relative(Path(file))].add(line)
    return found


def test_nothing_that_either_app_does_is_refused() -> None:
    assert lived().refused == set()


def test_each_app_has_the_rights_that_its_code_uses_and_no_other() -> None:
    assert {key: smallest(operations) for key, operations in used().items()} == dict(rights())


def test_four_months_reach_every_line_that_writes_a_table() -> None:
    assert unseen(lines_seen()) == NOT_REACHED


def test_a_line_that_writes_and_is_not_reached_is_found() -> None:
    lines = lines_seen()
    lines["shared/mail/pause.py"] = set()

    assert ("shared/mail/pause.py", "self._table.put") in unseen(lines)


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ("tables: ['MailLog', 'Service']", "tables: ['MailLog', 'Service', 'MailIndex']"),
        ("tables: ['MailLog', 'Service']", "tables: ['Service']"),
        ("roleDefinitionId: rowInserter", "roleDefinitionId: rowKeeper"),
        ("tables: ['Referrals', 'SealedReferrals']", "tables: ['SealedReferrals']"),
    ],
)
def test_a_right_too_many_and_one_too_few_are_found(was: str, becomes: str) -> None:
    changed = granted(Template.of(template("modules/rights.bicep").text.replace(was, becomes, 1)))

    assert changed != rights()
    assert {key: smallest(operations) for key, operations in used().items()} != dict(changed)


def test_an_operation_without_a_right_is_refused() -> None:
    fewer = dict(rights()) | {("web", "Bookings"): frozenset({"read"})}
    with pytest.MonkeyPatch.context() as patch:
        apps = TwoApps(fewer)
        apps.patched(patch)
        apps.add_session("s1", "2023-09-08")
        with suppress(Exception):
            apps.web.bookings.places.book(booking_request(), apps.now)

    assert ("web", "Bookings", "add (apply)") in apps.refused


# ---- Copies ----

_OF_BLOBS = {"names": {"read"}, "read": {"read"}, "write": {"add/action", "write"}, "delete": {"delete"}}
"""What an operation on blobs needs. The worker reads no copy, but listing their names takes the same right."""
_BLOBS = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/"


def copies_granted(rights: Template) -> set[tuple[str, str, str]]:
    """Who has which role at which account's container for copies."""
    return {
        tuple(text(module.get("params", name)) for name in ("principalId", "accountName", "roleDefinitionId"))  # type: ignore[misc]  # of three
        for module in rights.all("module", "copy-rights.bicep")
    }


def test_only_the_worker_reaches_copies_and_may_do_with_them_what_it_does() -> None:
    keeper = template("modules/roles.bicep").named("resource", "copyKeeper").get("properties", "permissions")
    assert isinstance(keeper, list)
    allowed = {str(each).removeprefix(_BLOBS) for each in actions_of(keeper[0])}

    assert allowed == {right for each in lived().containers for call in set(each.calls) for right in _OF_BLOBS[call]}
    assert copies_granted(template("modules/rights.bicep")) == {
        ("worker", "bookingsAccount", "copyKeeper"),
        ("worker", "referralsAccount", "copyKeeper"),
    }


def test_the_container_is_the_one_that_the_code_names_and_its_rule_keeps_copies_for_as_long() -> None:
    account = template("modules/data-account.bicep")
    rule = str(account.named("resource", "lifecycle").value)

    assert account.named("resource", "container").get("name") == CONTAINER
    assert template("modules/copy-rights.bicep").named("resource", "container").get("name") == CONTAINER
    assert account.named("resource", "blobService").get("properties", "isVersioningEnabled") is True
    assert f"'prefixMatch': ['{CONTAINER}/']" in rule
    assert re.findall(r"GreaterThan': (\d+)", rule) == [str(KEPT_DAYS)] * 2


# ---- Tables and queues ----


@cache
def bindings(role: str) -> list[tuple[str, dict[str, Any]]]:
    """Every binding of an app's functions, with the function's name. In a process of its own: the SDK says it once."""
    script = (
        "import function_app, json\n"
        "print(json.dumps([(f.get_function_name(), b.get_dict_repr()) for f in function_app.app.get_functions()"
        " for b in f.get_bindings()], default=str))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env={**os.environ, "SERVICE_ROLE": role},
        capture_output=True,
        text=True,
        check=True,
    )
    found: list[tuple[str, dict[str, Any]]] = json.loads(done.stdout)
    return found


def queues_used(role: str) -> dict[str, frozenset[str]]:
    """What an app does with each queue: it sends to what it puts messages on, and a trigger moves what fails."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for _, binding in bindings(role):
        name = binding.get("queueName", "")
        if binding["type"] == "queue":
            found[name].add("send")
        elif binding["type"] == "queueTrigger":
            # What is named a second time by the timer waits in the queue; what fails five times goes to the other.
            found[name] |= {"receive", "send"}
            if not name.endswith("-poison"):
                found[f"{name}-poison"].add("send")
    return {queue: frozenset(rights) for queue, rights in found.items()}


def queues_granted(role: str, given: Template) -> dict[str, frozenset[str]]:
    found: defaultdict[str, set[str]] = defaultdict(set)
    for module in given.all("module", "queue-rights.bicep"):
        if text(module.get("params", "principalId")) == role:
            for right, listed in (("send", "sends"), ("receive", "receives")):
                for queue in strings(module.get("params", listed)):
                    assert text(module.get("params", "accountName")) == account_of(queue)
                    found[queue].add(right)
    return {queue: frozenset(rights) for queue, rights in found.items()}


@pytest.mark.parametrize("role", APPS)
def test_each_app_may_do_with_queues_what_its_functions_do(role: str) -> None:
    assert queues_granted(role, template("modules/rights.bicep")) == queues_used(role)


def test_a_right_to_a_queue_too_many_is_found() -> None:
    changed = template("modules/rights.bicep").text.replace("receives: []", "receives: ['emails']", 1)

    assert queues_granted("web", Template.of(changed)) != queues_granted("web", template("modules/rights.bicep"))


def made(kind: str, names: Iterable[str] = ("bookings", "referrals")) -> dict[str, list[str]]:
    main = template("main.bicep")
    return {name: strings(main.named("module", name).get("params", kind)) for name in names}


def test_the_tables_and_queues_of_a_local_run_are_made_in_azure_and_no_others() -> None:
    local = dict(zip(("bookings", "referrals"), TABLES_AND_QUEUES.values(), strict=True))

    assert made("tables") == {account: list(tables) for account, (tables, _) in local.items()}
    assert made("queues") == {account: list(queues) for account, (_, queues) in local.items()}


def test_every_table_and_queue_that_is_used_is_made() -> None:
    tables = {name for names in made("tables").values() for name in names}
    queues = {name for names in made("queues").values() for name in names}

    assert {table for _, table in used()} == tables
    assert queues_used("web").keys() | queues_used("worker").keys() == queues


def test_queues_of_failed_messages_have_a_function() -> None:
    triggers = {binding["queueName"] for _, binding in bindings("worker") if binding["type"] == "queueTrigger"}

    assert triggers == {name for names in made("queues").values() for name in names}
