"""Sentences that say who is emailed, and when."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from tests.e2e.admin_guide.claims.claim import Claim, ExpectedMail
from tests.e2e.admin_guide.phrases import Phrases
from tests.e2e.admin_guide.service import ORGANISER
from tests.e2e.admin_guide.stage import Stage
from tests.e2e.admin_guide.steps.times import RUN_INTERVAL, length_of, moment, run_after

EMAIL_CLAIMS: Phrases[Claim] = Phrases()
_SETTLED = run_after(timedelta(minutes=15))
_HOUR_LATER = timedelta(minutes=70)
_DIGEST_AT_LATEST = _HOUR_LATER + RUN_INTERVAL


@EMAIL_CLAIMS.saying(r"nobody is emailed")
def _nobody() -> Claim:
    return Claim(nobody=True, horizon=_SETTLED)


@EMAIL_CLAIMS.saying(
    r"(Ann and Ben|Ann|Ben|Cem|Dee|`[^`]+@[^`]+`) gets? `([^`]+)`(?: on the next run| for the other session)?"
)
def _emailed(people: str, kind: str) -> Claim:
    return Claim(mail=ExpectedMail(_people(people), kind))


@EMAIL_CLAIMS.saying(r"(Ann and Ben|Ann|Ben) gets? `([^`]+)` (an?|\d+) (minute|hour|day)s? later")
def _emailed_later(people: str, kind: str, number: str, unit: str) -> Claim:
    after = length_of(number, unit)
    return Claim(mail=ExpectedMail(_people(people), kind, after), horizon=_run_that_sends(after))


@EMAIL_CLAIMS.saying(r"(Dee) gets `([^`]+)` on (\d+) September at ([\d:]+[ap]m)")
def _emailed_on(people: str, kind: str, day: str, clock: str) -> Claim:
    at = moment(day, clock)
    return Claim(mail=ExpectedMail(_people(people), kind, at=at), at=at)


@EMAIL_CLAIMS.saying(r"the organiser (is|has been) emailed")
def _organiser(tense: str) -> Claim:
    """The first email to the organiser that names the session comes after a step, and within an hour of the last.

    One that "has been" sent may be older than the steps: who is to be checked is told first.
    """

    def look(stage: Stage, steps: Sequence[datetime]) -> str:
        named = re.compile(rf"\b{stage.id}\b", re.IGNORECASE)
        told = [mail.at for mail in stage.mails_to(ORGANISER) if named.search(mail.text)]
        is_early = bool(told) and tense == "is" and told[0] < steps[0]
        in_time = told and not is_early and told[0] < steps[-1] + _DIGEST_AT_LATEST
        return "" if in_time else f"the organiser was emailed about it at {told or 'no time'}"

    return Claim(late=look, horizon=_HOUR_LATER)


def _run_that_sends(after: timedelta) -> timedelta:
    """Hours and days are counted from the run that saw the step, a moment after it."""
    return run_after(after) + (RUN_INTERVAL if after >= timedelta(hours=1) else timedelta())


def _people(text: str) -> tuple[str, ...]:
    return tuple(each.strip("`") if "@" in each else each.casefold() for each in text.split(" and "))
