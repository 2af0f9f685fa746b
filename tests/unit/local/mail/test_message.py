from typing import Any

import pytest

from local.mail.errors import InvalidMessageError, ServiceError
from local.mail.message import read_message
from tests.every_row import every_row
from tests.unit.local.mail.message_builders import SENDER, a_file, a_message, to

TEXT = {"subject": "Your place", "plainText": "See you."}


def refusal(message: Any) -> InvalidMessageError:
    with pytest.raises(InvalidMessageError) as caught:
        read_message(message, [SENDER])
    assert (caught.value.status, caught.value.code) == (400, "BadRequest")
    return caught.value


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"senderAddress": SENDER.upper()},
        {"content": TEXT},
        {"content": {"subject": "Your place", "html": "<p>See you."}},
        {"recipients": {"to": [{"address": "ada@staff.test", "displayName": "Ada"}], "cc": None}},
        {"recipients": {"to": [], "bcc": [{"address": "ada@staff.test"}]}},
        {"recipients": to(*(f"p{n}@staff.test" for n in range(50)))},
        {"replyTo": [{"address": "help@trust.test"}], "userEngagementTrackingDisabled": True},
        {"headers": {"Importance": "high", "Message-ID": "anything"}, "importance": "high"},
        {"attachments": [a_file()]},
    ],
)
def test_what_the_service_takes_is_taken(changes: dict[str, Any]) -> None:
    assert read_message(a_message(**changes), [SENDER]).recipients.everyone


@every_row(
    "changes, place",
    [
        ({"senderAddress": None}, "senderAddress"),
        ({"senderAddress": "Trust <no-reply@trust.test>"}, "senderAddress"),
        ({"content": None}, "content"),
        ({"content": {"plainText": "See you."}}, "content.subject"),
        ({"content": {**TEXT, "subject": " "}}, "content.subject"),
        ({"content": {**TEXT, "subject": "Your\nplace"}}, "content.subject"),
        ({"content": {**TEXT, "subject": "Your\rplace"}}, "content.subject"),
        ({"content": {"subject": "Your place"}}, "content"),
        ({"content": {"subject": "Your place", "plainText": " ", "html": ""}}, "content"),
        ({"content": {**TEXT, "text": "typo"}}, "content.text"),
        ({"recipients": None}, "recipients"),
        ({"recipients": {"cc": []}}, "recipients.to"),
        ({"recipients": to()}, "recipients"),
        ({"recipients": to(*(f"p{n}@staff.test" for n in range(51)))}, "recipients"),
        ({"recipients": {**to("a@staff.test"), "cc": to(*["b@staff.test"] * 50)["to"]}}, "recipients"),
        ({"recipients": {"to": ["ada@staff.test"]}}, "recipients.to[0]"),
        ({"replyTo": {"address": "help@trust.test"}}, "replyTo"),
        ({"headers": {"X-Kind": "a\r\nBcc: b@staff.test"}}, "headers.X-Kind"),
        ({"userEngagementTrackingDisabled": "yes"}, "userEngagementTrackingDisabled"),
        ({"attachments": [a_file(contentInBase64=None)]}, "attachments[0].contentInBase64"),
        ({"replyto": []}, "replyto"),
    ],
)
def test_a_refusal_names_the_property(changes: dict[str, Any], place: str) -> None:
    refused = refusal(a_message(**changes))
    assert refused.target == place
    assert refused.message == f"Request body validation error. See property '{place}'"


@every_row("address", ["", "ada", "ada@", "@staff.test", "ada staff.test", "a@b@c.test", "ada@staff"])
@every_row("field", ["to", "cc", "bcc"])
def test_an_address_that_is_none_is_refused_in_every_field(address: str, field: str) -> None:
    refused = refusal(a_message(recipients={**to("ada@staff.test"), field: [{"address": address}]}))
    assert (refused.target, refused.message) == (
        f"recipients.{field}[0].address",
        "Invalid format for email address",
    )


@pytest.mark.parametrize("posted", [None, [], "text", 1])
def test_a_body_that_is_no_object_is_refused(posted: Any) -> None:
    refusal(posted)


def test_a_refusal_never_repeats_what_was_posted() -> None:
    refused = refusal(a_message(content={**TEXT, "subject": "Secret\nname"}))
    assert "Secret" not in refused.message


def test_an_unknown_sender_of_a_linked_domain_is_refused_by_name() -> None:
    with pytest.raises(ServiceError) as refused:
        read_message(a_message(senderAddress="other@trust.test"), [SENDER])
    assert (refused.value.status, refused.value.code) == (400, "InvalidSenderUserName")


def test_a_sender_of_another_domain_is_not_linked() -> None:
    with pytest.raises(ServiceError) as refused:
        read_message(a_message(senderAddress="no-reply@elsewhere.test"), [SENDER])
    assert (refused.value.status, refused.value.code) == (404, "DomainNotLinked")


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("<7f1c@trust.test>", True),
        ("<20250113.NVZOA======@microsoft.com>", True),
        ("guid@domain.com", False),
        ("<guid>", False),
        ("<guid.domain>", False),
    ],
)
def test_a_message_id_is_well_formed_as_the_service_documents_it(given: str, kept: bool) -> None:
    message = read_message(a_message(headers={"message-id": given}), [SENDER])
    assert message.message_id == (given if kept else None)
