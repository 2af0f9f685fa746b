"""An installation that offers one kind of support alone: of the other there is no trace anywhere."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from html import unescape
from pathlib import Path
from typing import Any

import pytest

import functions.site.health
import functions.timer
from functions.api.document import document
from functions.site.content_pages import privacy, start, who_sees
from functions.site.health import health_details
from shared.composition import azure_clients
from shared.composition.services import Services
from shared.config.settings import Settings, SettingsError, Support
from shared.content.content import Content, ContentError, load_content
from shared.mail.renderer import MailRenderer
from shared.tables.storage_connection import StorageConnection
from tests import builders
from tests.builders import MORNING, ROOT
from tests.fakes import FakeBlobs, FakeTable
from tests.unit.functions import http_requests
from tests.unit.functions.page_examples import PAGES, show
from tests.unit.functions.test_another_trust import MAILS
from tests.unit.functions.test_app_roles import EVERYTHING

OTHER = ROOT / "tests" / "content" / "other-trust.toml"
OF_KIND = {"groups": ("bookings/", "manage/"), "one_to_one": ("referrals/", "provider/")}
OF_PROBLEM = {"groups": {"bookings closed", "problem"}, "one_to_one": {"one-to-one closed"}}
OF_REFERRALS = ("referral", "operators")
ADDRESSES = {
    "groups": ("/sessions", "/bookings", "/manage", "Group session", "mailto:circles@"),
    "one_to_one": ("/one-to-one", "/time-away-note", "/collect", "/acknowledge", "One-to-one form", "your form"),
}
ABSENT = ["groups", "one_to_one"]


def written_without(absent: str) -> str:
    """The content file of another trust without a table, and without what other tables say about it."""
    lines, skipped = [], False
    for line in OTHER.read_text("utf-8").splitlines():
        if line.startswith("["):
            skipped = line.strip("[]").split(".")[0] == absent or line == f"[closed.{_CLOSED[absent]}]"
        if not skipped and not line.startswith(f"{absent}_seen_by"):
            lines.append(line)
    return "\n".join(lines)


_CLOSED = {"groups": "bookings", "one_to_one": "one_to_one"}


@pytest.fixture(params=ABSENT)
def absent(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def file(absent: str, tmp_path: Path) -> Path:
    path = tmp_path / "one-kind.toml"
    path.write_text(written_without(absent), "utf-8")
    return path


@pytest.fixture
def one_kind(file: Path) -> Content:
    return load_content(file)


def copy_of(absent: str) -> set[str]:
    """The name of what is not offered, and every piece of its copy that is more than two words, which are anyone's."""
    table = getattr(builders.other_content(), absent).model_dump()
    return {table["name"]} | {leaf for leaf in leaves(table) if leaf.count(" ") > 1 and leaf != "the rota office"}


def leaves(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from leaves(each)
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from leaves(each)


def test_no_page_has_a_trace_of_what_is_not_offered(absent: str, one_kind: Content) -> None:
    found = {}
    traces = copy_of(absent) | set(ADDRESSES[absent])
    for name, (template, _) in PAGES.items():
        if not template.startswith(OF_KIND[absent]) and name not in OF_PROBLEM[absent]:
            html = unescape(show(name, one_kind).html)
            if seen := sorted(each for each in traces if each in html):
                found[name] = seen
    assert found == {}


def test_the_search_finds_what_is_offered() -> None:
    both = builders.other_content()
    for absent in ABSENT:
        html = unescape(show("start", both).html)
        assert [each for each in copy_of(absent) | set(ADDRESSES[absent]) if each in html] != []


def test_every_email_can_be_written_without_a_word_of_what_is_not_offered(absent: str, one_kind: Content) -> None:
    kept = [(name, facts) for name, facts in MAILS if name.startswith(OF_REFERRALS) is (absent == "groups")]
    traces = copy_of(absent)
    found = {}
    for name, facts in kept:
        mail = MailRenderer(one_kind).render(name, to="a@b.example", **facts)
        if seen := sorted(each for each in traces if each in f"{mail.subject} {mail.text} {unescape(mail.html)}"):
            found[name] = seen
    assert len(kept) > 8
    assert found == {}


def test_the_description_of_the_api_has_the_addresses_of_what_is_offered(absent: str, one_kind: Content) -> None:
    paths = set(document(one_kind, builders.POLICY)["paths"])
    both = set(document(builders.other_content(), builders.POLICY)["paths"])
    gone = {path for path in both if path.startswith(ADDRESSES[absent][:3])}
    assert gone
    assert paths == both - gone


ROUTES = {
    "groups": {
        *("book", "booking_form", "list_sessions", "session_feed", "sessions_preflight", "manage_booking", "calendar"),
        *("several_form", "several_sessions", "several_details", "several_check", "book_several", "several_outcome"),
        *("send_mail", "booking_session", "booking_details", "booking_check", "booking_outcome"),
    },
    "one_to_one": {"refer", "one_to_one_form", "acknowledge", "collect", "withdraw", "forward_referral", "questions"},
}
OTHERS = {"groups": "one_to_one", "one_to_one": "groups"}


def registered(file: Path) -> dict[str, list[str]]:
    """The names of the functions of an installation with this content file, each with the kinds of its bindings."""
    script = (
        "import function_app, json\n"
        "print(json.dumps({f.get_function_name(): [b.get_dict_repr().get('queueName') or '' for b in f.get_bindings()]"
        " for f in function_app.app.get_functions()}))"
    )
    environment = {**os.environ, "SERVICE_ROLE": "all", "CONTENT_FILE": str(file)}
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    found: dict[str, list[str]] = json.loads(done.stdout)
    return found


def test_no_function_is_registered_for_what_is_not_offered(absent: str, file: Path) -> None:
    found = registered(file)
    assert ROUTES[absent] & found.keys() == set()
    assert ROUTES[OTHERS[absent]] <= found.keys()
    assert {"start", "health", "schedule", "back_up", "zz_elsewhere", "openapi_document"} <= found.keys()
    assert ("referrals" in found["schedule"]) is (absent == "groups")


def test_both_kinds_are_registered_where_the_content_file_cannot_be_read(tmp_path: Path) -> None:
    broken = tmp_path / "broken.toml"
    broken.write_text("groups = [", "utf-8")
    found = registered(broken).keys()
    assert ROUTES["groups"] | ROUTES["one_to_one"] <= found


# ---- The services ----


def settings(file: Path, **changes: str) -> Settings:
    return Settings.from_environment(EVERYTHING | {"CONTENT_FILE": str(file), "SERVICE_ROLE": "all"} | changes)


class Accounts:
    """The tables of both storage accounts in memory, and which of the two were asked for."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.opened: list[StorageConnection] = []
        self.tables: dict[str, FakeTable] = {}
        monkeypatch.setattr(azure_clients, "tables", self._tables)
        monkeypatch.setattr(azure_clients, "blobs", self._blobs)

    def _tables(self, connection: StorageConnection) -> Any:
        self.opened.append(connection)
        return lambda name: self.tables.setdefault(name, FakeTable())

    def _blobs(self, connection: StorageConnection, _: str) -> FakeBlobs:
        self.opened.append(connection)
        return FakeBlobs()


REFERRALS = ("REFERRAL", "PROVIDER", "COLLECT", "SMOKE")


def without_referrals(role: str) -> dict[str, str]:
    """What a developer's machine has, without one setting of referrals."""
    return {name: value for name, value in EVERYTHING.items() if not name.startswith(REFERRALS)} | {
        "SERVICE_ROLE": role
    }


@pytest.mark.parametrize("role", ["web", "worker", "all"])
def test_groups_alone_need_no_setting_of_referrals_and_read_none(role: str, tmp_path: Path) -> None:
    path = tmp_path / "groups.toml"
    path.write_text(written_without("one_to_one"), "utf-8")
    needed = without_referrals(role) | {"CONTENT_FILE": str(path)}
    unusable = dict.fromkeys((name for name in EVERYTHING if name.startswith("REFERRAL")), "@Microsoft.KeyVault()")

    found = Settings.from_environment(needed)
    assert Settings.from_environment(needed | unusable) == found
    assert found.offered == {Support.BOOKINGS}
    with pytest.raises(SettingsError, match="REFERRAL_MAC_KEY"):
        _ = found.mac_key
    with pytest.raises(SettingsError, match="REFERRAL_MAC_KEY"):
        Settings.from_environment(without_referrals(role))
    missing = {"BOOKINGS_STORAGE": "", "MAIL_SERVICE": ""}
    with pytest.raises(SettingsError) as caught:
        Settings.from_environment(needed | missing)
    assert caught.value.problems.keys() == {"BOOKINGS_STORAGE"} | ({"MAIL_SERVICE"} if role != "web" else set())


def test_a_run_of_the_timer_and_a_backup_touch_nothing_of_what_is_not_offered(
    absent: str, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    accounts, chosen = Accounts(monkeypatch), settings(file)
    built = Services(chosen, lambda: MORNING)
    for module in (functions.timer, functions.site.health):
        monkeypatch.setattr(module, "services", lambda: built)

    emails = http_requests.Outbox()
    if absent == "one_to_one":
        functions.timer.schedule_without_referrals(None, emails)
    else:
        functions.timer.schedule(None, emails, http_requests.Outbox())
    built.backups.daily.run(MORNING)

    report = built.heartbeat.last()
    assert report is not None
    assert report.parts == ()
    assert {"Sessions" in accounts.tables, "Referrals" in accounts.tables} == {True, absent == "groups"}
    if absent == "one_to_one":
        assert {each.connection_string for each in accounts.opened} == {chosen.bookings_storage.connection_string}
        assert len(built.backups.daily.accounts) == 1
    else:
        assert len(built.backups.daily.accounts) == 2


def test_health_has_nothing_to_say_of_what_is_not_offered(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Accounts(monkeypatch)
    built = Services(settings(file), lambda: MORNING)
    monkeypatch.setattr(functions.site.health, "services", lambda: built)
    built.timer_run.run(MORNING)

    said = json.loads(health_details(http_requests.get()).get_body())
    assert said.keys() - {"status"} == ({"consent_facts"} if built.content.has_one_to_one else set())


def test_the_pages_to_read_are_there(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Accounts(monkeypatch)
    built = Services(settings(file), lambda: MORNING)
    monkeypatch.setattr("functions.site.content_pages.services", lambda: built)
    for handler in (start, who_sees, privacy):
        assert handler(http_requests.get()).status_code == 200


# ---- The content file ----


def test_a_content_file_needs_one_kind_and_all_that_is_said_of_it(absent: str, tmp_path: Path) -> None:
    path = tmp_path / "en.toml"
    only = written_without(absent)
    offered = OTHERS[absent]
    seen_by = "\n".join(line for line in only.splitlines() if not line.startswith(f"{offered}_seen_by"))
    path.write_text(seen_by, "utf-8")
    with pytest.raises(ContentError, match=f"{offered} needs its page in closed"):
        load_content(path)
    neither = "\n".join(line for line in written_without("groups").splitlines())
    path.write_text(_without_table(neither, "one_to_one"), "utf-8")
    with pytest.raises(ContentError, match="needs the table groups, one_to_one or both"):
        load_content(path)


def _without_table(text: str, table: str) -> str:
    kept, skipped = [], False
    for line in text.splitlines():
        if line.startswith("["):
            skipped = line.strip("[]").split(".")[0] == table
        if not skipped:
            kept.append(line)
    return "\n".join(kept)
