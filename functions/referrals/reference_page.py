"""The address of the page with a referral's reference, and what a page that shows a reference says of its time."""

from datetime import datetime
from typing import Any

from functions.problems.http_errors import ReferralOutcomeExpiredError
from functions.web.outcome_address import SHOWN_FOR, Outcome, OutcomeAddress
from shared.bootstrap import Services
from shared.content.language.dates import Dates

SENT = OutcomeAddress("/one-to-one/sent", ReferralOutcomeExpiredError)


def opened_facts(token: str, found: Outcome, now: datetime, dates: Dates) -> dict[str, Any]:
    """The template variables of the page that this token opens: how long it is still shown."""
    return _shown(token, dates.time(found.until), found.seconds_left(now))


def fresh_facts(built: Services, reference: str, by: str, words: str) -> dict[str, Any]:
    """The template variables of another page with a reference, which is shown for 15 minutes from now."""
    now = built.now()
    token = SENT.token(built.signer, now, reference, by, words)
    shown = _shown(token, built.content.dates.time(now + SHOWN_FOR), SHOWN_FOR.seconds)
    return {"reference": reference, "words": words, **shown}


def _shown(token: str, until: str, seconds: int) -> dict[str, Any]:
    return {"shown": token, "shown_until_time": until, "shown_seconds": seconds}
