"""Trials of the columns of the table `Bookings`."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.bookings.model.attendee import AttendeeState
from tests.admin_guide import GuideRow, quoted
from tests.builders import MORNING
from tests.e2e.admin_guide.phrases import UnknownPhraseError
from tests.e2e.admin_guide.service import Service
from tests.e2e.admin_guide.stage import Stage
from tests.e2e.admin_guide.trials import BEFORE, Trial

NEEDS = "Captions"


@dataclass(slots=True)
class Bookings:
    """The rows of people of every kind, which all trials of a batch share."""

    stage: Stage
    answers: Mapping[str, Mapping[str, Any]]
    rows: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Mapping[str, Any]:
        return self.rows[name]

    @classmethod
    def booked(cls, service: Service) -> "Bookings":
        stage = Stage(service, Capacity=3)
        needs: dict[str, dict[str, Any]] = {
            "ann": {"adjustments": NEEDS, "share_adjustments": True},
            "dee": {"works_here": True},
        }
        return cls(stage, {name: stage.book(name, **needs.get(name, {})).json for name in ("ann", "ben", "dee", "cem")})

    def change(self) -> None:
        """Ann books again, Ben cancels, Cem moves, and Eve is added by hand."""
        self.stage.book("ann")
        self.stage.cancel_by_link("ben")
        self.stage.move_by_link("cem")
        self.stage.add_booking("eve")

    def read(self) -> None:
        moved = self.stage.bookings.query_entities(f"PartitionKey eq '{self.stage.id}-other'")
        [there] = [dict(row) for row in moved if row["RowKey"] != "guard"]
        self.rows = {name: self.stage.booking(name) for name in (*self.answers, "eve")} | {"cem, moved": there}


def column_of_a_booking(service: Service, row: GuideRow) -> Trial:
    meaning = re.sub(r": `[^`]+`$", "", row["What it says"])
    if meaning not in _MEANINGS:
        raise UnknownPhraseError(f"the trials do not know what this says: {row}")
    columns, is_so = _MEANINGS[meaning]
    if quoted(row["Column"]) != columns.split():
        raise UnknownPhraseError(f"these are not the columns that say so: {row}")
    return _seen(service, columns.split(), quoted(row["What it says"]), is_so)


def _seen(service: Service, columns: list[str], examples: list[str], is_so: "_Check") -> Trial:
    yield BEFORE
    if service.shared is None:
        service.shared = Bookings.booked(service)
    found: Bookings = service.shared
    yield BEFORE
    yield MORNING
    if not found.stage.added:
        found.change()
    yield MORNING
    if not found.rows:
        found.read()
    service.remove(found.stage.id)
    missing = [name for name in columns if not any(name in row for row in found.rows.values())]
    is_true = is_so(found, examples)
    return [f"no row has the column {name}" for name in missing] + ([] if is_true else [f"{found.rows}"])


type _Check = Callable[[Bookings, list[str]], object]

_MEANINGS: Mapping[str, tuple[str, _Check]] = {
    "What the person can quote. A row that you add gets one on the next run, once `Email` is an address": (
        "Reference",
        lambda found, _: found["ann"]["Reference"] == found.answers["ann"]["reference"] and found["eve"]["Reference"],
    ),
    "`confirmed`, `to-check`, `waiting` or `cancelled`": (
        "State",
        lambda found, words: (
            set(words) == set(AttendeeState)
            and (found["ann"]["State"], found["dee"]["State"]) == ("confirmed", "to-check")
        ),
    ),
    "The place on the waiting list, from 1. Empty for everyone else": (
        "Position",
        lambda found, _: {row["Position"] for row in found.rows.values()} == {""},
    ),
    "Empty. If you write `yes`, the last confirmation is sent again, and this cell says what became of it": (
        "SendAgain",
        lambda found, _: found["ann"]["SendAgain"] == "",
    ),
    "As they gave them. They can change their name by the link in their emails": (
        "Name Email",
        lambda found, _: (found["ann"]["Name"], found["ann"]["Email"]) == ("Ann", found.stage.address("ann")),
    ),
    "When the session was at the time of booking": (
        "Session",
        lambda found, examples: [found["ann"]["Session"]] == examples,
    ),
    (
        "What they need, and whether the facilitators may see it. They can change both, and the organiser is emailed "
        "once about each change"
    ): (
        "Adjustments ShareAdjustments",
        lambda found, _: (found["ann"]["Adjustments"], found["ann"]["ShareAdjustments"]) == (NEEDS, "yes"),
    ),
    "`yes` or `no`": ("Reminders", lambda found, words: found["ann"]["Reminders"] == "yes" and words == ["yes", "no"]),
    "When, in UTC. In summer that is an hour less than the clock in London": (
        "BookedAt WaitingSince StateAt",
        lambda found, _: re.match("2023-09-01T0(7:5|8:[012])", str(found["ann"]["BookedAt"])),
    ),
    "`yes`: their address does not say that they work for the trust": (
        "NeedsCheck",
        lambda found, words: [found["dee"]["NeedsCheck"]] == words and found["ann"]["NeedsCheck"] == "no",
    ),
    "Which emails went out, which wait and until when, and which reminder comes next": (
        "Mail",
        lambda found, _: re.fullmatch(r"confirmation sent .+; reminder due Thu 7 Sep, 3pm", found["ann"]["Mail"]),
    ),
    "What is wrong with this row, and which emails did not arrive": (
        "Problem",
        lambda found, _: found["ann"]["Problem"] == "",
    ),
    "When someone first pressed a button behind the link in their emails, in UTC. Until then": (
        "ActedAt",
        lambda found, words: (
            [found["dee"]["ActedAt"]] == words and str(found["cem, moved"]["ActedAt"]).startswith("2023-09-01T")
        ),
    ),
    "Why the booking was cancelled, or its place is not held any longer": (
        "Reason",
        lambda found, _: found["ben"]["Reason"] == "left",
    ),
    "The session they moved from, and the one they moved to": (
        "MovedFrom MovedTo",
        lambda found, _: (
            found["cem, moved"]["MovedFrom"] == found.stage.id and found["cem"]["MovedTo"] == f"{found.stage.id}-other"
        ),
    ),
    "The service's own notes. Leave them alone": (
        (
            "Generation AddressSince SubmissionHash KnownState KnownEmail Releases Moving "
            "AskedAgainAt AskedAgainOtherName NeedsChangedAt"
        ),
        lambda found, _: True,
    ),
}
