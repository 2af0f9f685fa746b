"""`python dev.py load FILE`: loads sessions into the Sessions table. Rows that exist are left alone."""

import argparse
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from azure.core.credentials import AzureNamedKeyCredential
from azure.core.exceptions import AzureError
from azure.data.tables import TableClient
from azure.identity import DefaultAzureCredential

from local.paths import RUNNING, STATE
from local.process.signals import stoppable
from local.stack.azurite import KEY
from local.stack.sessions_csv import SESSIONS, SessionsFileError, insert_sessions, read_sessions


class NoTableError(Exception):
    """Nothing says which table to load into. The text is for people."""


def open_sessions(tables: str | None, environ: Mapping[str, str], running: Path = STATE / RUNNING) -> TableClient:
    """The Sessions table of that endpoint, else of BOOKINGS_STORAGE, else of the service that runs on this machine.

    Args:
        tables: the URL of the table service: the emulator's, or Azure's with the rights of who is signed in.
        environ: where BOOKINGS_STORAGE (a connection string) is looked up.
        running: the file in which a local run says where it is.

    Raises:
        NoTableError: none of the three is there.
    """
    connection = environ.get("BOOKINGS_STORAGE", "")
    if not tables and connection:
        return TableClient.from_connection_string(connection, SESSIONS)
    endpoint = tables or _running_tables(running)
    account = urlsplit(endpoint).path.strip("/")
    if account.startswith("devstoreaccount"):
        return TableClient(endpoint, SESSIONS, credential=AzureNamedKeyCredential(account, KEY), retry_total=0)
    return TableClient(endpoint, SESSIONS, credential=DefaultAzureCredential())


def _running_tables(running: Path) -> str:
    if not running.exists():
        raise NoTableError(
            "Nothing to load into: start the service with `python dev.py`, or give --tables, or set BOOKINGS_STORAGE."
        )
    return str(json.loads(running.read_text("utf-8"))["tables"])


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="dev.py load", description=__doc__)
    parser.add_argument("file", type=Path, help="CSV in the form of Azure Storage Explorer, as local/sessions.csv")
    parser.add_argument("--tables", metavar="URL", help="table service to load into")
    # For tests of this command: where a run keeps what it knows.
    parser.add_argument("--state", type=Path, default=STATE, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    try:
        with stoppable():
            return _load(options)
    except KeyboardInterrupt:
        return _failed("Stopped. What was loaded until then stays; loading again adds the rest.")


def _load(options: argparse.Namespace) -> int:
    try:
        sessions = read_sessions(options.file)
        with open_sessions(options.tables, os.environ, options.state / RUNNING) as table:
            loaded = insert_sessions(table, sessions)
    except SessionsFileError as error:
        return _failed(f"{options.file} {error}. Nothing was loaded.")
    except NoTableError as error:
        return _failed(str(error))
    except AzureError as error:
        return _failed(f"The Sessions table could not be written: {error}")
    print(f"{loaded.inserted} loaded, {loaded.already_there} already present and left unchanged.")
    return 0


def _failed(why: str) -> int:
    print(why, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
