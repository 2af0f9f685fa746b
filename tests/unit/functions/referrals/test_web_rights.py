"""The web app over the referrals' tables with the rights that it has: insert, and read statuses. Nothing else."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, cast

import azure.functions as func
import pytest

import functions.referrals.outcome
import functions.referrals.refer
import functions.referrals.status
import functions.site.content_pages
import shared.bootstrap
from functions.referrals.outcome import referral_outcome
from functions.referrals.refer import one_to_one_form, refer
from functions.referrals.status import referral_status, referral_status_form
from functions.site.content_pages import privacy
from shared.composition import azure_clients
from shared.composition.services import Services
from shared.config.settings import Settings, StorageConnection
from shared.tables.table import StorageRefusedError, Table
from tests.builders import MORNING
from tests.fakes import Crash, FakeClock, FakeTable
from tests.unit.functions import http_requests
from tests.unit.functions.http_requests import Outbox
from tests.unit.functions.referrals.form_browser import Fields, FormBrowser
from tests.unit.functions.referrals.test_wizard import answer_until
from tests.unit.functions.test_app_roles import EVERYTHING

RIGHTS: Mapping[str, frozenset[str]] = {
    "SealedReferrals": frozenset({"insert"}),
    "Referrals": frozenset({"insert", "get"}),
    "ReferralService": frozenset({"get"}),
}
"""The operations that the web app's identity may do in the referrals' account, by table."""

REFERRAL = {
    "works_here": "yes",
    "full_name": "Canary Zoë",
    "contact_by": ["email"],
    "email": "zoe@home.example",
    "therapy_language": "English",
    "what_brings_you": "canary-story",
    "consent_share": "yes",
    "submission_id": "s" * 20,
}


class RightsTable:
    """A table in which every operation without a right is refused, and noted. One call may end the process."""

    def __init__(self, name: str, table: FakeTable, web: "WebSide") -> None:
        self._name, self._table, self._web = name, table, web

    def __getattr__(self, operation: str) -> Any:
        if operation not in RIGHTS.get(self._name, frozenset()):
            self._web.refused.append(f"{operation} {self._name}")
            raise StorageRefusedError("HTTP 403")
        if self._web.dies_at == f"{operation} {self._name}":
            self._web.dies_at = ""
            raise Crash
        return getattr(self._table, operation)


class WebSide:
    """The web app's services over tables in memory. `refused` are the operations that it had no right to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        account = "AccountName=referrals;AccountKey=a2V5"
        settings = Settings.from_environment(EVERYTHING | {"SERVICE_ROLE": "web", "REFERRALS_STORAGE": account})
        self.tables: defaultdict[str, FakeTable] = defaultdict(FakeTable)
        self.refused: list[str] = []
        self.dies_at = ""
        self.now = FakeClock(MORNING)
        built = Services(settings, self.now)
        monkeypatch.setattr(azure_clients, "tables", lambda _: self.tables.__getitem__)
        worker = Settings.from_environment(EVERYTHING | {"SERVICE_ROLE": "worker"})
        Services(worker, self.now).referrals.key_prover.run(MORNING)
        monkeypatch.setattr(azure_clients, "tables", self._open)
        pages = (
            functions.referrals.refer,
            functions.referrals.outcome,
            functions.referrals.status,
            functions.site.content_pages,
        )
        for module in (*pages, shared.bootstrap):
            monkeypatch.setattr(module, "services", lambda: built)

    def _open(self, connection: StorageConnection) -> Any:
        if "referrals" not in (connection.connection_string or ""):
            return self.tables.__getitem__
        return lambda name: cast("Table", RightsTable(name, self.tables[name], self))

    def send_json(self, **changes: Any) -> func.HttpResponse:
        answer = refer(http_requests.json_post(REFERRAL | changes), Outbox())
        assert isinstance(answer, func.HttpResponse)
        return answer

    def begin(self) -> FormBrowser:
        def send(action: str, fields: Fields) -> func.HttpResponse:
            self.now.moment += timedelta(seconds=10)
            req = http_requests.form(fields)
            answer = refer(req, Outbox()) if action == "/one-to-one" else functions.referrals.refer.questions(req)
            assert isinstance(answer, func.HttpResponse)
            return answer

        return FormBrowser(send, one_to_one_form(http_requests.get()))

    def status_of(self, reference: str) -> func.HttpResponse:
        answer = referral_status(http_requests.form({"reference": reference}))
        assert isinstance(answer, func.HttpResponse)
        return answer

    @property
    def sealed(self) -> list[str]:
        return [key for _, key in self.tables["SealedReferrals"].rows]


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> WebSide:
    return WebSide(monkeypatch)


def test_the_form_the_page_after_it_and_the_status_page_need_no_other_right(web: WebSide) -> None:
    person = answer_until(web.begin(), "Check your answers before you send them").press()
    last = list(person.page.fields)
    person.fill(consent_share="yes").press("Agree and send")
    [reference] = web.sealed
    outcome = http_requests.get_token(person.answer.headers["Location"])

    assert person.answer.status_code == 303
    assert reference in referral_outcome(outcome).get_body().decode()
    assert "We have your form" in web.status_of(reference).get_body().decode()
    assert web.status_of("99999999").status_code == 404
    assert refer(http_requests.form([*last, ("consent_share", "yes")]), Outbox()).status_code == 303, "sent twice"
    assert {page(http_requests.get()).status_code for page in (referral_status_form, privacy)} == {200}
    assert (web.sealed, web.refused) == ([reference], [])


def test_json_repeated_and_with_other_answers_needs_no_other_right(web: WebSide) -> None:
    answers = [web.send_json(), web.send_json(), web.send_json(what_brings_you="other")]

    assert [answer.status_code for answer in answers] == [201, 201, 409]
    assert answers[0].get_body() == answers[1].get_body()
    assert web.refused == []


def test_a_form_of_which_a_process_died_half_way_gets_its_reference_without_another_right(web: WebSide) -> None:
    web.dies_at = "insert Referrals"
    with pytest.raises(Crash):
        web.send_json()

    answers = [web.send_json(), web.send_json()]

    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].get_body() == answers[1].get_body()
    assert web.refused == []


def test_a_web_app_without_the_right_to_insert_says_that_it_is_to_be_sent_again(
    web: WebSide, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(cast("dict[str, Any]", RIGHTS), "SealedReferrals", frozenset())

    assert web.send_json().status_code == 503
    assert web.refused == ["insert SealedReferrals"]
    assert web.tables["Referrals"].rows == {}
