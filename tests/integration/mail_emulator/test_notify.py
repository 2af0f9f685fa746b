"""The API of GOV.UK Notify as any client meets it: what the adapter rests on, and what it never does."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from queue import Empty, Queue
from typing import Any, ClassVar
from uuid import uuid4

import jwt
import pytest
import requests

from local.mail import Emulator
from local.mail.notify.keys import KeyType, key_of_type
from tests.unit.local.mail.message_builders import NOTIFY_KEY, NOTIFY_TEMPLATE

type Advance = Callable[[timedelta], None]

EMAIL = "/v2/notifications/email"
TEAM, TEST = (key_of_type(NOTIFY_KEY, kind) for kind in (KeyType.TEAM, KeyType.TEST))
TOKEN = "callback-token"


def bearer(key: str = NOTIFY_KEY, *, age: float = 0, **claims: Any) -> str:
    """The header of a request made `age` seconds ago."""
    made = {"iss": key[-73:-37], "iat": int(time.time() - age)} | claims
    return f"Bearer {jwt.encode(made, key[-36:], algorithm='HS256')}"


def ask(emulator: Emulator, path: str, key: str = NOTIFY_KEY, **params: Any) -> Any:
    answer = requests.get(emulator.url + path, params=params, headers={"authorization": bearer(key)}, timeout=60)
    assert answer.status_code == 200, answer.text
    return answer.json()


def post(emulator: Emulator, authorization: str | None = None, **changes: Any) -> requests.Response:
    email = {
        "email_address": "zoe@staff.test",
        "template_id": NOTIFY_TEMPLATE,
        "personalisation": {"Sub ject": "Staff session", "BODY": "Hello"},
        "reference": "one",
    }
    posted = {name: value for name, value in (email | changes).items() if value is not None}
    headers = {"authorization": bearer() if authorization is None else authorization}
    return requests.post(emulator.url + EMAIL, json=posted, headers=headers, timeout=60)


def refusal(answer: requests.Response) -> tuple[int, str]:
    """The status and the error; the body has the form that all errors have, and nothing says how long to wait."""
    body = answer.json()
    [error] = body["errors"]
    assert body["status_code"] == answer.status_code
    assert error["message"]
    assert "retry-after" not in answer.headers
    return answer.status_code, error["error"]


def test_an_email_is_accepted_and_found_by_reference_and_by_id(emulator: Emulator) -> None:
    accepted = post(emulator).json()
    [listed] = ask(emulator, "/v2/notifications", reference="one", template_type="email")["notifications"]

    assert accepted["content"]["subject"] == "Staff session"
    assert accepted["reference"] == listed["reference"] == "one"
    assert (listed["status"], listed["body"], listed["email_address"]) == ("delivered", "Hello", "zoe@staff.test")
    assert ask(emulator, f"/v2/notifications/{accepted['id']}") == listed
    assert ask(emulator, "/v2/notifications", reference="two")["notifications"] == []
    assert [mail["operationId"] for mail in emulator.messages(to="zoe@staff.test")] == ["one"]


def test_a_reference_that_repeats_sends_again_and_the_newest_is_listed_first(emulator: Emulator) -> None:
    ids = [post(emulator).json()["id"] for _ in range(3)]

    listed = ask(emulator, "/v2/notifications", reference="one")["notifications"]
    assert [each["id"] for each in listed] == ids[::-1]
    assert len(emulator.messages()) == 3


def test_a_list_has_pages_of_250(emulator: Emulator) -> None:
    for _ in range(251):
        assert post(emulator).status_code == 201
    first = ask(emulator, "/v2/notifications", reference="one")
    second = ask(emulator, "/v2/notifications", reference="one", older_than=first["notifications"][-1]["id"])

    assert (len(first["notifications"]), len(second["notifications"])) == (250, 1)
    assert f"older_than={first['notifications'][-1]['id']}" in first["links"]["next"]
    assert "next" not in second["links"]


@pytest.mark.parametrize(
    ("authorization", "status"),
    [
        ("", 401),
        (f"Basic {NOTIFY_KEY}", 401),
        ("Bearer nonsense", 403),
        (bearer(f"x-{uuid4()}-{uuid4()}"), 403),
        (bearer(NOTIFY_KEY[:-1] + ("1" if NOTIFY_KEY[-1] == "0" else "0")), 403),
        (bearer(iss=str(uuid4())), 403),
    ],
)
def test_a_request_needs_a_token_of_the_key(emulator: Emulator, authorization: str, status: int) -> None:
    assert refusal(post(emulator, authorization)) == (status, "AuthError")
    assert emulator.messages() == []


def test_a_token_is_judged_by_real_time_thirty_seconds_either_way(emulator: Emulator, advance: Advance) -> None:
    advance(timedelta(days=100))

    assert [post(emulator, bearer(age=age)).status_code for age in (0, 25, -25)] == [201] * 3
    for age in (35, -35):
        assert refusal(post(emulator, bearer(age=age))) == (403, "AuthError")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"email_address": None}, "ValidationError"),
        ({"email_address": "zoe"}, "ValidationError"),
        ({"email_address": '"zoe okafor"@staff.test'}, "ValidationError"),
        ({"email_address": "zoe@staff.123"}, "ValidationError"),
        ({"template_id": "x"}, "ValidationError"),
        ({"reference": "x" * 1001}, "ValidationError"),
        ({"operation": "x"}, "ValidationError"),
        ({"template_id": str(uuid4())}, "BadRequestError"),
        ({"personalisation": {"subject": "x"}}, "BadRequestError"),
        ({"email_reply_to_id": str(uuid4())}, "BadRequestError"),
        ({"personalisation": {"subject": "x", "body": "x" * 2_000_001}}, "BadRequestError"),
        ({"personalisation": {"subject": "x", "body": " "}}, "BadRequestError"),
    ],
)
def test_a_request_that_cannot_be_is_refused_by_name(emulator: Emulator, changes: dict[str, Any], error: str) -> None:
    assert refusal(post(emulator, **changes)) == (400, error)
    assert emulator.messages() == []


def test_the_firewall_before_it_answers_with_a_page_and_sends_nothing(emulator: Emulator) -> None:
    emulator.faults([{"kind": "status", "status": 403, "code": ""}])

    answer = post(emulator)

    assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (403, "text/html")
    assert emulator.messages() == []
    assert post(emulator).status_code == 201


def test_a_minute_is_a_bucket_and_a_day_ends_at_midnight_in_utc(emulator: Emulator, advance: Advance) -> None:
    emulator.settings({"notify_per_minute": 2, "notify_per_day": 3})

    found = [post(emulator) for _ in range(3)]
    assert [each.status_code for each in found] == [201, 201, 429]
    assert refusal(found[2]) == (429, "RateLimitError")
    advance(timedelta(seconds=30))
    assert post(emulator).status_code == 201
    advance(timedelta(minutes=1))
    assert refusal(post(emulator)) == (429, "TooManyRequestsError")
    assert ask(emulator, "/v2/notifications")["notifications"], "questions have no limit"
    advance(timedelta(hours=10))
    assert post(emulator).status_code == 201


def test_keys_of_each_type_send_to_whom_they_may_and_see_their_own(emulator: Emulator) -> None:
    assert refusal(post(emulator, bearer(TEAM))) == (400, "BadRequestError")
    emulator.settings({"notify_team": ["team@staff.test"], "notify_trial": True})
    assert refusal(post(emulator)) == (400, "BadRequestError")
    sent = {
        key: post(emulator, bearer(key), email_address=to).json()["id"]
        for key, to in ((NOTIFY_KEY, "team@staff.test"), (TEAM, "team@staff.test"), (TEST, "zoe@staff.test"))
    }

    for key, own in sent.items():
        assert [each["id"] for each in ask(emulator, "/v2/notifications", key)["notifications"]] == [own]
        assert {ask(emulator, f"/v2/notifications/{each}", key)["id"] for each in sent.values()} == set(sent.values())
    assert [mail["recipients"]["to"][0]["address"] for mail in emulator.messages()] == ["team@staff.test"] * 2


def test_a_simulated_address_is_accepted_and_stored_nowhere(emulator: Emulator) -> None:
    assert post(emulator, email_address="simulate-delivered@notifications.service.gov.uk").status_code == 201

    assert ask(emulator, "/v2/notifications", reference="one")["notifications"] == []


def test_the_retention_ends_by_whole_days_and_a_lag_hides_what_is_new(emulator: Emulator, advance: Advance) -> None:
    emulator.settings({"notify_retention_days": 3, "status_lag": 60})
    found = post(emulator).json()["id"]

    def listed() -> int:
        return len(ask(emulator, "/v2/notifications", reference="one")["notifications"])

    assert listed() == 0
    advance(timedelta(seconds=60))
    assert listed() == 1
    advance(timedelta(days=3))
    assert listed() == 1
    advance(timedelta(days=1))
    assert listed() == 0
    answer = requests.get(f"{emulator.url}/v2/notifications/{found}", headers={"authorization": bearer()}, timeout=60)
    assert refusal(answer) == (404, "NoResultFound")


def test_no_secret_is_shown_and_the_key_is_fixed(emulator: Emulator) -> None:
    emulator.settings({"notify_callback_token": TOKEN})

    shown = json.dumps(emulator.settings(), default=str)
    assert NOTIFY_KEY not in shown
    assert TOKEN not in shown
    with pytest.raises(OSError, match="400"):
        emulator.settings({"notify_key": NOTIFY_KEY})


class Callback(BaseHTTPRequestHandler):
    """Takes reports, answering each with the next status of `answers`, or 204."""

    reports: ClassVar[Queue[tuple[int, dict[str, Any]]]]
    answers: ClassVar[list[int]]

    def do_POST(self) -> None:
        report = json.loads(self.rfile.read(int(self.headers["content-length"])))
        assert self.headers["authorization"] == f"Bearer {TOKEN}"
        status = self.answers.pop(0) if self.answers else 204
        self.send_response(status)
        self.end_headers()
        self.reports.put((status, report))

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name of the method it replaces
        """Keeps quiet."""


@pytest.fixture
def callback(emulator: Emulator) -> Iterator[type[Callback]]:
    Callback.reports, Callback.answers = Queue(), []
    with HTTPServer(("127.0.0.1", 0), Callback) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        address = f"http://127.0.0.1:{server.server_port}/mail/notify-report"
        emulator.settings({"notify_callback": address, "notify_callback_token": TOKEN})
        yield Callback
        emulator.reset()
        server.shutdown()
        thread.join()


def answered(emulator: Emulator, callback: type[Callback]) -> list[int]:
    """The answers to all reports, once none is on its way."""
    deadline = time.monotonic() + 60
    while emulator.reports_under_way():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    found = []
    try:
        while True:
            found.append(callback.reports.get_nowait()[0])
    except Empty:
        return found


def test_a_report_has_the_shape_of_the_documentation(emulator: Emulator, callback: type[Callback]) -> None:
    emulator.faults([{"kind": "report", "report": ["Expanded", "Bounced", "Delivered"]}])
    accepted = post(emulator).json()

    status, report = callback.reports.get(timeout=60)
    assert status == 204
    assert (report["id"], report["reference"], report["to"]) == (accepted["id"], "one", "zoe@staff.test")
    assert report["status"] == "permanent-failure", "the first that is final"
    assert report.keys() == {
        *("id", "reference", "to", "status", "created_at", "completed_at", "sent_at"),
        *("notification_type", "template_id", "template_version"),
    }
    assert answered(emulator, callback) == []


@pytest.mark.parametrize(
    ("answers", "posts"), [([503, 429], [503, 429, 204]), ([400], [400]), ([401], [401]), ([404], [404])]
)
def test_a_report_is_posted_again_after_a_server_error_and_lost_after_any_4xx(
    emulator: Emulator, callback: type[Callback], answers: list[int], posts: list[int]
) -> None:
    callback.answers.extend(answers)
    post(emulator)

    assert answered(emulator, callback) == posts


@pytest.mark.parametrize(
    ("fault", "posts"),
    [
        ({"kind": "callback", "callback": "lost"}, []),
        ({"kind": "callback", "callback": "twice"}, [204, 204]),
        ({"kind": "final", "final": "Failed"}, []),
        ({"kind": "report", "report": []}, []),
    ],
)
def test_a_report_can_be_lost_or_doubled_and_is_never_made_of_a_technical_failure(
    emulator: Emulator, callback: type[Callback], fault: dict[str, Any], posts: list[int]
) -> None:
    emulator.faults([fault])
    post(emulator)

    assert answered(emulator, callback) == posts


def test_a_report_can_be_late(emulator: Emulator, callback: type[Callback], advance: Advance) -> None:
    emulator.faults([{"kind": "callback", "callback": "late", "seconds": 3600}])
    post(emulator)
    advance(timedelta(minutes=59))
    time.sleep(0.3)
    assert callback.reports.empty()
    advance(timedelta(minutes=1))

    assert answered(emulator, callback) == [204]
