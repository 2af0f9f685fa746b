"""Mails say the same in text and in HTML, show what was given literally, and leave nothing out unseen."""

import re
from html import unescape
from typing import Any

import pytest
from jinja2 import UndefinedError

from shared.mail.message import EmailMessage
from shared.mail.renderer import MailRenderer
from tests.builders import content
from tests.every_row import every_row

RENDERER = MailRenderer(content())
FACTS: dict[str, Any] = {
    "reference": "34679CDF",
    "starts": "Friday 8 September 2023, 3pm",
    "when": "Friday 8 September 2023, 3pm to 4:15pm",
    "title": "Reflective practice",
    "theme": "Rest <b>& recovery</b>",
    "place": "Room <b>4</b>",
    "also_online": True,
    "awaits_link": False,
    "note": "Ring <i>twice</i>",
    "join_url": "https://teams.example/join/1?a=1&b=2",
    "confirmed": True,
    "manage_url": "https://support.example/manage/abc",
    "calendar_url": "https://support.example/calendar/abc",
    "privacy_url": "https://support.example/privacy",
}
UNPLACED = {name: fact for name, fact in FACTS.items() if name != "calendar_url"}
WEB_CALENDARS = {"outlook_url": "https://outlook.example/a?b=1&c=2", "google_url": "https://google.example/a?b=1&c=2"}
PLACED = FACTS | WEB_CALENDARS
CONFIRMED = (
    PLACED
    | {"reminders_held": False}
    | {"reminders": ["Thursday 7 September 2023, 3pm"], "moved": False, "waited": False}
)
CONFIRMED |= {"left_calendar_url": ""}
PARTING = {name: FACTS[name] for name in ("starts", "when", "manage_url", "calendar_url", "privacy_url")} | {
    "sessions_url": "https://support.example/sessions"
}
UNPROVEN = UNPLACED | {"kept_until": "Thursday 7 September 2023"}
PROMISE: dict[str, Any] = {"contact_by": "Friday 15 September 2023"}
RECEIVED = PROMISE | {"received_on": "Friday 1 September 2023"}
ANSWERS = {"reference": "34679CDF", "answers": [("Name", "Zoë <b>Okafor</b> {{7*7}}"), ("Story", "one\ntwo")]} | {
    "link_url": "https://support.example/acknowledge/abc"
}
ANSWERS |= RECEIVED
REMINDER = PROMISE | {
    "reference": "34679CDF",
    "sent_on": "Friday 1 September 2023",
    "link_url": "https://support.example/acknowledge/abc",
    "inline": True,
    "erased_on": "Sunday 1 October 2023",
    "operators": "operators@example.nhs.uk",
}
LINKED = REMINDER | {"inline": False, "sealed": False}
EACH = REMINDER | {"opened_on": "", "sealed": False}
NEW_LINK = PROMISE | {
    "reference": "34679CDF",
    "link_url": "https://collect.example/acknowledge/abc",
    "sent_on": "Friday 1 September 2023",
    "inline": True,
    "days": 60,
}
EACH_BOOKED = UNPROVEN | {"calendar_url": "https://support.example/calendar/a"}
COMBINED: list[dict[str, Any]] = [
    EACH_BOOKED | WEB_CALENDARS | {"kind": "confirmation"},
    EACH_BOOKED | {"kind": "checking", "deadline": "Tuesday", "confirmed": False},
    EACH_BOOKED | {"kind": "waiting", "position": 3, "cutoff": "Thursday"},
    EACH_BOOKED | {"kind": "prove", "held": True, "held_until": "Saturday"},
    EACH_BOOKED | {"kind": "unheld", "held": False},
    EACH_BOOKED | {"kind": "feedback", "feedback_url": "https://forms.example/feedback/1"},
    EACH_BOOKED | {"kind": "again", "state": "confirmed", "other_name": True, "unproven": False},
    EACH_BOOKED | {"kind": "again", "other_name": False, "unproven": True, "held": False},
]
TOGETHER = {"bookings": COMBINED, "privacy_url": FACTS["privacy_url"]}
TRUST = set(f"{content().organisation.name} {content().organisation.descriptor}".split())  # in the HTML's band
EVERY: list[tuple[str, dict[str, Any]]] = [
    ("confirmation", CONFIRMED),
    (
        "checking",
        FACTS | {"confirmed": False, "is_online": True, "join_url": "", "deadline": "Tuesday 5 September 2023, 9am"},
    ),
    ("waiting", UNPLACED | {"position": 3, "cutoff": "Thursday 7 September 2023, 3pm", "left_calendar_url": ""}),
    (
        "waiting",
        UNPLACED | {"position": 3, "cutoff": "Thursday", "left_calendar_url": "https://support.example/calendar/a"},
    ),
    ("confirmation", CONFIRMED | {"moved": True, "left_calendar_url": "https://support.example/calendar/a"}),
    ("reminder", PLACED),
    ("again", UNPLACED | {"state": "confirmed", "other_name": False, "unproven": False}),
    ("again", UNPLACED | {"state": "waiting", "other_name": True, "unproven": False}),
    ("again", UNPLACED | {"other_name": True, "unproven": True}),
    ("prove", UNPROVEN | {"held": True, "held_until": "Saturday", "yields_from": "Friday, 11am"}),
    ("prove", UNPROVEN | {"held": False}),
    ("unheld", UNPROVEN),
    ("combined", TOGETHER),
    (
        "updated",
        FACTS
        | {"changes": ["moved", "theme", "place", "note"], "ends": "4:15pm", "reminders_held": False, "reminders": []},
    ),
    ("cancelled", PARTING),
    ("gone", PARTING),
    ("released", PARTING),
    ("cutoff", UNPLACED | {"sessions_url": "https://support.example/sessions"}),
    (
        "feedback",
        {name: FACTS[name] for name in ("starts", "when", "manage_url", "privacy_url")}
        | {"feedback_url": "https://forms.example/feedback?a=1&b=2"},
    ),
    ("unplaced", {name: fact for name, fact in PARTING.items() if name != "calendar_url"}),
    ("referral", ANSWERS),
    ("referral-link", RECEIVED | {"reference": "34679CDF", "link_url": "https://collect.example/collect/abc"}),
    ("referral-sealed", RECEIVED | {"reference": "34679CDF", "link_url": "https://collect.example/collect/abc"}),
    ("referral-reminder", REMINDER | {"inline": False, "sealed": True}),
    ("referral-reminder", REMINDER),
    ("operators-uncollected", {"referrals": [("34679CDF", "Deleted on Thursday 30 November 2023.")]}),
    ("referral-withdrawn", {"reference": "34679CDF", "received_on": RECEIVED["received_on"]}),
    ("referral-new-link", NEW_LINK),
    ("referral-new-link", NEW_LINK | {"inline": False, "sealed": False}),
    ("referral-new-link", NEW_LINK | {"inline": False, "sealed": True}),
    ("operators", {"referrals": [("34679CDF", "Received Friday 1 September 2023.")], "failing": True, "opened": None}),
    ("operators", {"referrals": [("34679CDF", "Received Friday 1 September 2023.")], "failing": False, "opened": 1}),
    ("operators-test", {"reference": "34679CDF"}),
    (
        "referral-reminder",
        REMINDER | {"inline": False, "sealed": False, "opened_on": "", "erased_on": "", "operators": ""},
    ),
    ("referral-reminder", LINKED | {"opened_on": "Monday 4 September 2023"}),
    ("referral-reminder", REMINDER | {"contact_by": ""}),
    ("referral-batch", {"referrals": [REMINDER | {"received_on": "Friday 1 September 2023", "sealed": False}] * 2}),
    ("referral-batch", {"referrals": [REMINDER | {"received_on": "Friday 1 September 2023", "sealed": True}] * 2}),
    (
        "referral-reminders",
        {"referrals": [EACH | {"inline": False, "sealed": True}] * 2, "operators": "a@example.nhs.uk"},
    ),
    (
        "referral-reminders",
        {"referrals": [EACH, EACH | {"inline": False, "erased_on": ""}], "operators": "a@example.nhs.uk"},
    ),
]


def written(template: str, facts: dict[str, Any]) -> EmailMessage:
    return RENDERER.render(template, to="zoe@example.nhs.uk", **facts)


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text)


@every_row("template, facts", EVERY)
def test_text_and_html_say_the_same(template: str, facts: dict[str, Any]) -> None:
    message = written(template, facts)
    body = message.html.partition('role="main"')[2].partition(">")[2]
    shown = unescape(re.sub(r"<[^>]+>", " ", body.replace('<a href="', "").replace('" style="color:#005eb8">', " ")))

    assert set(words(shown)) - {"p"} <= set(words(message.text))
    assert set(words(message.text)) - TRUST <= set(words(shown))


@every_row("template, facts", EVERY)
def test_a_fact_that_nobody_gave_is_an_error_and_not_a_blank(template: str, facts: dict[str, Any]) -> None:
    for name in facts.keys() - {"confirmed", "awaits_link"}:  # only asked for where there is no link to join by
        with pytest.raises(UndefinedError):
            written(template, {other: value for other, value in facts.items() if other != name})


@every_row("template, facts", [each for each in EVERY if not each[0].startswith(("referral", "operators", "combined"))])
def test_a_subject_is_neutral(template: str, facts: dict[str, Any]) -> None:
    subject = written(template, facts).subject

    assert "Friday 8 September 2023, 3pm" in subject
    assert not re.search("trauma|race|racial|therap|reflect", subject, re.IGNORECASE)


def test_the_subject_of_the_combined_email_is_a_number() -> None:
    assert written("combined", TOGETHER).subject == "Staff session bookings: 8 updates"


@pytest.mark.parametrize("facts", COMBINED, ids=lambda facts: facts["kind"])
def test_a_fact_of_a_booking_that_nobody_gave_is_an_error_in_the_combined_email_too(facts: dict[str, Any]) -> None:
    wanted = {"when", "reference", "manage_url", *facts.keys() - EACH_BOOKED.keys()}
    for name in wanted:
        with pytest.raises(UndefinedError):
            written("combined", TOGETHER | {"bookings": [{other: facts[other] for other in facts.keys() - {name}}]})


def test_markup_in_what_was_given_is_shown_and_not_obeyed() -> None:
    message, referral = written("confirmation", CONFIRMED), written("referral", ANSWERS)

    assert "Rest <b>& recovery</b>" in message.text
    assert "Rest &lt;b&gt;&amp; recovery&lt;/b&gt;" in message.html
    assert "Zoë <b>Okafor</b> {{7*7}}" in referral.text
    assert "Zoë &lt;b&gt;Okafor&lt;/b&gt; {{7*7}}" in referral.html


def test_a_confirmation_without_a_link_says_that_it_will_follow() -> None:
    assert (
        "We will send you the link to join"
        in written("confirmation", CONFIRMED | {"join_url": "", "awaits_link": True}).text
    )


def test_a_confirmation_without_reminders_says_so() -> None:
    assert "We will not send you a reminder." in written("confirmation", CONFIRMED | {"reminders": []}).text


@pytest.mark.parametrize(("template", "facts"), [each for each in EVERY if each[0].startswith("referral")])
def test_a_mail_about_a_referral_begins_with_the_wish_not_to_reply_and_its_subject_is_the_reference(
    template: str, facts: dict[str, Any]
) -> None:
    message = written(template, facts)

    assert message.text.startswith("Do not reply to this email")
    expected = {"self-referral 34679CDF"} if "reference" in facts else {"2 self-referrals", "2 new self-referrals"}
    assert message.subject.split(":")[-1].removeprefix("New ").strip() in expected


def test_who_waited_can_give_the_place_up_by_the_same_link() -> None:
    promoted = written("confirmation", CONFIRMED | {"waited": True})

    assert promoted.text.startswith("You now have a place")
    assert (
        "Cancel your place, move to another session, or stop reminders:\nhttps://support.example/manage/abc"
        in promoted.text
    )
    assert promoted.text.count("/manage/") == 1


def test_a_referral_is_laid_out_for_reading() -> None:
    assert "Story:\n    one\n    two\n" in written("referral", ANSWERS).text


@pytest.mark.parametrize("subject", ["", " ", "two\nlines", "a\rb", "a\u2028b", "a\x00b"])
def test_a_subject_is_one_line(subject: str) -> None:
    with pytest.raises(ValueError, match="one line"):
        EmailMessage(to="a@b.example", subject=subject, text="t", html="h", markdown="m")


@pytest.mark.parametrize("to", ["", "a@b.example,c@d.example", "a@b.example;c@d.example", "Ann <a@b.example>", "a b@c"])
def test_a_mail_has_one_recipient(to: str) -> None:
    with pytest.raises(ValueError, match="one recipient"):
        EmailMessage(to=to, subject="s", text="t", html="h", markdown="m")


def test_a_message_does_not_show_its_contents_when_it_is_printed() -> None:
    assert "Okafor" not in repr(written("referral", ANSWERS))
