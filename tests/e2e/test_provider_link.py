"""Answers behind a link: the email holds none, the provider collects them, and says when they are saved.

Two hosts stand for the processes that answer in Azure: what one has counted or noted the other knows.
"""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from local.clock import LocalClock
from local.commands.run import MAIL_SERVICES
from local.setup.keys import new_keys
from local.stack.environment import developer_settings
from local.stack.processes import Plan
from local.stack.stack import Stack, started
from shared.passphrase import PassphraseHash
from tests.alarms import went_off
from tests.builders import MORNING
from tests.e2e.canaries import files_with_canaries, is_canary_in, queues_with_canaries, tables_with_canaries
from tests.e2e.conftest import mails_to
from tests.e2e.forged_rows import replace_sealed
from tests.e2e.http_client import ask, get, hidden_fields, post_form
from tests.e2e.provider_actions import (
    PASSPHRASE,
    is_sealed_kept,
    link_in,
    mail_about,
    open_with,
    pass_days,
    proof_in,
    refer,
    status_of,
)

NEW, WRONG = "CVXP-H4Q6-3HYP-9YGQ-P4Y3", "CVXP-H4Q6-3HYP-9YGQ-P4Y4"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("link")


@pytest.fixture(scope="module")
def link_stack(folder: Path) -> Iterator[Stack]:
    """Two hosts while the passphrase is being changed: the new one and the one before are valid.

    They send with GOV.UK Notify; those of tests/e2e/test_waiting_referrals.py with Azure Communication Services.
    """
    settings = {
        **MAIL_SERVICES["notify"],
        "REFERRAL_PASSPHRASE": str(PassphraseHash.of(NEW)),
        "REFERRAL_PASSPHRASE_PREVIOUS": developer_settings()["REFERRAL_PASSPHRASE"],
    }
    (folder / "run").mkdir()
    plan = Plan(
        at=MORNING, forks=True, folder=folder / "run", keys=new_keys(), hosts=2, data=folder / "data", settings=settings
    )
    with started(plan) as stack:
        yield stack


def collect_links(stack: Stack, reference: str) -> tuple[str, str]:
    """The link of the email, and the same at the other host."""
    stack.settle()
    link = link_in(mail_about(stack, reference))
    first, second = stack.sites
    assert link.startswith(f"{first}/collect/")
    return link, link.replace(first, second)


def test_the_email_holds_the_way_to_the_answers_and_none_of_them(link_stack: Stack) -> None:
    reference = refer(link_stack)
    collect_links(link_stack, reference)
    mails = link_stack.mail.messages()

    assert mails
    assert not any(is_canary_in(str(mail)) for mail in mails)


@pytest.mark.parametrize("times", [10, pytest.param(50, marks=pytest.mark.nightly)])
def test_an_email_scanner_that_opens_the_link_again_and_again_changes_nothing(link_stack: Stack, times: int) -> None:
    reference = refer(link_stack)
    link, other = collect_links(link_stack, reference)
    before = status_of(link_stack, reference)

    answers = [ask(method, each) for _ in range(times) for each in (link, other) for method in ("GET", "HEAD")]

    assert {answer.status for answer in answers} == {200}
    assert not any(is_canary_in(answer.text) for answer in answers)
    assert status_of(link_stack, reference) == before
    assert open_with(link).status == 200


@pytest.mark.parametrize("passphrase", [NEW, PASSPHRASE, pytest.param(NEW.upper(), marks=pytest.mark.nightly)])
def test_either_passphrase_opens_it_in_either_process_as_often_as_needed(passphrase: str, link_stack: Stack) -> None:
    reference = refer(link_stack, what_brings_you="canary-story\nأشعر بالتعب\n工作壓力很大 <b>")

    for link in collect_links(link_stack, reference) * 3:
        page = open_with(link, passphrase)
        assert page.status == 200
        assert page.headers["cache-control"] == "no-store"
        for line in ("Canary-Nameself", "canary-story", "أشعر بالتعب", "工作壓力很大 &lt;b&gt;"):
            assert line in page.text
    assert is_sealed_kept(link_stack, reference)


def test_two_hundred_wrong_passphrases_at_twenty_links_delay_the_right_one_by_seconds_and_raise_one_alarm(
    link_stack: Stack,
) -> None:
    references = [refer(link_stack) for _ in range(20)]
    links = [link for reference in references for link in collect_links(link_stack, reference)]
    old = [hidden_fields(get(link).text) for link in links]
    pass_time(link_stack, timedelta(minutes=1))

    compared = [post_form(link, fields | {"passphrase": WRONG}) for link, fields in zip(links, old, strict=True)]
    others = [open_with(link, WRONG) for link in links * 4]
    early = open_with(links[0], NEW)
    page = hidden_fields(early.text)
    pass_time(link_stack, timedelta(seconds=15))
    late = post_form(links[0], page | {"passphrase": NEW})
    other_process = post_form(links[1], old[1] | {"passphrase": PASSPHRASE})

    assert len(compared) + len(others) == 200
    assert {answer.status for answer in (*compared, *others, early)} == {422}
    assert all("This is not the passphrase" in answer.text for answer in compared)
    assert all("then enter the passphrase again" in answer.text for answer in (*others, early))
    assert not any(is_canary_in(answer.text) for answer in (*compared, *others, early))
    assert (late.status, other_process.status) == (200, 200)
    assert is_canary_in(late.text)
    assert link_stack.log_text().count("wrong passphrases within an hour, over all links") == 1
    assert went_off(link_stack.log_text(), "wrong-passphrases")
    pass_time(link_stack, timedelta(hours=1))
    assert open_with(links[0], NEW).status == 200


def test_a_right_reference_is_answered_while_someone_asks_for_a_hundred_wrong_ones(link_stack: Stack) -> None:
    reference, page = refer(link_stack), f"{link_stack.site}/one-to-one/status"

    wrong = [post_form(page, {"reference": "34HKMPTW"}).status for _ in range(100)]
    right = post_form(page, {"reference": reference})

    assert (set(wrong), wrong[-1]) == ({404, 429}, 429)
    assert went_off(link_stack.log_text(), "references-guessed")
    assert right.status == 200
    assert reference in right.text


def pass_time(stack: Stack, time: timedelta) -> None:
    stack.set_clock(LocalClock(stack.clock_path)() + time)


def test_it_is_saved_as_a_file_and_deleted_only_days_after_they_say_that_they_have_it(link_stack: Stack) -> None:
    reference = refer(link_stack)
    link, other = collect_links(link_stack, reference)
    proof = proof_in(open_with(link, NEW))

    saved = post_form(f"{other}/file", proof)
    assert (saved.status, saved.headers["content-disposition"]) == (
        200,
        f'attachment; filename="referral-{reference}.txt"',
    )
    assert "Canary-Nameself" in saved.text
    assert is_sealed_kept(link_stack, reference)

    pressed = [post_form(f"{other}/acknowledge", proof) for _ in range(2)]
    link_stack.settle()
    page = get(link)

    assert [answer.status for answer in pressed] == [303, 303]
    assert is_sealed_kept(link_stack, reference)
    assert status_of(link_stack, reference)["State"] == "acknowledged"
    assert "Keep it: we do not have it" in page.text
    assert open_with(link, NEW).status == 303
    pass_days(link_stack, 5)
    assert not is_sealed_kept(link_stack, reference)
    assert status_of(link_stack, reference)["State"] == "erased"
    assert "You have this referral" in get(link).text
    assert open_with(link, NEW).status == 303


def test_answers_that_someone_else_sealed_under_its_reference_are_never_shown_and_the_operators_hear_of_it(
    link_stack: Stack,
) -> None:
    reference = refer(link_stack)
    link, other = collect_links(link_stack, reference)
    proof = proof_in(open_with(link, NEW))
    replace_sealed(link_stack, reference, "2")

    pages = [open_with(link, NEW), open_with(other, NEW), post_form(f"{link}/file", proof), get(link)]
    deleted = post_form(f"{link}/acknowledge", proof)

    assert [page.status for page in (*pages, deleted)] == [500, 500, 500, 200, 500]
    assert not any("Forged" in page.text for page in pages)
    found = status_of(link_stack, reference)
    assert (found["State"], found["LastError"]) == ("attention", "unseal-mac")
    assert is_sealed_kept(link_stack, reference)
    link_stack.tick()
    link_stack.settle()
    told = mails_to(link_stack, link_stack.settings["OPERATORS_EMAIL"])
    assert any(reference in mail["content"]["plainText"] for mail in told)


def test_without_having_opened_it_nobody_can_have_it_deleted(link_stack: Stack) -> None:
    reference, another = refer(link_stack), refer(link_stack)
    link, _ = collect_links(link_stack, reference)
    proof = proof_in(open_with(collect_links(link_stack, another)[0], NEW))

    answers = [post_form(f"{link}/acknowledge", each) for each in ({}, {"proof": "1-x"}, proof)]
    link_stack.settle()

    assert {answer.status for answer in answers} == {422}
    assert is_sealed_kept(link_stack, reference)


def test_answers_are_nowhere_in_plain_text(link_stack: Stack, folder: Path) -> None:
    """After all of the above, and after erasing: not in a row, a message, a log or a file of the storage."""
    assert tables_with_canaries(link_stack) == set()
    assert queues_with_canaries(link_stack) == set()
    assert not is_canary_in(link_stack.log_text())
    assert files_with_canaries(folder) == set()
