"""One passphrase opens everything that waits for the provider, on the running service."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest

from local.clock import LocalClock
from local.setup.keys import new_keys
from local.stack.processes import Plan
from local.stack.stack import Stack, started
from tests.alarms import went_off
from tests.builders import MORNING
from tests.e2e.conftest import mails_to
from tests.e2e.http_client import Answer, get, hidden_fields, post_form, post_json
from tests.e2e.provider_actions import (
    PASSPHRASE,
    is_sealed_kept,
    link_in,
    mail_about,
    open_with,
    pass_days,
    refer,
    status_of,
)


@pytest.fixture(scope="module")
def link_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("waiting")
    plan = Plan(at=MORNING, forks=True, folder=folder, keys=new_keys(), settings={"REFERRAL_DELIVERY": "link"})
    with started(plan) as stack:
        yield stack


def press(page: Answer, stack: Stack, act: str, **sent: str) -> Answer:
    """Someone presses the button of that form on the page."""
    [address] = set(re.findall(rf'action="(/collect/[^"]+/{act})"', page.text))
    return post_form(f"{stack.sites[0]}{address}", hidden_fields(page.text) | sent)


def listed(page: Answer) -> list[str]:
    return re.findall(r'name="reference" value="(\w+)"', page.text)


def progress_of(stack: Stack, reference: str) -> str:
    return str(post_json(f"{stack.site}/one-to-one/status", {"reference": reference}).json["status"])


def test_one_passphrase_opens_all_that_wait_and_each_is_finished_by_itself(link_stack: Stack) -> None:
    first, second, third = (refer(link_stack, what_brings_you=f"canary-story {number}") for number in range(3))
    link_stack.settle()

    opened = open_with(link_in(mail_about(link_stack, first)), PASSPHRASE)
    assert sorted(listed(opened)) == sorted([second, third])
    after = press(opened, link_stack, "acknowledge")
    assert f"Thank you for confirming referral {first}" in after.text
    page = press(after, link_stack, "open", reference=second)
    assert "canary-story 1" in page.text
    assert page.headers["cache-control"] == "no-store"
    saved = press(page, link_stack, "file")
    assert saved.text.lstrip("\ufeff").startswith(f"Self-referral {second}")
    after = press(page, link_stack, "acknowledge")
    assert listed(after) == [third]
    page = press(after, link_stack, "open", reference=third)
    asked = press(page, link_stack, "not-genuine")
    assert status_of(link_stack, third)["State"] == "sent"
    done = press(asked, link_stack, "not-genuine")

    assert (done.status, done.headers["location"].partition("?")[2]) == (303, "done=set-aside")
    assert [progress_of(link_stack, each) for each in (first, second, third)] == ["confirmed", "confirmed", "contact"]
    rows = [status_of(link_stack, each) for each in (first, second, third)]
    assert [(row["State"], row["LastError"]) for row in rows] == [("acknowledged", "")] * 2 + [
        ("acknowledged", "not-genuine")
    ]
    assert {row["OpenedOn"] for row in rows} == {"2023-09-01"}
    assert "This referral is set aside as not genuine" in get(f"{link_stack.sites[0]}{done.headers['location']}").text
    assert all(each not in link_stack.log_text() for each in (first, second, third))
    pass_days(link_stack, 5)
    assert not any(is_sealed_kept(link_stack, each) for each in (first, second, third))
    assert [progress_of(link_stack, each) for each in (first, second, third)] == ["confirmed", "confirmed", "contact"]


def test_half_an_hour_after_the_passphrase_it_opens_no_more_and_a_colleague_is_told_of_the_first_opening(
    link_stack: Stack,
) -> None:
    first, second = refer(link_stack), refer(link_stack)
    link_stack.settle()
    link = link_in(mail_about(link_stack, first))
    opened = open_with(link, PASSPHRASE)
    assert "opened this referral on" not in opened.text

    link_stack.set_clock(LocalClock(link_stack.clock_path)() + timedelta(minutes=31))
    late = press(opened, link_stack, "open", reference=second)

    assert (late.status, "Enter the passphrase again" in late.text) == (422, True)
    assert status_of(link_stack, second)["OpenedOn"] == ""
    assert "opened this referral on" in open_with(link, PASSPHRASE).text


def test_one_that_nobody_collects_is_told_to_the_operators_thirty_days_before_it_is_erased(link_stack: Stack) -> None:
    reference, sent = refer(link_stack), LocalClock(link_stack.clock_path)()
    link_stack.settle()
    link_stack.set_clock(sent + timedelta(days=55))
    pass_days(link_stack, 4)  # after a jump it waits for the clock to go on for three days as clocks do
    assert not went_off(link_stack.log_text(), "referral-uncollected")

    pass_days(link_stack, 1)

    assert went_off(link_stack.log_text(), "referral-uncollected")
    row = status_of(link_stack, reference)
    told = mails_to(link_stack, link_stack.settings["OPERATORS_EMAIL"])[-1]["content"]["plainText"]
    assert reference in told
    assert row["DeletionOn"] == (sent + timedelta(days=90)).date().isoformat()
    assert is_sealed_kept(link_stack, reference)
    told_to_the_log = [line for line in link_stack.log_text().splitlines() if "nobody has collected" in line]
    assert not any(reference in line for line in told_to_the_log)
