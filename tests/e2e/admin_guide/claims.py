"""The cells of the guide that say what happens: what can be seen after the next run, and who is emailed when.

The emails that a row names are all that anyone gets: one more is as wrong as one less.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.admin_guide import says
from tests.e2e.admin_guide.phrases import Phrases
from tests.e2e.admin_guide.service import ORGANISER, Mail
from tests.e2e.admin_guide.stage import Stage
from tests.e2e.admin_guide.steps import RUN_INTERVAL, length_of, moment, run_after

PEOPLE = ("ann", "ben", "cem", "dee")
_NEXT_RUN = timedelta(minutes=6)
_SETTLED = run_after(timedelta(minutes=15))
_HOUR_LATER = timedelta(minutes=70)

type Look = Callable[[Stage], object]
"""Returns the facts that differ from the sentence; nothing, an empty text or None if it is true."""


@dataclass(frozen=True, slots=True)
class ExpectedMail:
    """One kind of email to some people, so long after the last step before it, or at a moment."""

    to: tuple[str, ...]
    kind: str
    after: timedelta = timedelta()
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence. `horizon` is how long after a step the timer runs for it once more, `at` the moment of that run."""

    look: Look | None = None
    late: Look | None = None
    mail: ExpectedMail | None = None
    horizon: timedelta = RUN_INTERVAL
    at: datetime | None = None


CLAIMS: Phrases[Claim] = Phrases()


@dataclass(frozen=True, slots=True)
class Expected:
    """All that a row says."""

    claims: Sequence[Claim] = field(default_factory=list)

    def seen_now(self, stage: Stage) -> list[str]:
        return [said for claim in self.claims if claim.look and (said := str(claim.look(stage) or ""))]

    def seen_late(self, stage: Stage) -> list[str]:
        return [said for claim in self.claims if claim.late and (said := str(claim.late(stage) or ""))]

    def mails(self, stage: Stage, steps: Sequence[datetime]) -> list[str]:
        """The differences between the emails since the first of the `steps` and those that the row names."""
        expected = [claim.mail for claim in self.claims if claim.mail]
        others = {stage.own(to) for each in expected for to in each.to if "@" in to}
        addresses = {stage.address(name) for name in PEOPLE} | others
        return [said for to in sorted(addresses) if (said := _difference(stage, to, expected, steps))]


def _difference(stage: Stage, to: str, expected: Sequence[ExpectedMail], steps: Sequence[datetime]) -> str:
    wanted = [each for each in expected if to in {stage.own(n) if "@" in n else stage.address(n) for n in each.to}]
    got = [mail for mail in stage.mails_to(to) if mail.at >= steps[0]]
    if len(wanted) == len(got) and all(map(lambda one, mail: _is_that(one, mail, steps), wanted, got)):
        return ""
    when = [f"{mail.kind} {(mail.at - steps[0]).total_seconds() / 60:.0f} minutes after the first step" for mail in got]
    return f"{to} got {when or 'no email'}"


def _is_that(wanted: ExpectedMail, mail: Mail, steps: Sequence[datetime]) -> bool:
    before = max(step for step in steps if step <= mail.at)
    due = wanted.at or before + wanted.after
    return wanted.kind == mail.kind and timedelta() <= mail.at - due <= _NEXT_RUN


# Emails.


@CLAIMS.saying(r"nobody is emailed")
def _nobody() -> Claim:
    return Claim(horizon=_SETTLED)


@CLAIMS.saying(
    r"(Ann and Ben|Ann|Ben|Cem|Dee|`[^`]+@[^`]+`) gets? `([^`]+)`(?: on the next run| for the other session)?"
)
def _emailed(people: str, kind: str) -> Claim:
    return Claim(mail=ExpectedMail(_people(people), kind))


@CLAIMS.saying(r"(Ann and Ben|Ann|Ben) gets? `([^`]+)` (an?|\d+) (minute|hour|day)s? later")
def _emailed_later(people: str, kind: str, number: str, unit: str) -> Claim:
    after = length_of(number, unit)
    return Claim(mail=ExpectedMail(_people(people), kind, after), horizon=_run_that_sends(after))


@CLAIMS.saying(r"(Dee) gets `([^`]+)` on (\d+) September at ([\d:]+[ap]m)")
def _emailed_on(people: str, kind: str, day: str, clock: str) -> Claim:
    at = moment(day, clock)
    return Claim(mail=ExpectedMail(_people(people), kind, at=at), at=at)


@CLAIMS.saying(r"the organiser is emailed")
def _organiser() -> Claim:
    def look(stage: Stage) -> str:
        named = re.compile(rf"\b{stage.id}\b", re.IGNORECASE)
        told = any(named.search(mail.text) for mail in stage.mails_to(ORGANISER))
        return "" if told else "the organiser was emailed nothing about it"

    return Claim(late=look, horizon=_HOUR_LATER)


def _run_that_sends(after: timedelta) -> timedelta:
    """Hours and days are counted from the run that saw the step, a moment after it."""
    return run_after(after) + (RUN_INTERVAL if after >= timedelta(hours=1) else timedelta())


def _people(text: str) -> tuple[str, ...]:
    return tuple(each.strip("`") if "@" in each else each.casefold() for each in text.split(" and "))


# The rows.


def cell_is(name: str, quote: str) -> Look:
    def look(stage: Stage) -> str:
        said = stage.cell(name)
        return "" if says(said, quote) else f"{name} is {said!r}"

    return look


@CLAIMS.saying(r"`(Problem|Notice|Starts)` says `([^`]+)`")
def _says(name: str, quote: str) -> Claim:
    return Claim(look=cell_is(name, quote))


@CLAIMS.saying(r"`Problem` of both rows says `([^`]+)`")
def _both_say(quote: str) -> Claim:
    def look(stage: Stage) -> str:
        said = stage.problems()
        return "" if len(said) == 2 and all(says(each, quote) for each in said) else f"Problem is {said}"

    return Claim(look=look)


@CLAIMS.saying(r"`(Confirmed|Waiting|Over)` is `([^`]+)`")
def _cell_is(name: str, text: str) -> Claim:
    return Claim(look=cell_is(name, text))


@CLAIMS.saying(r"`(Problem|Notice|Over)` is empty")
def _cell_is_empty(name: str) -> Claim:
    return Claim(look=cell_is(name, ""))


@CLAIMS.saying(r"(Ann|Ben|Cem|Dee) is `([\w-]+)`")
def _is(name: str, state: str) -> Claim:
    def look(stage: Stage) -> str:
        found = stage.booking(name.casefold())["State"]
        return "" if found == state else f"{name} is {found}"

    return Claim(look=look)


@CLAIMS.saying(r"(Ann) is `([\w-]+)` 10 minutes later")
def _is_late(name: str, state: str) -> Claim:
    return Claim(late=_is(name, state).look)


@CLAIMS.saying(r"the row that you added is `([\w-]+)`")
def _added_is(state: str) -> Claim:
    def look(stage: Stage) -> str:
        [found] = [row["State"] for row in stage.added_bookings()]
        return "" if found == state else f"the row is {found}"

    return Claim(look=look)


@CLAIMS.saying(r"(Cem) has a `Reference`")
def _has_reference(name: str) -> Claim:
    return Claim(look=lambda stage: "" if stage.booking(name.casefold())["Reference"] else "there is no Reference")


# What people see.


@CLAIMS.saying(r"(Ann)'s earlier link is not found")
def _link_is_gone(name: str) -> Claim:
    return Claim(look=lambda stage: "the link still opens" if stage.is_link_found(name.casefold()) else "")


@CLAIMS.saying(r"(Dee) has the joining link")
def _has_joining_link(name: str) -> Claim:
    def look(stage: Stage) -> str:
        with_link = [stage.cells["JoinUrl"] in mail.text for mail in stage.mails_to(stage.address(name.casefold()))]
        return "" if with_link == [False, True] else f"emails with the link: {with_link}"

    return Claim(look=look)


@CLAIMS.saying(r"the list shows (\d+) September")
def _listed(day: str) -> Claim:
    def look(stage: Stage) -> str:
        starts = stage.service.listed().get(stage.id, {}).get("starts", "nothing")
        return "" if starts.startswith(f"2023-09-{int(day):02}") else f"the list shows {starts}"

    return Claim(look=look)


@CLAIMS.saying(r"the list shows (\d+) September again")
def _listed_late(day: str) -> Claim:
    return Claim(late=_listed(day).look)


@CLAIMS.saying(r"the list shows `([^`]+)`")
def _listed_title(title: str) -> Claim:
    def look(stage: Stage) -> str:
        shown = stage.service.listed()[stage.id]["title"]
        return "" if shown == title else f"the list shows {shown}"

    return Claim(look=look)


@CLAIMS.saying(r"the list does not show it")
def _not_listed() -> Claim:
    return Claim(look=lambda stage: "the list shows it" if stage.id in stage.service.listed() else "")


@CLAIMS.saying(r"someone can book")
def _can_book() -> Claim:
    return Claim(look=lambda stage: "" if (found := stage.book("eve").status) == 201 else f"booking says {found}")


@CLAIMS.saying(r"nobody can book")
def _cannot_book() -> Claim:
    refused = {404, 409}
    return Claim(look=lambda stage: "" if (found := stage.book("eve").status) in refused else f"booking says {found}")


@CLAIMS.saying(r"the other sessions go on")
def _others_go_on() -> Claim:
    """Another session, which was changed at the same time, is announced."""

    def look(stage: Stage) -> str:
        told = [mail.kind for mail in stage.mails_to(stage.service.control)]
        return "" if told == ["booked", "changed"] else f"Ann of another session got {told}"

    return Claim(late=look)
