"""Links to calendars on the web: the time in UTC and neutral words, for who has a place, and nothing else."""

from urllib.parse import parse_qs, urlsplit

from shared.bookings.emails.web_calendars import web_calendar_links
from tests.builders import content, london, session
from tests.unit.shared.bookings.booking_system import BookingHarness

MAILS = content().mails


def links_for(wall: str) -> list[tuple[str, dict[str, list[str]]]]:
    links = web_calendar_links(session(starts=london(wall), theme="Belonging", title="Racialised trauma"), MAILS)
    return [(urlsplit(each).netloc, parse_qs(urlsplit(each).query)) for each in (links.outlook, links.google)]


def test_they_hold_the_time_in_utc_and_neutral_words_and_nothing_else() -> None:
    assert links_for("2023-09-08 15:00") == [
        (
            "outlook.office.com",
            {
                "path": ["/calendar/action/compose"],
                "rru": ["addevent"],
                "subject": ["Staff session"],
                "location": ["Online"],
                "startdt": ["2023-09-08T14:00:00Z"],
                "enddt": ["2023-09-08T15:15:00Z"],
            },
        ),
        (
            "calendar.google.com",
            {
                "action": ["TEMPLATE"],
                "text": ["Staff session"],
                "location": ["Online"],
                "dates": ["20230908T140000Z/20230908T151500Z"],
            },
        ),
    ]


def test_times_are_right_in_winter_too() -> None:
    (_, outlook), (_, google) = links_for("2023-12-08 15:00")

    assert (outlook["startdt"], google["dates"]) == (["2023-12-08T15:00:00Z"], ["20231208T150000Z/20231208T161500Z"])


def test_a_blank_is_no_plus_which_outlook_would_show() -> None:
    links = web_calendar_links(session(), MAILS)

    assert "+" not in links.outlook + links.google


def test_an_email_has_them_for_a_place_and_not_for_one_that_is_only_held() -> None:
    harness = BookingHarness(Capacity=2)
    harness.book("ann")
    harness.book("ben", email="ben@personal.example", works_here=True, proves=True)
    harness.book("cem", join_waiting_list=True)
    kinds = dict(zip(harness.kinds(""), harness.mails(), strict=True))

    shown = {kind: (mail.text.count("outlook.office"), mail.html.count("google.com")) for kind, mail in kinds.items()}
    assert shown == {"booked": (1, 1), "to confirm": (0, 0), "place held": (0, 0), "waiting list": (0, 0)}
    assert "Download a calendar file" in kinds["place held"].text


def test_every_email_to_an_attendee_names_the_team_to_ask_and_is_answered_there() -> None:
    harness = BookingHarness(Capacity=1)
    harness.book("ann")
    harness.book("ben", join_waiting_list=True)
    harness.edit_session(Time="16:00")
    harness.live(until=london("2023-09-08 15:05"))
    team = content().groups.contact

    mails = [*harness.mails("ann"), *harness.mails("ben")]
    assert {mail.reply_to for mail in mails} == {team.email}
    assert [mail.subject for mail in mails if team.phone not in mail.text or team.email not in mail.html] == []
    assert [mail.subject for mail in mails if "You are receiving this email because" not in mail.text] == []
    assert [mail.subject for mail in mails if "https://support.example/privacy" not in mail.text] == []
