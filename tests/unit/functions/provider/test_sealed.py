"""Referrals that only the provider's keys open, from the form to their deletion: the handlers over tables in memory."""

import json
import re
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import azure.functions as func
import pytest

from functions.referrals.forward_referral import forward_referral
from functions.referrals.refer import refer
from shared.referrals.collection.sealed_collection import SealedCollection
from shared.referrals.provider_sealing.acknowledgement_code import acknowledgement_code
from shared.tables.table import StorageUnavailableError
from tests.builders import MORNING
from tests.opener_files import Key, content_key, keys, opened_referral
from tests.unit.functions import http_requests
from tests.unit.functions.app_with_links import REFERRAL, AppWithLinks
from tests.unit.functions.provider.fake_services import text
from tests.unit.functions.test_app_roles import services

WRONG = acknowledgement_code(bytes(32))
STORY = "canary-story: Ọ́káfọ̀, أشعر بالتعب"
KEYS = json.dumps({"keys": [key.jwk for key in keys()]})


class SealedApp(AppWithLinks):
    """One process that is both apps, without a key of the worker's own, and the provider with its key files."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        own = {"REFERRAL_PRIVATE_KEY": "", "REFERRAL_PUBLIC_KEY": "", "REFERRAL_PASSPHRASE": ""}
        super().__init__(monkeypatch, "sealed", REFERRAL_PROVIDER_KEYS=KEYS, **own)

    def refer(self, story: str = STORY) -> str:
        """Someone else refers themselves; the email goes to the provider. Returns the token of its link."""
        outbox = http_requests.Outbox()
        assert refer(http_requests.json_post(REFERRAL | {"what_brings_you": story}), outbox).status_code == 201
        forward_referral(func.QueueMessage(body=outbox.get().encode()))
        [token] = re.findall(r"/collect/([\w-]{40,})", self.sender.messages[-1].text)
        return str(token)

    def at(self, token: str, at: str = "", method: str = "GET", /, **sent: str) -> func.HttpResponse:
        return self.call("collect", method, {"token": token, "act": at}, urlencode(sent).encode())

    def file(self, token: str) -> dict[str, Any]:
        answer = self.at(token, "file")
        assert answer.status_code == 200
        return dict(json.loads(answer.get_body()))

    def code(self, token: str, key: Key | None = None) -> str:
        """The code that the opener shows, with one of the provider's keys."""
        with_key = key or keys()[0]
        return acknowledgement_code(content_key(self.file(token), with_key.name, with_key.private))

    def state(self, reference: str) -> dict[str, Any]:
        return dict(self.tables["Referrals"].rows["referrals", reference].cells)

    @property
    def sealed_rows(self) -> list[str]:
        return [key for _, key in self.tables["SealedReferrals"].rows]


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> SealedApp:
    return SealedApp(monkeypatch)


@pytest.fixture
def token(app: SealedApp) -> str:
    return app.refer()


def hidden(page: func.HttpResponse, name: str) -> str:
    [value] = re.findall(rf'name="{name}" value="([^"]*)"', page.get_body().decode())[:1]
    return str(value)


def test_the_email_has_reference_day_promised_date_and_link_and_no_answer(app: SealedApp, token: str) -> None:
    message = app.sender.messages[-1]
    reference = app.file(token)["reference"]

    assert reference in message.subject
    for part in ("Friday 1 September 2023", "Please contact this person by Friday 15 September 2023", token):
        assert part in message.text
    assert "we cannot read them" in message.text
    assert "Never enter your passphrase or add your key file on a website" in message.text
    assert "canary" not in message.text + message.html
    assert app.state(reference)["Delivery"] == "sealed-file"


def test_each_key_of_the_provider_opens_the_file_as_often_as_someone_with_the_link_gets_it(
    app: SealedApp, token: str
) -> None:
    before = app.writes
    files = [app.file(token) for _ in range(3)]

    assert files[0] == files[1] == files[2]
    for key in keys():
        record = opened_referral(files[0], content_key(files[0], key.name, key.private))
        assert STORY in [each["answer"] for each in record["answers"]]
    assert app.writes == before, "a scanner that opens links changes nothing"
    answer = app.at(token, "file")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{files[0]["reference"]}.referral"'
    assert (answer.mimetype, answer.headers["Cache-Control"]) == ("application/octet-stream", "no-store")


def test_no_page_asks_for_a_passphrase_or_a_file(app: SealedApp, token: str) -> None:
    page = app.at(token)
    fields = re.findall(r'<input[^>]*name="([^"]+)"|<(textarea|select)', page.get_body().decode())

    assert page.status_code == 200
    assert {name for name, _ in fields} == {"form_token", "code"}
    assert 'type="file"' not in page.get_body().decode()
    assert "Never enter your passphrase or add your key file on a website, not even this one." in text(page)
    assert [app.at(token, act, "POST", passphrase="x").status_code for act in ("", "open", "file")] == [404, 404, 404]


def test_whatever_is_typed_into_the_status_the_page_asks_for_no_passphrase(app: SealedApp, token: str) -> None:
    """Someone who may write the table, and wants the provider to type one into a website."""
    reference = app.file(token)["reference"]
    row = app.tables["Referrals"].rows["referrals", reference]
    app.tables["Referrals"].put({**row.cells, "Delivery": "link"})

    assert "Get a referral" in text(app.at(token))
    assert app.file(token)["reference"] == reference


def test_the_code_alone_confirms_and_the_answers_go_after_the_grace(app: SealedApp, token: str) -> None:
    reference, code = app.file(token)["reference"], app.code(token, keys()[1])
    before = app.writes
    for claim in ({"saved": "yes"}, {"code": WRONG}, {"code": ""}, {"code": code[:-1], "saved": "yes"}):
        assert app.at(token, "acknowledge", "POST", **claim).status_code == 422
    assert app.state(reference)["State"] == "sent"
    assert app.writes > before, "wrong ones are counted"

    done = app.at(token, "acknowledge", "POST", code=f"  {code.lower().replace('-', ' ')}\r\n")
    assert done.status_code in {200, 303}
    cells = app.state(reference)
    assert (cells["State"], cells["AcknowledgedOn"], cells["OpenedOn"]) == ("acknowledged", "2023-09-01", "2023-09-01")
    assert "You have confirmed this referral" in text(app.at(token))
    assert app.at(token, "file").status_code == 303, "its page says that it is confirmed"
    for _ in range(7):
        app.now += timedelta(days=1)
        app.tick()
    assert app.state(reference)["State"] == "erased"
    assert reference not in app.sealed_rows


def test_a_code_that_counted_is_said_to_count_where_the_list_cannot_be_read(
    app: SealedApp, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise StorageUnavailableError("down")

    app.refer()
    reference, code = app.file(token)["reference"], app.code(token)
    monkeypatch.setattr(SealedCollection, "others", fail)

    done = app.at(token, "acknowledge", "POST", code=code)

    assert (done.status_code, done.headers["Location"].rpartition("?")[2]) == (303, "done=now")
    assert app.state(reference)["State"] == "acknowledged"


def test_the_provider_can_say_that_it_does_not_have_it_after_all(app: SealedApp, token: str) -> None:
    reference = app.file(token)["reference"]
    app.at(token, "acknowledge", "POST", code=app.code(token))
    fields = {"form_token": hidden(app.at(token), "form_token"), "act": "keep"}
    app.now += timedelta(minutes=5)

    assert app.at(token, "keep", "POST", **fields).headers["Location"].endswith("?done=kept")
    assert app.state(reference)["State"] == "received"
    app.tick()
    app.built.referrals.forwarder.forward(reference, app.now)
    assert app.state(reference)["State"] == "sent"
    assert app.file(token)["reference"] == reference


def test_a_word_goes_back_and_a_withdrawal_stands_above_all(app: SealedApp, token: str) -> None:
    reference = app.file(token)["reference"]
    app.at(token, "acknowledge", "POST", code=app.code(token))
    word_token = hidden(app.at(token), "word_token")
    app.now += timedelta(minutes=5)
    told = app.at(token, "word", "POST", act="word", word_token=word_token, said="contacted")
    assert told.headers["Location"].endswith("?done=told")

    app.built.referrals.taking_back.withdrawals.withdraw(reference, app.now)
    app.tick()
    assert reference not in app.sealed_rows
    assert "Consent withdrawn" in text(app.at(token))
    assert app.at(token, "file").status_code == 303


def test_what_is_made_up_is_set_aside_with_its_code_after_a_second_page(app: SealedApp, token: str) -> None:
    reference, code = app.file(token)["reference"], app.code(token)
    assert app.at(token, "not-genuine", "POST", code=WRONG, confirmed="yes").status_code == 422
    asked = app.at(token, "not-genuine", "POST", code=code)
    assert "aside as not genuine?" in text(asked)
    assert app.state(reference)["State"] == "sent"

    app.at(token, "not-genuine", "POST", code=hidden(asked, "code"), confirmed="yes")
    assert app.state(reference)["LastError"] == "not-genuine"
    assert "set aside as not genuine" in text(app.at(token))


def test_whoever_has_opened_one_sees_what_else_waits_and_nobody_else_does(app: SealedApp, token: str) -> None:
    """Each has a link of its own: what is behind it opens with the provider's keys alone."""
    first, other = app.file(token)["reference"], app.refer("another story")
    waiting = app.file(other)["reference"]
    code = app.code(token)
    assert waiting not in text(app.at(token))
    assert app.at(token, "list", "POST", code=WRONG).status_code == 422

    listed = app.at(token, "acknowledge", "POST", code=code)
    assert listed.status_code == 200
    assert f"Thank you for confirming referral {first}" in text(listed)
    [beside] = re.findall(rf'href="/collect/([\w-]+)"[^>]*>{waiting}<', listed.get_body().decode())
    assert app.file(beside)["reference"] == waiting
    again = app.at(token, "list", "POST", code=hidden(listed, "code"))
    assert waiting in text(again)
    assert first not in re.findall(r">([\w-]{8})</a>", again.get_body().decode())


def test_after_five_wrong_codes_the_page_has_to_be_open_for_some_seconds_and_nobody_is_locked_out(
    app: SealedApp, token: str
) -> None:
    reference, code = app.file(token)["reference"], app.code(token)
    answer = [app.at(token, "acknowledge", "POST", code=WRONG) for _ in range(6)][-1]
    assert "This is not the code of this referral. Wait 1 second" in text(answer)
    early = app.at(token, "acknowledge", "POST", code=code, form_token=hidden(answer, "form_token"))
    assert "Wait 1 second, then enter the code again" in text(early)
    assert app.state(reference)["State"] == "sent"

    app.now += timedelta(seconds=2)
    app.at(token, "acknowledge", "POST", code=code, form_token=hidden(early, "form_token"))
    assert app.state(reference)["State"] == "acknowledged"
    assert [key for _, key in app.tables["CollectTries"].rows] == ["codes"], "apart from the passphrases'"


def test_the_code_of_one_referral_confirms_no_other(app: SealedApp, token: str) -> None:
    other = app.refer("another story")

    assert app.at(other, "acknowledge", "POST", code=app.code(token)).status_code == 422
    assert app.state(app.file(other)["reference"])["State"] == "sent"


def test_a_hash_that_someone_wrote_into_the_row_is_not_believed(app: SealedApp, token: str) -> None:
    """Else whoever may write the table would have answers erased that nobody has read."""
    reference = app.file(token)["reference"]
    other = app.refer("another story")
    known = app.code(other)
    rows = app.tables["SealedReferrals"].rows
    theirs = rows["referrals", app.file(other)["reference"]].cells["Acknowledgement"]
    app.tables["SealedReferrals"].put({**rows["referrals", reference].cells, "Acknowledgement": theirs})

    assert app.at(token, "acknowledge", "POST", code=known).status_code == 500
    assert (app.state(reference)["State"], app.state(reference)["LastError"]) == ("attention", "unseal-mac")
    assert reference in app.sealed_rows


def test_a_bare_post_changes_nothing(app: SealedApp, token: str) -> None:
    before = app.writes
    for act in ("", "acknowledge", "not-genuine", "list", "keep", "word", "open", "file"):
        for body in (b"", b"x=y", b"\x00", b"saved=yes&proof=1-x&act=keep"):
            answer = app.call("collect", "POST", {"token": token, "act": act}, body)
            assert answer.status_code in {404, 422, 303, 200}, (act, body)
    assert app.writes == before


def test_an_old_link_offers_a_new_one_and_no_file(app: SealedApp, token: str) -> None:
    app.now += timedelta(days=61)
    page = app.at(token, "file")

    assert page.status_code == 410
    assert "This link has expired" in text(page)
    fields = {"act": "new-link", "form_token": hidden(page, "form_token")}
    app.now += timedelta(minutes=1)
    assert app.at(token, "", "POST", **fields).headers["Location"].endswith("?done=emailed")
    message = app.sender.messages[-1].text
    assert "passphrase we agreed" not in message
    assert "open it with your key on your own computer" in message


def test_the_pages_for_the_person_say_sent_and_not_received(app: SealedApp, token: str) -> None:
    """Nobody here can know if the answers open: the provider's drill is the proof."""
    outbox = http_requests.Outbox()
    taken = refer(http_requests.json_post(REFERRAL), outbox)
    reference, location = json.loads(taken.get_body())["reference"], taken.headers["Location"]
    page = app.call("referral_outcome", "GET", {"token": location.rpartition("/")[2]})
    assert "You have sent your form" in text(page)
    status = app.call("referral_status", "POST", {}, urlencode({"reference": reference}).encode())

    assert "You have sent your form" in text(status)
    assert "received" not in (text(page) + text(status)).casefold()
    assert "safely" not in text(status)


def test_the_form_is_open_without_a_proof_of_the_worker(app: SealedApp) -> None:
    assert app.call("one_to_one_form", "GET", {}).status_code == 200
    app.built.referrals.key_prover.run(MORNING)
    assert [key for key in app.tables["ReferralService"].rows if key[0] == "key-proof"] == []


def test_the_app_that_faces_the_public_gives_no_file_and_takes_no_code() -> None:
    sealed = {"REFERRAL_DELIVERY": "sealed", "REFERRAL_PROVIDER_KEYS": KEYS}

    assert services("web", **sealed).referrals.sealed_collection is None
    assert services("worker", **sealed).referrals.sealed_collection is not None
