"""A referral through the running host: whole at the provider, unreadable everywhere else."""

import base64
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from azure.storage.queue import QueueServiceClient

from local.setup.keys import new_keys
from local.stack.processes import Plan
from local.stack.stack import Stack, running_stack, started
from tests.builders import MORNING
from tests.e2e.canaries import (
    CANARIES,
    files_with_canaries,
    is_canary_in,
    queues_with_canaries,
    tables_with_canaries,
)
from tests.e2e.conftest import mails_to, opened_form, rows
from tests.e2e.http_client import all_at_once, get, post_form, post_json

KEEP_MESSAGES = {"AzureWebJobs.forward_referral.Disabled": "true", "AzureWebJobs.send_mail.Disabled": "true"}


LED = {"need_help_now": "no"}
"""Answers that a person gives on the pages and nobody keeps."""


def referral(**changes: Any) -> dict[str, Any]:
    return CANARIES | changes


def referral_mails(stack: Stack, reference: str) -> list[dict[str, Any]]:
    mails = mails_to(stack, stack.settings["REFERRAL_RECIPIENT"])
    return [mail for mail in mails if reference in mail["content"]["subject"]]


@pytest.mark.parametrize(
    ("name", "story"),
    [
        ("أحمد الحسن", "أشعر بالتعب والوحدة في العمل.\nلا أستطيع النوم."),
        ("Ọ́káfọ̀ Adébáyọ̀", "Ó rẹ̀ mí gan-an ní ibi iṣẹ́, mi ò sì lè sùn."),
        ("李小龍", "工作壓力很大 😔"),
        ("Zoë O’Neill", "<script>alert(1)</script> {{7*7}} [x](http://evil.example)"),
    ],
)
def test_a_referral_arrives_whole_in_any_script(stack: Stack, name: str, story: str) -> None:
    answer = post_json(f"{stack.site}/one-to-one", referral(full_name=name, what_brings_you=story))
    stack.settle()

    [mail] = referral_mails(stack, answer.json["reference"])
    for line in (name, *story.splitlines(), "07700 900 982", "canary-address@canary-home.example", "Canarylanguage"):
        assert line in mail["content"]["plainText"]
    assert "<script>alert" not in mail["content"]["html"]


def test_it_is_one_email_to_one_recipient_with_the_reference_alone_in_its_subject(stack: Stack) -> None:
    reference = post_json(f"{stack.site}/one-to-one", referral()).json["reference"]
    stack.settle()

    [mail] = referral_mails(stack, reference)
    assert mail["recipients"] == {"to": [{"address": "referrals@nafsiyat.org.uk"}]}
    assert mail["content"]["subject"] == f"New self-referral {reference}"
    assert "replyTo" not in mail
    assert mail["content"]["plainText"].startswith("Do not reply to this email")
    assert "attachments" not in mail


def test_its_status_is_sent_and_the_sealed_answers_are_kept(stack: Stack) -> None:
    reference = post_json(f"{stack.site}/one-to-one", referral()).json["reference"]
    stack.settle()

    status = rows(stack, "Referrals", "REFERRALS_STORAGE").get_entity("referrals", reference)
    sealed = rows(stack, "SealedReferrals", "REFERRALS_STORAGE").get_entity("referrals", reference)
    assert (status["State"], status["ReceivedOn"]) == ("sent", "2023-09-01")
    assert len(sealed["Sealed"]) > 100


def test_a_form_ends_on_a_page_with_the_reference(stack: Stack) -> None:
    fields = LED | referral(
        consent_share="yes", **{"therapy_language": "another", "therapy_language-another": "Yoruba"}
    )

    answer = post_form(f"{stack.site}/one-to-one", opened_form(stack, "/one-to-one") | fields)
    page = get(f"{stack.site}{answer.headers['location']}")

    reference = re.search('<strong translate="no">([34679CDFGHJKMNPQRTVWXY]{8})</strong>', page.text)
    assert (answer.status, page.status) == (303, 200)
    assert reference is not None
    assert reference[1] not in answer.headers["location"]
    assert not is_canary_in(answer.headers["location"])
    assert page.headers["cache-control"] == "no-store"


def test_a_form_with_mistakes_comes_back_with_what_was_typed(stack: Stack) -> None:
    typed = {"works_here": "yes", "full_name": "Zoë", "contact_by": ["email", "phone"]}
    for missing, message in ((None, "Enter your email address"), ({"email": "a@b"}, "in the correct format")):
        answer = post_form(
            f"{stack.site}/one-to-one", opened_form(stack, "/one-to-one") | LED | typed | (missing or {})
        )

        assert answer.status == 422
        assert message in answer.text
        assert "<title>Error: Your email address" in answer.text
        assert 'value="Zoë"' in answer.text


def test_one_submission_twenty_times_is_one_referral_and_one_email(stack: Stack) -> None:
    body = referral(submission_id="referral-submission-01")

    answers = all_at_once(f"{stack.site}/one-to-one", [body] * 20)
    stack.settle()

    assert {(answer.status, answer.text) for answer in answers} == {(201, answers[0].text)}
    assert len(referral_mails(stack, answers[0].json["reference"])) == 1


def test_the_same_submission_with_other_answers_is_refused_kindly(stack: Stack) -> None:
    body = referral(submission_id="referral-submission-02")
    assert post_json(f"{stack.site}/one-to-one", body).status == 201

    answer = post_json(f"{stack.site}/one-to-one", body | {"full_name": "Another Person"})

    assert answer.status == 409
    assert answer.json["title"] == "You have already sent this form"


def test_nobody_who_reads_tables_queues_and_logs_learns_anything(tmp_path: Path) -> None:
    """Every cell and message, everything that Azurite stored as it lies on its disk, and every line that was logged."""
    plan = kept_plan(tmp_path)
    with started(plan) as stack:
        form = opened_form(stack, "/one-to-one") | LED | referral(consent_share="yes")
        answers = [post_json(f"{stack.site}/one-to-one", referral()), post_form(f"{stack.site}/one-to-one", form)]
        stack.tick()
        stack.settle()
        assert len(mails_to(stack, stack.settings["REFERRAL_RECIPIENT"])) == 2
        assert tables_with_canaries(stack) == set()
        assert queues_with_canaries(stack) == set()
        logged = stack.log_text()

    reference = answers[0].json["reference"]
    assert [answer.status for answer in answers] == [201, 303]
    assert any(reference.encode() in path.read_bytes() for path in files(tmp_path / "data")), "the right files"
    assert logged.count("a referral is sent") == 2, "the log is the right one"
    assert reference not in logged, "it would say when that person was there"
    assert files_with_canaries(tmp_path / "data") == set()
    assert not is_canary_in(logged)


def test_the_search_for_canaries_finds_those_that_are_not_sealed(tmp_path: Path) -> None:
    """The negative control: unsealed answers in a binary cell, and in a message, are seen in every way of looking."""
    answers = json.dumps(CANARIES).encode()
    with started(kept_plan(tmp_path, KEEP_MESSAGES)) as stack:
        cells = {"PartitionKey": "referrals", "RowKey": "34679CDF", "Sealed": answers}
        rows(stack, "SealedReferrals", "REFERRALS_STORAGE").create_entity(cells)
        queue = QueueServiceClient.from_connection_string(stack.settings["REFERRALS_STORAGE"])
        queue.get_queue_client("referrals").send_message(base64.b64encode(b"{}").decode())
        queue.get_queue_client("referrals").send_message(base64.b64encode(answers).decode())

        assert tables_with_canaries(stack) == {"SealedReferrals"}
        assert queues_with_canaries(stack) == {"referrals"}

    found = files_with_canaries(tmp_path / "data")
    assert "__azurite_db_table__.json" in found
    assert found & {path.name for path in files(tmp_path / "data" / "__queuestorage__")}


def test_a_message_of_the_queue_is_a_reference_and_nothing_else() -> None:
    with running_stack(at=MORNING, settings=KEEP_MESSAGES) as stack:
        reference = post_json(f"{stack.site}/one-to-one", referral()).json["reference"]
        service = QueueServiceClient.from_connection_string(stack.settings["REFERRALS_STORAGE"])
        messages = [decoded(message.content) for message in service.get_queue_client("referrals").peek_messages(32)]
        assert queues_with_canaries(stack) == set()

    assert messages == [{"v": "1", "referral": reference}]


def kept_plan(folder: Path, settings: Mapping[str, str] | None = None) -> Plan:
    """Everything stored lies below `folder`, and is still there when the service has stopped."""
    run = folder / "run"
    run.mkdir()
    return Plan(at=MORNING, forks=True, folder=run, keys=new_keys(), data=folder / "data", settings=settings or {})


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def decoded(content: str) -> Any:
    return json.loads(base64.b64decode(content))
