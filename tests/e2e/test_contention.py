"""A rush on the last places, over several host processes that know nothing of each other."""

from concurrent.futures import ThreadPoolExecutor

from local.stack import running_stack
from tests.builders import MORNING, london
from tests.e2e.conftest import person, roster, rows
from tests.e2e.web import Answer, get_json, post_json

SESSION = "2023-10-03-1500"


def test_fifty_at_once_over_four_processes_are_exactly_twelve() -> None:
    with running_stack(at=MORNING, hosts=4) as stack:

        def book(number: int) -> Answer:
            return post_json(f"{stack.sites[number % 4]}/bookings", person(SESSION, f"p{number}"))

        with ThreadPoolExecutor(50) as pool:
            answers = list(pool.map(book, range(50)))
        stack.settle()

        assert sorted(answer.status for answer in answers) == [201] * 12 + [409] * 38
        assert len(roster(stack, SESSION)) == 12
        assert len(stack.mail.messages()) == 12
        offered = [each for site in stack.sites for each in get_json(f"{site}/sessions").json["sessions"]]
        assert {each["places_left"] for each in offered if each["id"] == SESSION} == {0}


def test_the_schedule_run_by_two_processes_at_once_sends_nothing_twice() -> None:
    with running_stack(at=MORNING, hosts=2, settings={"AzureWebJobs.send_mail.Disabled": "false"}) as stack:
        for number in range(6):
            assert post_json(f"{stack.site}/bookings", person(SESSION, f"p{number}")).status == 201
        stack.settle()
        stack.set_clock(london("2023-10-03 14:00"))
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda _: stack.tick(), range(4)))
        stack.settle()

        assert len(stack.mail.messages()) == 12
        assert [row["State"] for row in rows(stack, "MailLog").list_entities()] == ["sent"] * 12
