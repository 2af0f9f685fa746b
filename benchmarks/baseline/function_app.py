"""What a booking is compared with, in the same runtime: nothing at all, one transaction, and the usual sample.

Each books a row of the table `Baseline`, whose partition is the session that the request names.
"""

import json
import os
import threading
import uuid

import azure.functions as func
from azure.core import MatchConditions
from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables import TableServiceClient, UpdateMode

from benchmarks.baseline.names import TABLE
from benchmarks.baseline.signed_requests import SignedTable

GUARD = "guard"
PLACES = 100_000

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)

_connection = os.environ["BOOKINGS_STORAGE"]
_table = TableServiceClient.from_connection_string(_connection).get_table_client(TABLE)
_signed = SignedTable(_connection, TABLE)
_guards: dict[str, str] = {}
_lock = threading.Lock()


@app.route(route="nothing", methods=["GET"])
def nothing(req: func.HttpRequest) -> func.HttpResponse:  # noqa: ARG001  # the runtime passes it by name
    return func.HttpResponse("nothing")


@app.route(route="bare", methods=["POST"])
def bare(req: func.HttpRequest) -> func.HttpResponse:
    """One transaction through the SDK, on a guard whose ETag is remembered."""
    session, cells = _attendee(req)
    with _lock:
        changed = {"etag": _guard(session), "match_condition": MatchConditions.IfNotModified}
        guard = {"PartitionKey": session, "RowKey": GUARD, "TouchedAt": "now"}
        done = _table.submit_transaction([("update", guard, {"mode": UpdateMode.MERGE, **changed}), ("create", cells)])
        _guards[session] = str(done[0]["etag"])
    return _booked(cells)


@app.route(route="floor", methods=["POST"])
def floor(req: func.HttpRequest) -> func.HttpResponse:
    """The same transaction, written and signed by hand."""
    session, cells = _attendee(req)
    with _lock:
        _guards[session] = _signed.book(session, GUARD, _guard(session), cells)
    return _booked(cells)


@app.route(route="sample", methods=["POST"])
def sample(req: func.HttpRequest) -> func.HttpResponse:
    """The usual sample, keyed by session, with one client: read the roster, count, insert. It overbooks."""
    session, cells = _attendee(req)
    taken = list(_table.query_entities("PartitionKey eq @session", parameters={"session": session}))
    if len(taken) >= PLACES:
        return func.HttpResponse("full", status_code=409)
    _table.create_entity(cells)
    return _booked(cells)


def _attendee(req: func.HttpRequest) -> tuple[str, dict[str, str]]:
    sent = req.get_json()
    session = str(sent["session_id"])
    person = {"PartitionKey": session, "RowKey": uuid.uuid4().hex}
    return session, person | {"Name": sent["full_name"], "Email": sent["email"], "State": "confirmed"}


def _guard(session: str) -> str:
    """The ETag of the guard: remembered, read, or that of a guard that is made now."""
    if session in _guards:
        return _guards[session]
    try:
        return str(_table.get_entity(session, GUARD).metadata["etag"])
    except ResourceNotFoundError:
        return str(_table.create_entity({"PartitionKey": session, "RowKey": GUARD})["etag"])


def _booked(cells: dict[str, str]) -> func.HttpResponse:
    return func.HttpResponse(json.dumps({"reference": cells["RowKey"]}), status_code=201, mimetype="application/json")
