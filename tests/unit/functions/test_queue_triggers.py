"""A message that is none of ours is told to the log by its queue alone, whichever trigger gets it."""

import json
import logging
from collections.abc import Callable
from types import SimpleNamespace

import azure.functions as func
import pytest
from azure.functions.queue import QueueMessage

from functions.bookings import send_email
from functions.queues import mail_message, referral_message
from functions.referrals import forward_referral
from shared.bookings.model.email_ids import DueMail
from tests.builders import MORNING

CANARY = "canary-7f3a"
TRIGGERS: dict[str, tuple[object, bytes]] = {
    "emails": (send_email.send_mail, referral_message("34679CDF").encode()),
    "emails-poison": (send_email.mail_failed, referral_message("34679CDF").encode()),
    "referrals": (forward_referral.forward_referral, mail_message(DueMail("s1", "a-1-confirmation")).encode()),
    "referrals-poison": (forward_referral.referral_failed, mail_message(DueMail("s1", "a-1-confirmation")).encode()),
}
FOREIGN = [
    b"",
    b"\xff",
    CANARY.encode(),
    b"[" * 200_000,
    b"{}",
    json.dumps({"v": "2", "session": CANARY, "mail": CANARY, "referral": CANARY}).encode(),
    json.dumps({"v": "1", "session": CANARY}).encode(),
    json.dumps({"v": "1", "session": f"{CANARY}/", "mail": CANARY, "referral": f"{CANARY}#"}).encode(),
    json.dumps({"v": "1", "session": 1, "mail": None, "referral": [CANARY]}).encode(),
]


def called(trigger: object) -> Callable[[func.QueueMessage], None]:
    """The function behind a trigger, as the host calls it."""
    function: Callable[[func.QueueMessage], None] = trigger._function.get_user_function()  # type: ignore[attr-defined]  # nothing public says it
    return function


@pytest.fixture(autouse=True)
def _nothing_is_built(monkeypatch: pytest.MonkeyPatch) -> None:
    def services() -> None:
        pytest.fail("a foreign message reached the service")

    for module in (send_email, forward_referral):
        monkeypatch.setattr(module, "services", services)


@pytest.mark.parametrize("queue", TRIGGERS)
@pytest.mark.parametrize("number", range(len(FOREIGN) + 1))
def test_a_foreign_message_is_dropped_with_one_warning_that_quotes_nothing(
    queue: str, number: int, caplog: pytest.LogCaptureFixture
) -> None:
    trigger, of_the_other_queue = TRIGGERS[queue]

    called(trigger)(QueueMessage(id="1", body=[*FOREIGN, of_the_other_queue][number]))

    [record] = caplog.records
    assert record.levelno == logging.WARNING
    assert record.getMessage() == f"dropped unrecognised message from queue {queue}"


@pytest.mark.parametrize("queue", TRIGGERS)
def test_a_message_of_ours_reaches_the_service(queue: str) -> None:
    """The negative control."""
    trigger, _ = TRIGGERS[queue]
    ours = mail_message(DueMail("s1", "a-1-confirmation")) if "emails" in queue else referral_message("34679CDF")

    with pytest.raises(pytest.fail.Exception, match="reached the service"):
        called(trigger)(QueueMessage(id="1", body=ours.encode()))


def test_an_email_that_failed_repeatedly_is_postponed_and_told_by_its_session(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    postponed: list[object] = []
    mailer = SimpleNamespace(defer=lambda *arguments: postponed.append(arguments))
    built = SimpleNamespace(bookings=SimpleNamespace(mailer=mailer), now=lambda: MORNING)
    monkeypatch.setattr(send_email, "services", lambda: built)

    called(send_email.mail_failed)(QueueMessage(id="1", body=mail_message(DueMail("s1", "a-1-confirmation")).encode()))

    assert postponed == [("s1", "a-1-confirmation", MORNING)]
    [record] = caplog.records
    assert (record.levelno, record.getMessage()) == (
        logging.ERROR,
        "email could not be processed and will be retried later, session s1",
    )
