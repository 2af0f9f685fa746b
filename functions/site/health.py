"""Routes of the health check: ready or not, for availability tests; and what failed, for those with a function key."""

import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, time, timedelta

import azure.functions as func

from functions.web.error_handling import handle_errors
from functions.web.responses import json_body
from shared.bootstrap import Services, services
from shared.config.settings import SettingsError
from shared.content.content import ContentError, NotOfferedError
from shared.local_time import zone
from shared.tables.table import StorageError, moment_text
from shared.timer.run_report import EMAIL_SET_UP, Failure, RunReport
from shared.wording.sentences import sentence

logger = logging.getLogger(__name__)

bp = func.Blueprint()

type Problems = dict[str, object]

_EXPIRES_SOON = timedelta(days=30)
_LIST_ENDS_SOON = timedelta(days=90)  # gov.uk names the bank holidays of a year long before it begins
_SILENCE = timedelta(minutes=15)  # three runs of the timer
# Without these no email is sent or no referral is forwarded. The others, and single sessions, are in the details.
_NEEDED = frozenset({"memory", "bookings", "referrals"})


@bp.route(route="health", methods=["GET", "HEAD"], auth_level=func.AuthLevel.ANONYMOUS)
@handle_errors
def health(req: func.HttpRequest) -> func.HttpResponse:
    """Ready or not, and nothing else: the log and `/health/details` say what is wrong."""
    del req
    problems = _problems(_readiness)
    return _answer(problems, shown={})


@bp.route(route="health/details", methods=["GET", "HEAD"], auth_level=func.AuthLevel.FUNCTION)
@handle_errors
def health_details(req: func.HttpRequest) -> func.HttpResponse:
    """Names of settings, parts, sessions by their row key, tables and types of errors: no personal data."""
    del req
    problems = _problems(_details, _contact_problems, _calendar_problems, _consent_problems)
    return _answer(problems, shown=problems)


def _answer(problems: Problems, *, shown: Problems) -> func.HttpResponse:
    if problems:
        logger.error("not healthy: %s", problems)
        return json_body({"status": "unhealthy"} | shown, status=503)
    return json_body({"status": "healthy"})


def _problems(
    of_the_run: Callable[[RunReport | None, datetime], Problems], *also: Callable[[Services], Problems]
) -> Problems:
    try:
        built = services()
    except SettingsError as error:
        return {"settings": list(error.problems)}
    found: Problems = {}
    for problems in (_content_problems, *also):
        found |= problems(built)
    try:
        report = built.heartbeat.last()
    except StorageError:
        return found | {"storage": sentence("health.no-answer")}
    return found | of_the_run(report, built.now())


def _contact_problems(built: Services) -> Problems:
    """The contact for weaknesses, if it has expired or soon will; nothing if the content cannot be read."""
    try:
        expires = datetime.combine(built.content.security.expires, time(), UTC)
    except ContentError:
        return {}
    return {"security_txt": {"expires": moment_text(expires)}} if built.now() > expires - _EXPIRES_SOON else {}


def _calendar_problems(built: Services) -> Problems:
    """The day until which bank holidays are known, if it is past or near; nothing if the content cannot be read."""
    try:
        known_until = built.content.bank_holidays.known_until
    except ContentError:
        return {}
    is_near = built.now().astimezone(zone()).date() > known_until - _LIST_ENDS_SOON
    return {"bank_holidays": {"known_until": known_until.isoformat()}} if is_near else {}


def _consent_problems(built: Services) -> Problems:
    """People agree to a number of working days: it is to be the one of the setting. Nothing if there is no form."""
    try:
        facts = " ".join(built.content.one_to_one.consent_facts)
    except (ContentError, NotOfferedError):
        return {}
    is_said = sentence("health.promised-days", days=built.referrals.grace_weekdays) in facts
    return {} if is_said else {"consent_facts": sentence("health.other-working-days")}


def _content_problems(built: Services) -> Problems:
    try:
        _ = built.content
    except ContentError as error:
        return {"content": str(error)}
    return {}


def _readiness(report: RunReport | None, now: datetime) -> Problems:
    if report is None:
        return {"schedule": sentence("health.never-run")}
    if now - report.at > _SILENCE:
        return {"schedule": sentence("health.silent")}
    lacking = any(part.name in _NEEDED and now - part.since > _SILENCE for part in report.parts)
    late: Problems = {"schedule": sentence("health.incomplete")} if lacking else {}
    return late | _email_set_up(report)


def _email_set_up(report: RunReport) -> Problems:
    wrong = next((part.error for part in report.parts if part.name == EMAIL_SET_UP), "")
    return {"email_set_up": wrong} if wrong else {}


def _details(report: RunReport | None, now: datetime) -> Problems:
    if report is None:
        return {"schedule": {"state": sentence("health.never-run")}}
    silent = {"schedule": {"state": sentence("health.not-run"), "since": moment_text(report.at)}}
    found = {
        "parts": _listed("part", report.parts),
        "sessions": _listed("session", report.sessions),
        "tables": [{"table": "Bookings"} | each for each in _listed("session", report.rosters)],
    }
    listed = {name: each for name, each in found.items() if each}
    return (silent if now - report.at > _SILENCE else {}) | _email_set_up(report) | listed


def _listed(kind: str, failures: Sequence[Failure]) -> list[dict[str, str]]:
    return [{kind: each.name, "error": each.error, "since": moment_text(each.since)} for each in failures]
