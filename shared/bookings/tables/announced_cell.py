"""What attendees were told of a session, as its row keeps it: every version, in the cell `Announced`."""

import json
from datetime import UTC, datetime
from typing import Any

from shared.bookings.model.session import AnnouncedDetails, Session, SessionState
from shared.reminder_offsets import Offset, parse_offsets
from shared.tables.table import moment_text


def announced_text(session: Session) -> str:
    """Everything that attendees were told, and what the session was last understood to be, for the cell `Announced`."""
    facts: dict[str, Any] = {
        "version": session.version,
        "capacity": session.capacity,
        "title": session.title,
        "state": str(session.state),
        "reminders": ",".join(offset.text for offset in session.reminders) or "none",
        "waiting_list": session.waiting_list,
        "told": [_details_facts(details) for details in session.history],
    }
    return json.dumps(facts, ensure_ascii=False)


def _details_facts(details: AnnouncedDetails) -> dict[str, Any]:
    return {
        "starts": moment_text(details.starts),
        "minutes": details.minutes,
        "theme": details.theme,
        "join_url": details.join_url,
        "called_off": details.called_off,
    }


def read_announced(session_id: str, text: str, reminders: tuple[Offset, ...]) -> Session | None:
    """The session that attendees know, from the cell `Announced`; None where it cannot be read."""
    try:
        facts = json.loads(text)
        history = tuple(
            AnnouncedDetails(**(details | {"starts": datetime.fromisoformat(details["starts"]).astimezone(UTC)}))
            for details in facts["told"]
        )
        last = history[-1]
        return Session(
            id=session_id,
            starts=last.starts,
            minutes=last.minutes,
            theme=last.theme,
            join_url=last.join_url,
            capacity=facts["capacity"],
            title=facts["title"],
            state=SessionState.CANCELLED if last.called_off else SessionState(facts["state"]),
            reminders=parse_offsets(facts["reminders"]) if facts["reminders"] else reminders,
            waiting_list=facts["waiting_list"],
            history=history,
        )
    except (ValueError, KeyError, TypeError, IndexError, OverflowError):
        return None  # never told, or edited beyond reading: then what the row says is what counts


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text).astimezone(UTC)
    if not 2000 <= moment.year < 2100:  # somebody edited it; arithmetic at the ends of time fails
        raise ValueError
    return moment
