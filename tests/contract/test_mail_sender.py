"""The mail service in memory behaves as the real client does against the emulator of the real service."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from azure.core.credentials import AzureKeyCredential

from local.mail import Emulator, running_emulator
from shared.mail.message import (
    EmailMessage,
    MailNotAcceptedError,
    MailRefusedError,
    MailSender,
    MailStatus,
    MailUnclearError,
)
from shared.mail.services.acs.sender import AzureMailSender, open_client
from tests.fakes import FakeMailSender

SENDER = "sessions@notifications.example.nhs.uk"
KEY = "a2V5IG9mIHRoZSBlbXVsYXRvciBpbiB0aGVzZSB0ZXN0cw=="


@dataclass(frozen=True, slots=True)
class Service:
    """A sender, how to break its next request, and what arrived where."""

    sender: MailSender
    break_next: Callable[[str], None]
    arrived: Callable[[], list[tuple[str, str]]]
    dedupe: Callable[[bool], None]


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with running_emulator(senders=(SENDER,), access_key=KEY, per_minute=0, per_hour=0) as running:
        yield running


@pytest.fixture(params=["in memory", "emulator"])
def service(request: pytest.FixtureRequest) -> Service:
    if request.param == "in memory":
        return _in_memory()
    return _emulated(request.getfixturevalue("emulator"))


def _in_memory() -> Service:
    fake = FakeMailSender()

    def dedupe(on: bool) -> None:
        fake.dedupes = on

    return Service(
        sender=fake,
        break_next=lambda how: fake.trouble.update({fake.requests: how}),
        arrived=lambda: [(message.to, message.subject) for message in fake.messages],
        dedupe=dedupe,
    )


def _emulated(emulator: Emulator) -> Service:
    emulator.reset()
    rules: dict[str, Mapping[str, object]] = {
        "throttled": {"on": "send", "kind": "status", "status": 429, "retry_after": 300},
        "lost-answer": {"on": "send", "kind": "drop_after"},
        "refused": {"on": "send", "kind": "status", "status": 400},
    }

    def dedupe(on: bool) -> None:
        emulator.settings({"repeat": "dedupe" if on else "duplicate"})

    return Service(
        sender=AzureMailSender(open_client(emulator.url, AzureKeyCredential(KEY)), SENDER),
        break_next=lambda how: emulator.faults([rules[how]]),
        arrived=lambda: [
            (mail["recipients"]["to"][0]["address"], mail["content"]["subject"]) for mail in emulator.messages()
        ],
        dedupe=dedupe,
    )


def mail(to: str = "zoe@example.nhs.uk") -> EmailMessage:
    return EmailMessage(to=to, subject="Staff session", text="Ọ́káfọ̀", html="<p>Ọ́káfọ̀</p>", markdown="Ọ́káfọ̀")


def test_a_mail_arrives_and_its_operation_is_known(service: Service) -> None:
    operation_id = uuid4()

    service.sender.send(mail(), operation_id=operation_id)

    assert service.arrived() == [("zoe@example.nhs.uk", "Staff session")]
    assert service.sender.status(operation_id) is MailStatus.HANDED_OVER


def test_an_operation_that_was_never_accepted_is_unknown(service: Service) -> None:
    assert service.sender.status(uuid4()) is None


@pytest.mark.parametrize(("dedupes", "mails"), [(True, 1), (False, 2)])
def test_the_same_operation_twice_is_one_mail_or_two_and_never_an_error(
    service: Service, mails: int, *, dedupes: bool
) -> None:
    service.dedupe(dedupes)
    operation_id = uuid4()

    service.sender.send(mail(), operation_id=operation_id)
    service.sender.send(mail(), operation_id=operation_id)

    assert len(service.arrived()) == mails


def test_a_busy_service_says_how_long_to_wait(service: Service) -> None:
    operation_id = uuid4()
    service.break_next("throttled")

    with pytest.raises(MailNotAcceptedError) as caught:
        service.sender.send(mail(), operation_id=operation_id)

    assert caught.value.retry_after == timedelta(minutes=5)
    assert service.sender.status(operation_id) is None


def test_a_lost_answer_is_unclear_and_the_service_can_be_asked(service: Service) -> None:
    operation_id = uuid4()
    service.break_next("lost-answer")

    with pytest.raises(MailUnclearError):
        service.sender.send(mail(), operation_id=operation_id)

    assert service.sender.status(operation_id) is MailStatus.HANDED_OVER
    assert len(service.arrived()) == 1


def test_a_refused_mail_is_refused_for_good(service: Service) -> None:
    service.break_next("refused")

    with pytest.raises(MailRefusedError):
        service.sender.send(mail(), operation_id=uuid4())

    assert service.arrived() == []


@pytest.mark.parametrize(
    ("rule", "error"),
    [
        ({"kind": "status", "status": 500}, MailUnclearError),
        ({"kind": "status_after", "status": 503}, MailUnclearError),
        ({"kind": "drop_before"}, MailUnclearError),
        ({"kind": "status", "status": 401}, MailNotAcceptedError),
        ({"kind": "status", "status": 404}, MailNotAcceptedError),
        ({"kind": "status", "status": 429}, MailNotAcceptedError),
    ],
    ids=lambda value: str(value.get("status", value["kind"])) if isinstance(value, dict) else "",
)
def test_whatever_goes_wrong_the_client_posts_once(
    emulator: Emulator, rule: dict[str, object], error: type[Exception]
) -> None:
    """Left to itself it would post a mail up to four times."""
    service = _emulated(emulator)
    emulator.faults([{"on": "send", "count": None} | rule])

    with pytest.raises(error):
        service.sender.send(mail(), operation_id=uuid4())

    assert emulator.requests()["send"] == 1


def test_a_service_that_is_not_there_did_not_accept_anything() -> None:
    nowhere = AzureMailSender(open_client("http://127.0.0.1:9", AzureKeyCredential(KEY)), SENDER)

    with pytest.raises(MailNotAcceptedError):
        nowhere.send(mail(), operation_id=uuid4())


def test_a_mail_goes_out_as_the_api_describes_it(emulator: Emulator) -> None:
    service, operation_id = _emulated(emulator), UUID(int=7)

    service.sender.send(mail(), operation_id=operation_id)

    [posted] = emulator.messages()
    assert posted["senderAddress"] == SENDER
    assert posted["recipients"] == {"to": [{"address": "zoe@example.nhs.uk"}]}
    assert posted["content"] == {"subject": "Staff session", "plainText": "Ọ́káfọ̀", "html": "<p>Ọ́káfọ̀</p>"}
    assert posted["userEngagementTrackingDisabled"] is True
    assert posted["operationId"] == str(operation_id)


def test_an_operation_that_failed_later_is_failed(emulator: Emulator) -> None:
    service, operation_id = _emulated(emulator), uuid4()
    emulator.faults([{"on": "send", "kind": "final", "final": "Failed", "code": "EmailDropped"}])

    service.sender.send(mail(), operation_id=operation_id)

    assert service.sender.status(operation_id) is MailStatus.FAILED
