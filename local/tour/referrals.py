"""Self-referral: each page with its errors, and the pages beside the usual path."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from local.tour.visitor import Visitor
from local.tour.walk import Walk

ADDRESS = "/one-to-one"
BEGIN, ON, SEND = "Start now", "Continue", "Agree and send to Nafsiyat"
CAN_WAIT = "No, I can wait to be contacted"
SHOW = "Check progress"
SKIP = "Skip these questions"


@dataclass(frozen=True, slots=True)
class Topic:
    """A page of the form: its name here, what it asks, whether it has to be answered, and one answer."""

    name: str
    heading: str
    required: bool
    answer: Callable[[Visitor], None]


def _phone(visitor: Visitor) -> None:
    visitor.write(what_is_your_phone="07700 900 982")
    visitor.choose("Yes")


def _more(visitor: Visitor) -> None:
    visitor.write(
        is_there_anything_Nafsiyat="Not at night shifts",
        what_would_you_like_support="أشعر بالتعب",
        is_there_anything_that="Captions",
    )
    visitor.choose("Weekday mornings", "I work shifts")


TOPICS = (
    Topic("help now or later", "Do you need help now?", required=True, answer=lambda v: v.choose(CAN_WAIT)),
    Topic("where you work", "Do you work for", required=True, answer=lambda v: v.choose("Yes")),
    Topic("your name", "What is your name?", required=True, answer=lambda v: v.write(what_is_your_name="Ann Example")),
    Topic("contact", "How would you like", required=True, answer=lambda v: v.choose("Email", "Phone call")),
    Topic(
        "email address",
        "What is your email address?",
        required=True,
        answer=lambda v: v.write(what_is_your_email="ann@home.example"),
    ),
    Topic("phone", "Your phone number", required=True, answer=_phone),
    Topic("language", "Which language", required=True, answer=lambda v: v.choose("English")),
    Topic("more about you", "You can also tell Nafsiyat more", required=False, answer=_more),
)


def begin(visitor: Visitor) -> None:
    visitor.open(ADDRESS)
    visitor.press(BEGIN)


def answer_all(visitor: Visitor) -> None:
    """From the first question to the page for checking."""
    for topic in TOPICS:
        topic.answer(visitor)
        visitor.press(ON)


def agree_and_send(visitor: Visitor) -> None:
    """From the page for checking to the reference."""
    visitor.press(ON)
    visitor.page.get_by_label("I agree").check()
    visitor.press(SEND)


def _referring(visitor: Visitor) -> Iterator[str]:
    visitor.open(ADDRESS)
    yield "one-to-one"
    visitor.press(BEGIN)
    for topic in TOPICS:
        yield f"one-to-one, {topic.name}"
        if topic.required:
            visitor.press(ON)
            yield f"one-to-one, {topic.name}, errors"
        topic.answer(visitor)
        visitor.press(ON)
    yield "one-to-one, check your answers"
    visitor.press(ON)
    yield "one-to-one, agreement"
    visitor.press(SEND)
    yield "one-to-one, agreement, errors"
    visitor.page.get_by_label("I agree").check()
    visitor.press(SEND)
    yield "one-to-one, received"


def _aside(visitor: Visitor) -> Iterator[str]:
    begin(visitor)
    visitor.choose("I am not sure")
    visitor.press(ON)
    yield "one-to-one, urgent help"
    visitor.press("Continue with the form")
    visitor.choose("No")
    visitor.press(ON)
    yield "one-to-one, not for you"
    begin(visitor)
    for topic in TOPICS[:4]:
        topic.answer(visitor)
        visitor.press(ON)
    visitor.write(what_is_your_email="ann@nhs.net")
    visitor.press(ON)
    yield "one-to-one, a work address"


def _afterwards(visitor: Visitor) -> Iterator[str]:
    """The states that only a browser with scripts shows. They need time to pass for the page, too."""
    visitor.page.clock.install()
    begin(visitor)
    visitor.choose(CAN_WAIT)
    visitor.page.route("**/questions", lambda route: route.fulfill(status=502, body="Bad gateway"), times=1)
    visitor.press(ON)
    yield "one-to-one, not reached"
    visitor.press("Try again")
    visitor.go_back()
    answer_all(visitor)
    agree_and_send(visitor)
    visitor.go_back()
    yield "one-to-one, back after it was sent"
    visitor.go_forward()
    visitor.page.clock.fast_forward("13:10")
    yield "one-to-one, received, closes soon"
    visitor.page.clock.fast_forward("02:00")
    yield "one-to-one, received, closed"


def _expired(visitor: Visitor) -> Iterator[str]:
    begin(visitor)
    answer_all(visitor)
    agree_and_send(visitor)
    visitor.advance_clock(timedelta(minutes=15))
    visitor.page.reload()
    yield "one-to-one, received, opened too late"


def _beforehand(visitor: Visitor) -> Iterator[str]:
    visitor.open("/one-to-one/question-list")
    yield "one-to-one, every question"
    visitor.open("/time-away-note")
    yield "a note for time away, which is not agreed"


def _skipping(visitor: Visitor) -> Iterator[str]:
    begin(visitor)
    for topic in TOPICS[:-1]:
        topic.answer(visitor)
        visitor.press(ON)
    visitor.press(SKIP)
    yield "one-to-one, check your answers, optional questions skipped"


def _status(visitor: Visitor) -> Iterator[str]:
    visitor.open("/one-to-one/status")
    yield "status"
    visitor.press(SHOW)
    yield "status, errors"
    visitor.write(your_reference="34679CDF")
    visitor.press(SHOW)
    yield "status, unknown"
    visitor.write(your_reference=visitor.referral())
    visitor.press(SHOW)
    yield "status of a form"


def _withdrawing(visitor: Visitor) -> Iterator[str]:
    begin(visitor)
    answer_all(visitor)
    agree_and_send(visitor)
    reference, words = visitor.page.locator("main strong[translate=no]").all_inner_texts()[:2]
    visitor.open("/one-to-one/withdraw")
    yield "find a form"
    visitor.press("Continue")
    yield "find a form, errors"
    visitor.write(your_reference=reference, your_3_words="tidal onion hamster")
    visitor.press("Continue")
    yield "find a form, wrong words"
    visitor.write(your_reference=reference, your_3_words=words)
    visitor.press("Continue")
    yield "own form"
    visitor.press("Withdraw my form")
    yield "own form, withdrawn"


REFERRALS = (
    Walk("referring oneself", _referring),
    Walk("off the way of referring oneself", _aside),
    Walk("after referring oneself", _afterwards),
    Walk("the reference, opened too late", _expired),
    Walk("reading the questions beforehand", _beforehand),
    Walk("skipping the optional questions", _skipping),
    Walk("asking how far a form has come", _status),
    Walk("taking a form back", _withdrawing),
)
