"""`python dev.py load FILE`: loads sessions into the Sessions table. Rows that exist are left alone.

A spreadsheet is checked as a whole, and nothing of it is loaded while anything is wrong.
"""

import argparse
import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from azure.core.credentials import AzureNamedKeyCredential
from azure.core.exceptions import AzureError
from azure.data.tables import TableClient
from azure.identity import DefaultAzureCredential

from local.content.installation import use_content_file
from local.paths import RUNNING, STATE
from local.process.signals import stoppable
from local.spreadsheet.sessions import SessionRowsError, problems_of, read_spreadsheet
from local.stack.azurite import KEY
from local.stack.sessions_csv import SESSIONS, Session, SessionsFileError, insert_sessions, read_sessions

_SPREADSHEETS = frozenset({".xlsx", ".xlsm"})
_OTHER_SPREADSHEETS = frozenset({".xls", ".xlsb", ".ods", ".numbers"})


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
    return _running(running)["tables"]


def _running(file: Path) -> dict[str, str]:
    """Returns what a local run says of itself; nothing if there is none."""
    return dict(json.loads(file.read_text("utf-8"))) if file.exists() else {}


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="dev.py load", description=__doc__)
    known = "a spreadsheet (.xlsx) with columns in words, or CSV in the form of Azure Storage Explorer"
    parser.add_argument("file", type=Path, help=f"{known}, as local/sessions.csv")
    parser.add_argument("--check", action="store_true", help="say what is wrong with the file, and load nothing")
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
    use_content_file(os.environ.get("CONTENT_FILE") or _running(options.state / RUNNING).get("content"))
    try:
        sessions = _read(options.file)
        if options.check:
            return _check(sessions)
        with open_sessions(options.tables, os.environ, options.state / RUNNING) as table:
            loaded = insert_sessions(table, sessions)
    except SessionRowsError as error:
        return _failed("\n".join((*error.problems, f"{options.file} is wrong in these rows. Nothing was loaded.")))
    except SessionsFileError as error:
        return _failed(f"{options.file} {error}. Nothing was loaded.")
    except NoTableError as error:
        return _failed(str(error))
    except AzureError as error:
        return _failed(f"The Sessions table could not be written: {error}")
    print(f"{loaded.inserted} loaded, {loaded.already_there} already present and left unchanged.")
    return 0


def _read(file: Path) -> list[Session]:
    if file.suffix.casefold() in _OTHER_SPREADSHEETS:
        raise SessionsFileError("is another kind of spreadsheet: save it as Excel Workbook (.xlsx)")
    return read_spreadsheet(file) if file.suffix.casefold() in _SPREADSHEETS else read_sessions(file)


def _check(sessions: Sequence[Session]) -> int:
    # A CSV file is an export, which may hold rows with problems: they are said here, and do not keep it from loading.
    if problems := [f"{each['RowKey']}: {said}" for each in sessions for said in problems_of(each)]:
        return _failed("\n".join(problems))
    print(f"{len(sessions)} sessions, and nothing is wrong with them. Nothing was loaded.")
    return 0


def _failed(why: str) -> int:
    print(why, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
