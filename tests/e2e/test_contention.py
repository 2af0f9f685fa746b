"""A rush on the last places, over several host processes that know nothing of each other."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from local.stack.host_client import HostClient
from local.stack.stack import running_stack
from tests.builders import MORNING, london
from tests.e2e.conftest import person, roster, rows
from tests.e2e.http_client import Answer, get_json, post_json

SESSION = "2023-10-03-1500"


def test_two_hundred_at_once_over_four_processes_are_exactly_twelve() -> None:
    no_quota = {"MAILS_PER_MINUTE": "0", "MAILS_PER_HOUR": "0"}
    with running_stack(at=MORNING, hosts=4, settings=no_quota) as stack:
        stack.mail.settings({"per_minute": 0, "per_hour": 0})

        def book(number: int) -> Answer:
            wanted = person(SESSION, f"p{number}", join_waiting_list=number % 2 == 0)
            return post_json(f"{stack.sites[number % 4]}/bookings", wanted)

        with ThreadPoolExecutor(200) as pool:
            answers = list(pool.map(book, range(200)))
        stack.settle()

        told = Counter(answer.json.get("state", answer.status) for answer in answers)
        waiting = told["waiting"]
        assert told == {"confirmed": 12, "waiting": waiting, 409: 188 - waiting}
        # The list takes three times the places. Who waits takes none: so each of the other hosts may let one more on.
        assert 36 <= waiting <= 36 + 3
        assert Counter(row["State"] for row in roster(stack, SESSION)) == {"confirmed": 12, "waiting": waiting}
        emails = Counter(mail["recipients"]["to"][0]["address"] for mail in stack.mail.messages())
        assert emails == {row["Email"]: 1 for row in roster(stack, SESSION)}, "one to each who has a place or waits"
        offered = [each for site in stack.sites for each in get_json(f"{site}/sessions").json["sessions"]]
        assert {each["places_left"] for each in offered if each["id"] == SESSION} == {0}
        assert " ERROR " not in stack.log_text()


def test_the_schedule_run_by_two_processes_at_once_sends_nothing_twice() -> None:
    with running_stack(at=MORNING, hosts=2, settings={"AzureWebJobs.schedule.Disabled": "false"}) as stack:
        for number in range(6):
            assert post_json(f"{stack.site}/bookings", person(SESSION, f"p{number}")).status == 201
        stack.settle()
        before = [runs(host) for host in stack.hosts]
        stack.set_clock(london("2023-10-03 14:00"))
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda number: stack.hosts[number % 2].run("schedule"), range(4)))
        stack.settle()

        # Two by hand, and on both hosts the timer finds that it is overdue.
        assert [runs(host) - earlier >= 3 for host, earlier in zip(stack.hosts, before, strict=True)] == [True, True]
        subjects = Counter(mail["content"]["subject"].partition(":")[0] for mail in stack.mail.messages())
        assert len(stack.mail.messages()) == 12 + subjects["Staff session, list of people booked"]
        assert subjects["Staff session, list of people booked"] == 1, "the organiser's, of the day before"
        states = Counter(row["State"] for row in rows(stack, "MailLog").list_entities())
        assert states == {"sent": 13, "skipped": 6}, "yesterday's reminder is not sent beside today's"


def runs(host: HostClient) -> int:
    return host.child.log_text().count("Executed schedule (Succeeded")
