"""Referrals that only the provider's keys open: nobody who has everything of the service can read one.

The administrator here has more than any there is: every setting with every secret in it, a private key of the worker's
among them, every table, queue, log, file and email, the link, and the file behind it. The provider has the key files.
"""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag

from local.setup.keys import new_keys
from local.stack.processes import Plan
from local.stack.stack import Stack, started
from shared import base64url
from shared.referrals import key_derivation
from shared.referrals.errors import KeyUnavailableError, UnsealError
from shared.referrals.key_derivation import derive_key
from shared.referrals.provider_sealing.acknowledgement_code import acknowledgement_code
from shared.referrals.sealed_answers import Sealed
from shared.referrals.sealing import LocalKey
from tests.builders import MORNING, session_cells
from tests.e2e.administrator_view import lines_with, readable_texts
from tests.e2e.canaries import CANARIES, files_with_canaries, is_canary_in
from tests.e2e.conftest import mails_to, rows, unalarmed_errors
from tests.e2e.http_client import Answer, get, post_form
from tests.e2e.provider_actions import is_sealed_kept, link_in, mail_about, pass_days, refer, status_of
from tests.e2e.test_smoke import SESSION, smoke
from tests.opener_files import Key, content_key, keys, opened_referral

KEYS = keys("the provider in the tests of the running service")
PURPOSES = [value for name, value in vars(key_derivation).items() if name.isupper() and isinstance(value, str)]


@dataclass(frozen=True)
class Deployment:
    """The service with `sealed`, with everything that it stores and logs below `folder`."""

    stack: Stack
    folder: Path


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    folder = tmp_path_factory.mktemp("sealed")
    (folder / "run").mkdir()
    settings = {
        "REFERRAL_DELIVERY": "sealed",
        "REFERRAL_PROVIDER_KEYS": json.dumps({"keys": [key.jwk for key in KEYS]}),
        "OPERATORS_EMAIL": "operators@merseycare.nhs.uk",
    }
    plan = Plan(
        at=MORNING,
        forks=True,
        folder=folder / "run",
        keys=new_keys(),
        data=folder / "data",
        settings=settings,
        reports=True,
    )
    with started(plan) as stack:
        yield Deployment(stack, folder)
        assert unalarmed_errors(stack) == []


def sent(stack: Stack) -> tuple[str, str]:
    """The reference of a new referral and the link in the email about it."""
    reference = refer(stack)
    stack.settle()
    return reference, link_in(mail_about(stack, reference))


def file_at(link: str) -> dict[str, Any]:
    answer = get(f"{link}/file")
    assert answer.status == 200
    return dict(json.loads(answer.text))


def code_of(link: str, key: Key) -> str:
    return acknowledgement_code(content_key(file_at(link), key.name, key.private))


def confirm_with(link: str, code: str) -> Answer:
    return post_form(f"{link}/acknowledge", {"code": code})


def held(deployment: Deployment) -> list[bytes]:
    """Whatever could be a key: each setting, and each cell of each table, as it is and out of base64."""
    stack = deployment.stack
    texts = [*stack.settings.values()]
    texts += [part for value in stack.settings.values() for part in value.replace(";", "=").split("=")]
    cells = [
        cell
        for storage, names in {
            "BOOKINGS_STORAGE": ["Service"],
            "REFERRALS_STORAGE": ["Referrals", "SealedReferrals", "ReferralService", "ReferralMail"],
        }.items()
        for name in names
        for row in rows(stack, name, storage).list_entities()
        for cell in row.values()
    ]
    texts += [cell for cell in cells if isinstance(cell, str)]
    found = [cell for cell in cells if isinstance(cell, bytes)] + [text.encode() for text in texts]
    return [*found, *filter(None, map(_decoded, texts))]


def _decoded(text: str) -> bytes:
    try:
        return base64url.decode_any(text)
    except ValueError:
        return b""


def test_whoever_holds_every_secret_of_the_service_opens_no_referral(deployment: Deployment) -> None:
    stack = deployment.stack
    _, link = sent(stack)
    file = file_at(link)
    tried = 0

    for secret in held(deployment):
        for key in {secret[:32], secret[-32:], *(derive_key(secret, purpose) for purpose in PURPOSES if secret)}:
            if len(key) == 32:
                tried += 1
                with pytest.raises(InvalidTag):
                    opened_referral(file, key)
    assert tried > 500
    private = stack.settings["REFERRAL_PRIVATE_KEY"]
    own = json.loads(private)["kid"]
    for each in file["keys"]:
        wrapped = base64url.decode(each["wrapped_key"])
        for kid in (own, each["thumbprint"]):
            with pytest.raises((UnsealError, KeyUnavailableError)):
                LocalKey(private).unwrap(Sealed("3", kid, wrapped, b"", b"").key_id, wrapped)
    record = opened_referral(file, content_key(file, KEYS[1].name, KEYS[1].private))
    assert CANARIES["full_name"] in [each["answer"] for each in record["answers"]], "the provider's key does"


def test_no_answer_can_be_read_anywhere_not_even_in_the_providers_own_email(deployment: Deployment) -> None:
    stack = deployment.stack
    reference, link = sent(stack)
    provider = mails_to(stack, stack.settings["REFERRAL_RECIPIENT"])

    assert any(reference in str(mail) for mail in provider)
    assert not any(is_canary_in(str(mail)) for mail in provider)
    assert not any(is_canary_in(answer.text) for answer in (get(link), get(f"{link}/file")))
    assert {place for place, text in readable_texts(stack).items() if is_canary_in(text)} == set()
    assert files_with_canaries(deployment.folder) == set()
    assert lines_with(stack, [reference]) == set()


def test_nobody_without_the_providers_key_can_have_answers_erased(deployment: Deployment) -> None:
    """Not with what stands in the row, not with another's code, not with a key of the service's, and not by typing."""
    stack = deployment.stack
    reference, link = sent(stack)
    _, another = sent(stack)
    row = dict(rows(stack, "SealedReferrals", "REFERRALS_STORAGE").get_entity("referrals", reference))
    guesses = [
        code_of(another, KEYS[0]),
        row["Acknowledgement"].hex(),
        base64.b64encode(row["Acknowledgement"]).decode(),
        acknowledgement_code(row["Acknowledgement"]),
        acknowledgement_code(_decoded(stack.settings["REFERRAL_MAC_KEY"])),
    ]

    assert [confirm_with(link, each).status for each in guesses] == [422] * len(guesses)
    assert [post_form(f"{link}/{act}", {"saved": "yes", "proof": "1-x"}).status for act in ("acknowledge", "open")] == [
        422,
        404,
    ]
    table = rows(stack, "Referrals", "REFERRALS_STORAGE")
    table.update_entity({"PartitionKey": "referrals", "RowKey": reference, "State": "acknowledged"})
    pass_days(stack, 6)
    assert is_sealed_kept(stack, reference)
    assert status_of(stack, reference)["State"] == "attention", "a word alone shows nothing: a person looks"


def test_the_code_of_either_key_confirms_it_and_it_is_erased(deployment: Deployment) -> None:
    stack = deployment.stack
    for key in KEYS:
        reference, link = sent(stack)
        confirmed = confirm_with(link, code_of(link, key))
        assert confirmed.status in {200, 303}
        assert status_of(stack, reference)["State"] == "acknowledged"
        pass_days(stack, 6)
        assert status_of(stack, reference)["State"] == "erased"
        assert not is_sealed_kept(stack, reference)


def test_a_drill_goes_the_whole_way_to_the_provider_and_each_key_opens_it(deployment: Deployment) -> None:
    """The proof that what the service seals can be read: no one here could know."""
    stack = deployment.stack
    code, said = smoke(stack, "--drill")
    stack.settle()
    link = link_in(str(mails_to(stack, stack.settings["REFERRAL_RECIPIENT"])[-1]["content"]["plainText"]))
    file = file_at(link)

    assert (code, said.startswith("smoke: passed; health")) == (0, True), said
    for key in KEYS:
        record = opened_referral(file, content_key(file, key.name, key.private))
        assert "Website Test" in [each["answer"] for each in record["answers"]]
    assert confirm_with(link, code_of(link, KEYS[0])).status in {200, 303}


def test_the_test_that_runs_by_itself_sends_the_provider_nothing(deployment: Deployment) -> None:
    stack = deployment.stack
    rows(stack, "Sessions").create_entity(session_cells(RowKey=SESSION, State="test", Date="2099-01-01"))
    before = len(mails_to(stack, stack.settings["REFERRAL_RECIPIENT"]))
    code, said = smoke(stack, "--without-referral")
    stack.settle()

    assert (code, said.startswith("smoke: passed; pages")) == (0, True), said
    assert len(mails_to(stack, stack.settings["REFERRAL_RECIPIENT"])) == before


def test_what_was_sealed_to_the_keys_of_before_opens_with_them_after_a_change_of_keys(tmp_path: Path) -> None:
    """The same tables with new keys in the settings: the old file opens, is confirmed, and new ones have new keys."""
    old, new = KEYS, keys("new keys")
    own = new_keys()

    def plan(run: str, held_by: tuple[Key, Key]) -> Plan:
        (tmp_path / run).mkdir()
        public = json.dumps({"keys": [key.jwk for key in held_by]})
        settings = {"REFERRAL_DELIVERY": "sealed", "REFERRAL_PROVIDER_KEYS": public, "REFERRAL_PRIVATE_KEY": ""}
        return Plan(
            at=MORNING,
            forks=True,
            folder=tmp_path / run,
            keys=own,
            data=tmp_path / "data",
            settings=settings,
            load=None,
        )

    with started(plan("before", old)) as stack:
        reference, link = sent(stack)
    with started(plan("after", new)) as stack:
        again = stack.site + "/collect/" + link.rpartition("/")[2]
        assert [each["thumbprint"] for each in file_at(again)["keys"]] == [key.name for key in old]
        newer, other = sent(stack)
        assert [each["thumbprint"] for each in file_at(other)["keys"]] == [key.name for key in new]
        assert confirm_with(again, code_of(again, old[0])).status == 200, "the list of what else waits"
        assert confirm_with(other, code_of(other, new[1])).status == 303
        assert [status_of(stack, each)["State"] for each in (reference, newer)] == ["acknowledged"] * 2
