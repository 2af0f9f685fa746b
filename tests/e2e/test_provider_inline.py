"""Answers in the email: the provider says that they have come, and days later they are deleted here."""

import pytest

from local.stack.stack import Stack
from tests.e2e.canaries import is_canary_in
from tests.e2e.http_client import ask, get, post_form, post_json
from tests.e2e.provider_actions import (
    confirm,
    is_sealed_kept,
    link_in,
    mail_about,
    mails_about,
    opened_page,
    refer,
    status_of,
)

BOX = {"saved": "yes"}


def acknowledge_link(stack: Stack, reference: str) -> str:
    stack.settle()
    return link_in(mail_about(stack, reference))


@pytest.mark.parametrize("times", [20, pytest.param(100, marks=pytest.mark.nightly)])
def test_an_email_scanner_that_opens_the_link_again_and_again_changes_nothing(stack: Stack, times: int) -> None:
    reference = refer(stack)
    link = acknowledge_link(stack, reference)
    before = status_of(stack, reference)

    answers = [ask(method, link) for _ in range(times) for method in ("GET", "HEAD")]

    assert {answer.status for answer in answers} == {200}
    assert status_of(stack, reference) == before
    assert is_sealed_kept(stack, reference)


def test_the_page_shows_the_reference_and_no_answer(stack: Stack) -> None:
    reference = refer(stack)
    page = get(acknowledge_link(stack, reference))

    assert reference in page.text
    assert "I can read the answers and have saved them" in page.text
    assert not is_canary_in(page.text)


def test_a_form_that_is_sent_bare_or_at_once_or_with_the_token_of_another_link_changes_nothing(stack: Stack) -> None:
    """As email gateways do, which open the links of an email and submit the forms that they find."""
    reference, another = refer(stack), refer(stack)
    link, other = (acknowledge_link(stack, each) for each in (reference, another))
    before = status_of(stack, reference)

    early = [post_form(link, sent) for sent in ({}, opened_page(stack, link, 0), opened_page(stack, link, 0) | BOX)]
    seconds = post_form(link, opened_page(stack, link, 5) | BOX)
    late = [post_form(link, sent) for sent in ({}, opened_page(stack, link), opened_page(stack, other) | BOX)]
    stack.settle()

    assert {answer.status for answer in (*early, seconds, *late)} == {422}
    assert all("I can read the answers and have saved them" in answer.text for answer in (*early, seconds, *late))
    assert "Please confirm again in a few minutes" in seconds.text
    assert status_of(stack, reference) == before
    assert is_sealed_kept(stack, reference)
    assert confirm(stack, link).status == 303


def test_box_and_button_confirm_it_and_delete_nothing_yet(stack: Stack) -> None:
    reference = refer(stack)
    link = acknowledge_link(stack, reference)

    pressed = confirm(stack, link)
    stack.settle()
    page = get(f"{stack.site}{pressed.headers['location']}")

    assert pressed.status == 303
    assert is_sealed_kept(stack, reference)
    assert status_of(stack, reference)["State"] == "acknowledged"
    assert "Thank you for confirming" in page.text
    assert "We keep our copy for 3 working days after you confirm" in page.text


def test_pressing_it_again_and_again_comes_to_the_same(stack: Stack) -> None:
    reference = refer(stack)
    link = acknowledge_link(stack, reference)

    sent = opened_page(stack, link) | BOX
    pressed = [post_form(link, sent) for _ in range(3)]
    stack.settle()
    again = post_form(link, sent)
    page = get(f"{stack.site}{again.headers['location']}")

    assert [answer.headers["location"].rpartition("=")[2] for answer in pressed] == ["now", "already", "already"]
    assert "You have already confirmed this" in page.text
    assert status_of(stack, reference)["State"] == "acknowledged"


def test_who_does_not_have_it_after_all_has_it_sent_again_once_and_the_second_time_a_person_looks(stack: Stack) -> None:
    reference = refer(stack)
    link = acknowledge_link(stack, reference)
    old = opened_page(stack, link) | BOX
    post_form(link, old)
    bare = post_form(link, {"act": "keep"})
    assert (bare.status, status_of(stack, reference)["State"]) == (422, "acknowledged")

    kept = opened_page(stack, link, 5)
    answers = [post_form(link, kept) for _ in range(2)]
    stack.settle()

    assert answers[0].headers["location"].endswith("?done=kept")
    assert (status_of(stack, reference)["State"], len(mails_about(stack, reference))) == ("sent", 2)
    assert post_form(link, old).status == 422, "a page about the email before acts no more"
    newest = link_in(mails_about(stack, reference)[-1])
    assert newest != link
    assert confirm(stack, newest).status == 303
    post_form(newest, opened_page(stack, newest, 5))
    stack.settle()
    assert (status_of(stack, reference)["State"], len(mails_about(stack, reference))) == ("attention", 2)
    assert status_of(stack, reference)["LastError"] == "kept-again"
    assert is_sealed_kept(stack, reference)
    assert told(stack, reference) == "waiting-for-confirmation", "it is kept, and someone asks the provider"


def test_the_person_can_follow_it_with_their_reference_alone(stack: Stack) -> None:
    reference = refer(stack)
    link = acknowledge_link(stack, reference)
    sent = told(stack, reference)
    confirm(stack, link)
    stack.settle()

    assert (sent, told(stack, reference)) == ("sent", "confirmed")
    page = post_form(f"{stack.site}/one-to-one/status", {"reference": f"{reference[:4].lower()} - {reference[4:]}"})
    assert "Nafsiyat has your form" in page.text
    assert "We still have our copy of your answers" in page.text
    assert reference in page.text


def told(stack: Stack, reference: str) -> str:
    return str(post_json(f"{stack.site}/one-to-one/status", {"reference": reference}).json["status"])


def test_an_unknown_reference_and_a_link_that_is_not_good_are_told_kindly(stack: Stack) -> None:
    form = get(f"{stack.site}/one-to-one/status")
    unknown = post_form(f"{stack.site}/one-to-one/status", {"reference": "34HKMPTV"})
    bad = [get(f"{stack.site}/acknowledge/nonsense"), post_form(f"{stack.site}/acknowledge/nonsense", {})]

    assert (form.status, unknown.status, *(answer.status for answer in bad)) == (200, 404, 404, 404)
    assert "We cannot find this reference" in unknown.text
    assert len({answer.text for answer in bad}) == 1
