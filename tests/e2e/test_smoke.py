"""The test of a running installation, run against the local one; and what its marker can and cannot do."""

import os
import subprocess
import sys
from typing import Any

import pytest

from local.paths import ROOT
from local.stack.stack import Stack
from shared.base64url import decode_any
from shared.content.content import load_content
from shared.referrals.delivery.smoke_test import random_marker, signed_marker
from shared.referrals.intake.fixed_answers import fixed_answers
from shared.signing import Signer
from tests.alarms import went_off
from tests.builders import session_cells
from tests.e2e.conftest import mails_to, roster, rows
from tests.e2e.http_client import get, get_json, post_json

EMAIL = "website-test@merseycare.nhs.uk"
SESSION = "smoke-test"


@pytest.fixture(scope="module")
def hidden(stack: Stack) -> str:
    rows(stack, "Sessions").create_entity(session_cells(RowKey=SESSION, State="test"))
    return SESSION


def smoke(stack: Stack, *options: str, **changes: str) -> tuple[int, str]:
    """The exit code of the command, and what it prints."""
    known = {
        "SMOKE_KEY": stack.settings["SMOKE_KEY"],
        "SMOKE_EMAIL": EMAIL,
        "CONTENT_FILE": stack.settings["CONTENT_FILE"],
    }
    command = [sys.executable, "-m", "local.commands.smoke", "--site", stack.site, "--worker", stack.site, *options]
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | known | changes, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


def made_up(stack: Stack, marker: str, **changes: Any) -> str:
    """The reference of a referral with the fixed answers, or some other ones, and this marker."""
    given = fixed_answers(load_content(ROOT / stack.settings["CONTENT_FILE"]).one_to_one) | changes
    reference: str = post_json(f"{stack.site}/one-to-one", given | {"marker": marker}).json["reference"]
    stack.settle()
    return reference


def emails_about(stack: Stack, reference: str) -> list[str]:
    return [
        mail["recipients"]["to"][0]["address"] for mail in stack.mail.messages() if reference in str(mail["content"])
    ]


def signer(stack: Stack) -> Signer:
    return Signer((decode_any(stack.settings["SMOKE_KEY"]),))


def test_a_running_installation_passes_and_nothing_is_left_of_the_test(stack: Stack, hidden: str) -> None:
    code, said = smoke(stack)

    assert code == 0, said
    assert went_off(stack.log_text(), "smoke-test-silent")
    assert said.startswith("smoke: passed; pages ")
    assert said.count("\n") == 1
    [attendee] = roster(stack, hidden)
    assert attendee["State"] == "cancelled"
    assert [mail["content"]["subject"] for mail in mails_to(stack, stack.settings["OPERATORS_EMAIL"])][-1].startswith(
        "Test of the service: "
    )


def test_it_can_be_run_again(stack: Stack, hidden: str) -> None:
    assert smoke(stack)[0] == 0


def test_another_key_is_noticed(stack: Stack, hidden: str) -> None:
    code, said = smoke(stack, SMOKE_KEY="A" * 43)

    assert code == 1
    assert said.startswith("smoke: FAILED; referral: it went to the provider")


def test_a_session_that_is_not_there_is_noticed(stack: Stack, hidden: str) -> None:
    code, said = smoke(stack, "--session", "nowhere")

    assert (code, said.partition(" in place")[0]) == (1, "smoke: FAILED; booking: HTTP 404")


def test_without_a_key_it_does_not_begin(stack: Stack) -> None:
    assert smoke(stack, SMOKE_KEY="") == (2, "smoke: not begun: not in the environment: SMOKE_KEY\n")


def test_the_session_of_tests_is_in_no_list(stack: Stack, hidden: str) -> None:
    assert hidden not in get(f"{stack.site}/sessions").text
    assert hidden not in {each["id"] for each in get_json(f"{stack.site}/sessions").json["sessions"]}
    assert hidden not in get(f"{stack.site}/bookings/new").text
    assert get(f"{stack.site}/bookings/new?session={hidden}").status == 200


def test_only_the_operators_are_told_of_a_test_and_of_its_reference_alone(stack: Stack) -> None:
    reference = made_up(stack, signed_marker(signer(stack)))

    assert emails_about(stack, reference) == [stack.settings["OPERATORS_EMAIL"]]
    assert "Website Test" not in str([m for m in stack.mail.messages() if reference in str(m["content"])])
    assert reference not in stack.log_text()


@pytest.mark.parametrize("kind", ["of a person", "of a test without its marker", "of a person with a tests marker"])
def test_everything_else_goes_to_the_provider(stack: Stack, kind: str) -> None:
    marker = random_marker() if "without" in kind or kind == "of a person" else signed_marker(signer(stack))
    changes = {} if "without" in kind else {"full_name": "Zoë Okafor"}

    reference = made_up(stack, marker, **changes)

    assert emails_about(stack, reference) == [stack.settings["REFERRAL_RECIPIENT"]]


def test_nothing_in_the_tables_tells_a_test_from_a_referral(stack: Stack) -> None:
    references = [made_up(stack, marker) for marker in (signed_marker(signer(stack)), random_marker())]
    stored = [rows(stack, "SealedReferrals", "REFERRALS_STORAGE").get_entity("referrals", each) for each in references]
    known = [rows(stack, "Referrals", "REFERRALS_STORAGE").get_entity("referrals", each) for each in references]

    assert {len(each["Sealed"]) for each in stored} == {len(stored[0]["Sealed"])}
    assert {len(each["Marker"]) for each in known} == {44}
