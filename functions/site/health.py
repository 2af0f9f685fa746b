"""Route of the health check, for availability tests."""

import logging
from datetime import timedelta

import azure.functions as func

from functions.web.error_handling import handle_errors
from functions.web.responses import json_body
from shared.bootstrap import Services, services
from shared.config.settings import SettingsError
from shared.content.content import ContentError
from shared.tables.table import StorageError

logger = logging.getLogger(__name__)

bp = func.Blueprint()

_SILENCE = timedelta(minutes=15)  # three runs of the timer


@bp.route(route="health", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@handle_errors
def health(req: func.HttpRequest) -> func.HttpResponse:
    del req
    problems = _problems()
    if problems:
        logger.error("not healthy: %s", problems)
        return json_body({"status": "unhealthy"} | problems, status=503)
    return json_body({"status": "healthy"})


def _problems() -> dict[str, object]:
    try:
        built = services()
    except SettingsError as error:
        return {"settings": list(error.problems)}
    return _content_problems(built) | _schedule_problems(built)


def _content_problems(built: Services) -> dict[str, object]:
    try:
        _ = built.content
    except ContentError as error:
        return {"content": str(error)}
    return {}


def _schedule_problems(built: Services) -> dict[str, object]:
    try:
        last = built.heartbeat.last()
    except StorageError:
        return {"storage": "does not answer"}
    if last is None:
        return {"schedule": "has never run"}
    return {} if built.now() - last <= _SILENCE else {"schedule": "has not run for 15 minutes"}
