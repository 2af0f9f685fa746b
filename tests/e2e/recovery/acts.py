"""What a person asks of the service, what they were told, and how it can be seen that it was done."""

import http.client
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tests.e2e.http_client import Answer
from tests.promises import CERTAIN, Outcome, every_answer_is_true

LIVE = CERTAIN | {"waiting"}
NOTHING = 0

type Cells = Mapping[str, Any]
type Tables = Mapping[str, Mapping[tuple[str, str], Cells]]
"""The rows of each table by their keys."""


@dataclass
class Act:
    """One request that can be sent again as it was, to any host.

    `who` is their email address, or what else tells one from the other. `send` takes the address of a host. `is_done`
    says if the tables hold what a person is told after success, by the answer that they had; `is_whole` if they hold
    nothing that was done by half.
    """

    kind: str
    who: str
    story: str
    send: Callable[[str], Answer]
    is_done: Callable[[Tables, Any], bool]
    is_whole: Callable[[Tables], bool] = lambda _: True
    told: list[int] = field(default_factory=list)
    said: Any = None

    def ask(self, site: str) -> None:
        """Sends it once; a connection that breaks is no answer."""
        try:
            answer = self.send(site)
        except (OSError, http.client.HTTPException):
            self.told.append(NOTHING)
            return
        self.told.append(_told(answer))
        self.said = _json(answer) or self.said

    @property
    def is_answered(self) -> bool:
        """True if the person was told that it is done, or why it cannot be."""
        return bool(self.told) and 0 < self.told[-1] < 500

    @property
    def is_refused(self) -> bool:
        """True if they were told why it cannot be: the session is full, say."""
        return self.is_answered and self.told[-1] >= 400

    def broken(self, seen: Outcome) -> list[str]:
        """What is not true of what the person was told, and what was done by half."""
        done = self.is_done(seen.tables, self.said)
        mine = replace(seen, answers=self.told, is_done=done, repeated=len(self.told) > 1)
        wrong = [] if self.is_refused else [*every_answer_is_true(mine)]
        # What was cut off and then refused may be finished all the same: a move that is under way.
        wrong += ["refused, and it was done"] if self.is_refused and done and len(self.told) == 1 else []
        wrong += [] if self.is_whole(seen.tables) else ["done by half"]
        return [f"{self.story}, told {self.told}: {how}" for how in wrong]


def _told(answer: Answer) -> int:
    """The status, but 409 for a redirection without news of the act: the page that it leads to says why."""
    is_sent_back = answer.status == 303 and "done=" not in answer.headers.get("location", "")
    return 409 if is_sent_back else answer.status


def _json(answer: Answer) -> Any:
    return json.loads(answer.text) if answer.headers.get("content-type", "").startswith("application/json") else None


def live(tables: Tables, session_id: str, email: str) -> list[Cells]:
    """The bookings of someone in a session that are neither cancelled nor moved."""
    return [
        row
        for (partition, _), row in tables["Bookings"].items()
        if partition == session_id and row.get("Email") == email and row["State"] in LIVE
    ]
