"""One table of promises, whichever email service it is: both adapters against their emulator, and the one in memory."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from azure.core.credentials import AzureKeyCredential
from requests import ConnectTimeout, Response
from requests.adapters import HTTPAdapter

from local.mail import Emulator, running_emulator
from local.mail.notify.keys import KeyType, key_of_type
from shared.mail.delivery import LONGEST_REQUEST
from shared.mail.message import (
    SET_UP_PAUSE,
    EmailMessage,
    MailError,
    MailNotAcceptedError,
    MailRefusedError,
    MailSender,
    MailSetUpError,
    MailStatus,
    MailUnclearError,
)
from shared.mail.services.acs.sender import AzureMailSender, open_client
from shared.mail.services.notify.answers import error_of
from shared.mail.services.notify.sender import LARGEST_BODY, TIMEOUTS, NotifyMailSender
from shared.mail.services.notify.session import open_session
from tests.fakes import FakeMailSender

SENDER = "sessions@notifications.example.nhs.uk"
KEY = "a2V5IG9mIHRoZSBlbXVsYXRvciBpbiB0aGVzZSB0ZXN0cw=="
NOTIFY_KEY = "tests-26785a09-ab16-4eb0-8407-a37497a57506-3d844edf-8d35-48ac-975b-e847b4f122b0"
TEMPLATE = UUID("f33517ff-2a88-4f6e-b855-c550268ce08a")
REPLY_TO = UUID("8e222534-7f05-4972-86e3-17c5d9f894e2")
MINUTES = {"acs": timedelta(minutes=5), "notify": timedelta(minutes=1), "in memory": timedelta(minutes=5)}
"""The pause of a service with too many requests: as it asks, or one minute where it does not say."""


@dataclass(frozen=True, slots=True)
class Service:
    """A sender, how to break its next request, and what arrived where."""

    name: str
    sender: MailSender
    break_next: Callable[[str], None]
    arrived: Callable[[], list[tuple[str, str]]]
    posts: Callable[[], int]


@pytest.fixture(scope="module")
def one_emulator() -> Iterator[Emulator]:
    with running_emulator(
        senders=(SENDER,),
        access_key=KEY,
        notify_key=NOTIFY_KEY,
        per_minute=0,
        per_hour=0,
        notify_template_id=TEMPLATE,
        notify_reply_to_id=REPLY_TO,
    ) as running:
        yield running


@pytest.fixture
def emulator(one_emulator: Emulator) -> Emulator:
    one_emulator.reset()
    return one_emulator


@pytest.fixture(params=["in memory", "acs", "notify"])
def service(request: pytest.FixtureRequest) -> Service:
    name = str(request.param)
    return _in_memory() if name == "in memory" else _emulated(name, request.getfixturevalue("emulator"))


@pytest.fixture(params=["acs", "notify"])
def emulated(request: pytest.FixtureRequest, emulator: Emulator) -> Service:
    return _emulated(str(request.param), emulator)


def _in_memory() -> Service:
    fake = FakeMailSender()
    return Service(
        name="in memory",
        sender=fake,
        break_next=lambda how: fake.trouble.update({fake.requests: how}),
        arrived=lambda: [(message.to, message.subject) for message in fake.messages],
        posts=lambda: fake.requests,
    )


def _emulated(name: str, emulator: Emulator) -> Service:
    return Service(
        name=name,
        sender=SENDERS[name](emulator.url),
        break_next=lambda how: emulator.faults([{"on": "send", "count": None, **BROKEN[name][how]}]),
        arrived=lambda: [
            (mail["recipients"]["to"][0]["address"], mail["content"]["subject"]) for mail in emulator.messages()
        ],
        posts=lambda: emulator.requests()["send"],
    )


def acs(url: str) -> AzureMailSender:
    return AzureMailSender(open_client(url, AzureKeyCredential(KEY)), SENDER)


def notify(url: str, key: str = NOTIFY_KEY, template: UUID = TEMPLATE) -> NotifyMailSender:
    return NotifyMailSender(open_session(key), url, template, REPLY_TO)


SENDERS: dict[str, Callable[[str], MailSender]] = {"acs": acs, "notify": notify}

type Rule = Mapping[str, object]

_BOTH: dict[str, Rule] = {
    "lost-answer": {"kind": "drop_after"},
    "lost-request": {"kind": "drop_before"},
    "broken": {"kind": "status", "status": 500},
    "broken-after-it": {"kind": "status_after", "status": 503},
    "cut-off": {"kind": "status_after", "status": 504},
    "other": {"kind": "status", "status": 409},
    "busy": {"kind": "status", "status": 429, "retry_after": 300},
    "denied": {"kind": "status", "status": 401},
    "elsewhere": {"kind": "status", "status": 404},
}
BROKEN: dict[str, dict[str, Rule]] = {
    "acs": _BOTH
    | {
        "throttled": {"kind": "status", "status": 429, "retry_after": 300},
        "refused": {"kind": "status", "status": 400},
        "set-up": {"kind": "status", "status": 403},
        "wrong-sender": {"kind": "status", "status": 400, "code": "InvalidSenderUserName"},
    },
    "notify": _BOTH
    | {
        "throttled": {"kind": "status", "status": 429, "code": "RateLimitError"},
        "refused": {"kind": "status", "status": 400, "code": "ValidationError"},
        "set-up": {"kind": "status", "status": 403, "code": "AuthError"},
        "wrong-sender": {"kind": "status", "status": 400, "code": "BadRequestError"},
    },
}

# What goes wrong, what the adapter makes of it, whether all email pauses, and how many emails arrived.
PROMISES: list[tuple[str, type[MailError], bool, int]] = [
    ("throttled", MailNotAcceptedError, True, 0),
    ("set-up", MailSetUpError, True, 0),
    ("refused", MailRefusedError, False, 0),
    ("lost-answer", MailUnclearError, False, 1),
]
MORE_OF_A_NETWORK: list[tuple[str, type[MailError], bool, int]] = [
    ("busy", MailNotAcceptedError, True, 0),
    ("denied", MailSetUpError, True, 0),
    ("elsewhere", MailSetUpError, True, 0),
    ("wrong-sender", MailSetUpError, True, 0),
    ("other", MailNotAcceptedError, False, 0),
    ("lost-request", MailUnclearError, False, 0),
    ("broken", MailUnclearError, False, 0),
    ("broken-after-it", MailUnclearError, False, 1),
    ("cut-off", MailUnclearError, False, 1),
]


def mail(to: str = "zoe@example.nhs.uk", text: str = "Ọ́káfọ̀") -> EmailMessage:
    return EmailMessage(to=to, subject="Staff session", text=text, html="<p>Ọ́káfọ̀</p>", markdown=text)


def send_many(sender: MailSender, number: int) -> None:
    for _ in range(number):
        sender.send(mail(), operation_id=uuid4())


def hold(service: Service, how: str, error: type[MailError], mails: int, *, pauses: bool) -> None:
    """Sends while it is broken in that way, and checks a row of the table."""
    operation_id = uuid4()
    service.break_next(how)

    with pytest.raises(error) as caught:
        service.sender.send(mail(), operation_id=operation_id)

    assert type(caught.value) is error
    assert bool(getattr(caught.value, "retry_after", None)) is pauses
    assert "@" not in str(caught.value)
    assert (len(service.arrived()), service.posts()) == (mails, 1), "left to itself a client would post again"
    assert service.sender.status(operation_id) is (MailStatus.HANDED_OVER if mails else None)


@pytest.mark.parametrize(("how", "error", "pauses", "mails"), PROMISES)
def test_whatever_goes_wrong_means_the_same_for_every_service(
    service: Service, how: str, error: type[MailError], mails: int, *, pauses: bool
) -> None:
    hold(service, how, error, mails, pauses=pauses)


@pytest.mark.parametrize(("how", "error", "pauses", "mails"), MORE_OF_A_NETWORK)
def test_whatever_goes_wrong_the_client_posts_once(
    emulated: Service, how: str, error: type[MailError], mails: int, *, pauses: bool
) -> None:
    hold(emulated, how, error, mails, pauses=pauses)


def test_a_mail_arrives_and_its_operation_is_known(service: Service) -> None:
    operation_id = uuid4()

    service.sender.send(mail(), operation_id=operation_id)

    assert service.arrived() == [("zoe@example.nhs.uk", "Staff session")]
    assert service.sender.status(operation_id) is MailStatus.HANDED_OVER


def test_an_operation_that_was_never_accepted_is_unknown(service: Service) -> None:
    assert service.sender.status(uuid4()) is None


@pytest.mark.parametrize(("dedupes", "mails"), [(True, 1), (False, 2)])
@pytest.mark.parametrize("name", ["in memory", "acs"])
def test_the_same_operation_twice_is_one_mail_or_two_and_never_an_error(
    emulator: Emulator, name: str, mails: int, *, dedupes: bool
) -> None:
    fake = FakeMailSender(dedupes=dedupes)
    emulator.settings({"repeat": "dedupe" if dedupes else "duplicate"})
    sender: MailSender = fake if name == "in memory" else acs(emulator.url)
    operation_id = uuid4()

    sender.send(mail(), operation_id=operation_id)
    sender.send(mail(), operation_id=operation_id)

    assert len(fake.messages if name == "in memory" else emulator.messages()) == mails


def test_the_same_operation_twice_is_always_two_mails_at_notify(emulator: Emulator) -> None:
    operation_id, sender = uuid4(), notify(emulator.url)

    sender.send(mail(), operation_id=operation_id)
    emulator.faults([{"kind": "final", "final": "Failed"}])
    sender.send(mail(), operation_id=operation_id)
    sender.send(mail(), operation_id=operation_id)

    assert len(emulator.messages()) == 2
    assert sender.status(operation_id) is MailStatus.HANDED_OVER, "the best of the three"
    assert sender.report(operation_id) == "delivered"


def test_a_busy_service_says_how_long_to_wait(service: Service) -> None:
    operation_id = uuid4()
    service.break_next("throttled")

    with pytest.raises(MailNotAcceptedError) as caught:
        service.sender.send(mail(), operation_id=operation_id)

    assert caught.value.retry_after == MINUTES[service.name]
    assert service.sender.status(operation_id) is None


def test_a_wrong_set_up_pauses_for_ten_minutes(service: Service) -> None:
    service.break_next("set-up")

    with pytest.raises(MailSetUpError) as caught:
        service.sender.send(mail(), operation_id=uuid4())

    assert caught.value.retry_after == SET_UP_PAUSE == timedelta(minutes=10)


@pytest.mark.parametrize("name", ["acs", "notify"])
def test_a_service_that_is_not_there_did_not_accept_anything(name: str) -> None:
    with pytest.raises(MailNotAcceptedError) as caught:
        SENDERS[name]("http://127.0.0.1:9").send(mail(), operation_id=uuid4())

    assert caught.value.retry_after is None


def test_an_operation_that_failed_later_is_failed(emulated: Service, emulator: Emulator) -> None:
    operation_id = uuid4()
    emulator.faults([{"on": "send", "kind": "final", "final": "Failed", "code": "EmailDropped"}])

    emulated.sender.send(mail(), operation_id=operation_id)

    assert emulated.sender.status(operation_id) is MailStatus.FAILED


def test_an_operation_that_is_under_way_is_not_yet_handed_over(emulated: Service, emulator: Emulator) -> None:
    operation_id = uuid4()
    emulator.settings({"running_for": 3600})

    emulated.sender.send(mail(), operation_id=operation_id)

    assert emulated.sender.status(operation_id) is MailStatus.UNDER_WAY


def test_a_query_that_is_refused_or_lost_says_nothing_of_the_email(emulated: Service, emulator: Emulator) -> None:
    operation_id = uuid4()
    emulated.sender.send(mail(), operation_id=operation_id)
    emulator.faults([{"on": "status", **_BOTH[how]} for how in ("broken", "lost-request", "denied")])

    for error in (MailUnclearError, MailUnclearError, MailSetUpError):
        with pytest.raises(error):
            emulated.sender.status(operation_id)
    assert emulated.sender.status(operation_id) is MailStatus.HANDED_OVER


def test_one_sender_serves_several_threads(emulated: Service) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: emulated.sender.send(mail(), operation_id=UUID(int=number)), range(16)))

    assert len(emulated.arrived()) == 16


# ---- Azure ----


def test_a_mail_goes_out_as_azures_api_describes_it(emulator: Emulator) -> None:
    operation_id = UUID(int=7)

    acs(emulator.url).send(mail(), operation_id=operation_id)

    [posted] = emulator.messages()
    assert posted["senderAddress"] == SENDER
    assert posted["recipients"] == {"to": [{"address": "zoe@example.nhs.uk"}]}
    assert posted["content"] == {"subject": "Staff session", "plainText": "Ọ́káfọ̀", "html": "<p>Ọ́káfọ̀</p>"}
    assert posted["userEngagementTrackingDisabled"] is True
    assert posted["operationId"] == str(operation_id)
    assert "replyTo" not in posted


def test_an_answer_to_a_mail_goes_where_the_mail_says(emulator: Emulator) -> None:
    acs(emulator.url).send(replace(mail(), reply_to="team@example.nhs.uk"), operation_id=UUID(int=7))

    [posted] = emulator.messages()
    assert posted["replyTo"] == [{"address": "team@example.nhs.uk"}]


# ---- GOV.UK Notify ----


def test_a_mail_goes_out_with_its_id_as_the_reference(emulator: Emulator) -> None:
    operation_id = UUID(int=7)

    notify(emulator.url).send(mail(), operation_id=operation_id)

    [posted] = emulator.messages()
    assert posted["recipients"] == {"to": [{"address": "zoe@example.nhs.uk"}]}
    assert posted["content"] == {"subject": "Staff session", "plainText": "Ọ́káfọ̀"}
    assert posted["operationId"] == str(operation_id)


def test_a_day_is_over_by_the_hour_and_a_trial_is_a_wrong_set_up(emulator: Emulator) -> None:
    sender = notify(emulator.url)
    found = []
    for changes in ({"notify_per_day": 1}, {"notify_trial": True}, {"notify_trial": True, "notify_team": [mail().to]}):
        emulator.reset()
        emulator.settings(changes)
        with pytest.raises(MailNotAcceptedError) as caught:
            send_many(sender, 51)
        found.append((type(caught.value), str(caught.value), caught.value.retry_after, len(emulator.messages())))

    hour, ten = timedelta(hours=1), timedelta(minutes=10)
    assert found == [
        (MailNotAcceptedError, "HTTP 429 TooManyRequestsError", hour, 1),
        (MailSetUpError, "HTTP 400 BadRequestError trial-mode", ten, 0),
        (MailSetUpError, "HTTP 429 TooManyRequestsError trial-mode", hour, 50),
    ]


def test_what_is_set_wrongly_is_named_and_no_email_is_lost(emulator: Emulator) -> None:
    stranger = f"other-{uuid4()}-{uuid4()}"
    senders = {
        "HTTP 403 AuthError": notify(emulator.url, stranger),
        "HTTP 400 BadRequestError": notify(emulator.url, template=uuid4()),
        "HTTP 400 BadRequestError team-key": notify(emulator.url, key_of_type(NOTIFY_KEY, KeyType.TEAM)),
        "HTTP 404": notify(f"{emulator.url}/elsewhere"),
    }
    for code, sender in senders.items():
        with pytest.raises(MailSetUpError, match=f"^{code}"):
            sender.send(mail(), operation_id=uuid4())
    assert emulator.messages() == []


def test_what_is_about_one_email_is_refused_before_it_looks_like_a_wrong_set_up(emulator: Emulator) -> None:
    for each in (mail(text=" \n "), mail(text="ó" * (LARGEST_BODY // 2 + 1)), mail(to="zoe@nowhere")):
        with pytest.raises(MailRefusedError):
            notify(emulator.url).send(each, operation_id=uuid4())


def test_an_answer_of_the_edge_concerns_one_email() -> None:
    """A 403 without the words of the API may come from a firewall that took this body amiss."""
    answer = Response()
    answer.status_code, answer._content = 403, b"<html>Forbidden zoe@example.nhs.uk</html>"
    found = error_of(answer)

    assert (type(found), str(found)) == (MailNotAcceptedError, "HTTP 403")
    answer.status_code, answer._content = 400, b'{"errors": [{"error": "zoe@example.nhs.uk", "message": 7}]}'
    assert (type(error_of(answer)), str(error_of(answer))) == (MailNotAcceptedError, "HTTP 400")
    answer.status_code = 413
    assert type(error_of(answer)) is MailRefusedError


def test_a_key_of_the_same_type_sees_what_another_sent_and_one_of_another_type_does_not(emulator: Emulator) -> None:
    operation_id = uuid4()
    notify(emulator.url).send(mail(), operation_id=operation_id)

    assert notify(emulator.url).status(operation_id) is MailStatus.HANDED_OVER
    assert notify(emulator.url, key_of_type(NOTIFY_KEY, KeyType.TEST)).status(operation_id) is None


def test_the_api_key_is_in_no_text_of_its_sender() -> None:
    sender = notify("http://127.0.0.1:9")

    with pytest.raises(MailNotAcceptedError) as caught:
        sender.send(mail(), operation_id=uuid4())

    for text in (repr(sender), repr(sender.session.auth), str(caught.value), repr(caught.value)):
        assert NOTIFY_KEY[-36:] not in text


def test_a_request_ends_before_another_worker_takes_over() -> None:
    assert timedelta(seconds=sum(TIMEOUTS)) < LONGEST_REQUEST
    assert TIMEOUTS[1] > 30, "Notify itself cuts a request off after 30 seconds"


def test_each_request_is_given_its_bounds() -> None:
    bounds: list[object] = []

    class Recording(HTTPAdapter):
        def send(self, *_: object, timeout: object = None, **__: object) -> Response:
            bounds.append(timeout)
            raise ConnectTimeout

    sender = notify("http://127.0.0.1:9")
    sender.session.mount("http://", Recording())
    asks: list[Callable[[], object]] = [
        lambda: sender.send(mail(), operation_id=uuid4()),
        lambda: sender.status(uuid4()),
        lambda: sender.report(uuid4()),
    ]
    for ask in asks:
        with pytest.raises(MailNotAcceptedError):
            ask()
    assert bounds == [TIMEOUTS] * 3


def test_the_final_status_is_one_in_the_words_of_a_report(emulator: Emulator) -> None:
    sender, found = notify(emulator.url), []
    for rule in (
        {"kind": "report", "report": "Delivered"},
        {"kind": "report", "report": "Bounced"},
        {"kind": "report", "report": "Failed"},
        {"kind": "final", "final": "Failed"},
        {"kind": "report", "report": []},
    ):
        emulator.faults([rule])
        operation_id = uuid4()
        sender.send(mail(), operation_id=operation_id)
        found.append(sender.report(operation_id))

    assert found == ["delivered", "bounced", "failed", "failed", None]
    assert sender.report(uuid4()) is None
