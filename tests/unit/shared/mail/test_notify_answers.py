"""Answers of GOV.UK Notify without the words of its API: those of what stands before it."""

import logging

import pytest
from requests import Response

from shared.mail.message import MailNotAcceptedError, MailSetUpError
from shared.mail.services.notify.answers import error_of

PAGE = b"<html>Forbidden zoe@example.nhs.uk</html>"


def answer(status: int, body: bytes = PAGE) -> Response:
    found = Response()
    found.status_code, found._content = status, body
    return found


def test_a_refusal_of_the_edge_holds_up_one_email_and_is_told_to_a_person(caplog: pytest.LogCaptureFixture) -> None:
    found = error_of(answer(403))

    assert (type(found), str(found)) == (MailNotAcceptedError, "HTTP 403")
    assert isinstance(found, MailNotAcceptedError)
    assert not found.pauses_all
    assert caplog.record_tuples == [
        ("shared.mail.services.notify.answers", logging.ERROR, "the edge of the email service refused a request"),
    ]


def test_what_concerns_every_email_pauses_all_with_and_without_words_and_is_told_by_the_pause(
    caplog: pytest.LogCaptureFixture,
) -> None:
    named = b'{"errors": [{"error": "AuthError", "message": "Invalid token"}]}'
    for each in (answer(401), answer(401, named), answer(403, named), answer(404)):
        assert type(error_of(each)) is MailSetUpError
    assert caplog.record_tuples == []
