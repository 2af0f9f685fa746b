"""Events that can happen to bookings, drawn at random."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from tests.fakes import FAULTS
from tests.unit.shared.bookings import every_cell
from tests.unit.shared.bookings.faulty_booking_system import PEOPLE, SESSIONS
from tests.unit.shared.bookings.late_edits import LateEdit
from tests.unit.shared.bookings.unreadable_cells import announced_json

names, sessions, which = st.sampled_from(sorted(PEOPLE)), st.sampled_from(SESSIONS), st.integers(0, 11)
# An ordinary week, and the weeks in which the clocks go back (29 October 2023) and forward (31 March 2024).
mornings = st.sampled_from(
    [datetime(2023, 9, 1, 8, tzinfo=UTC), datetime(2023, 10, 26, 8, tzinfo=UTC), datetime(2024, 3, 28, 9, tzinfo=UTC)]
)
accidents = st.one_of(
    st.just(()),
    st.just(()),
    st.tuples(st.just("table"), st.integers(0, 14), st.sampled_from(FAULTS)),
    st.tuples(
        st.just("mail"),
        st.integers(0, 3),
        st.sampled_from(["crash-before", "crash-after", "lost-request", "lost-answer", "throttled"]),
    ),
    st.tuples(
        st.just("meanwhile"),
        st.integers(0, 12),
        st.sampled_from(["book", "cancel", "move", "tick", "places", "call off", "time", "type"]),
        which,
    ),
)
GOOD_CELLS = st.one_of(
    st.fixed_dictionaries({"Capacity": st.integers(0, 4)}),
    st.fixed_dictionaries({"State": st.sampled_from(["open", "closed", "cancelled", "draft"])}),
    st.fixed_dictionaries({"JoinUrl": st.sampled_from(["", "https://teams.example/1", "https://teams.example/2"])}),
    st.fixed_dictionaries({"Note": st.sampled_from(["", "Ring at the canary door", "Ring at the canary gate"])}),
    st.fixed_dictionaries({"Place": st.sampled_from(["", "Room 4", "Room 5, or online"])}),
    st.fixed_dictionaries({"HoldEmails": st.sampled_from(["yes", "yes", "no", "perhaps"])}),
    st.fixed_dictionaries({"Time": st.sampled_from(["15:00", "11:00", "00:30", "01:30", "03:00", "23:30", "9am"])}),
    st.fixed_dictionaries({"Minutes": st.sampled_from([60, "75", 90.0]), "Theme": st.sampled_from(["", "Rest"])}),
)
BAD_CELLS: list[dict[str, Any]] = [
    {"Capacity": "twelve"},
    {"Capacity": 2.5},
    {"Date": "26/10/2023"},
    {"Date": "9999-12-31", "Time": "23:30"},
    {"Date": "0001-01-01", "Time": "00:00"},
    {"Time": "three"},
    {"Time": "3:00"},
    {"Theme": "x" * 4_012},
    {"Minutes": "long"},
    {"State": "opne"},
    {"Reminders": "1 day"},
    {"WaitingList": "maybe"},
    {"JoinUrl": "teams"},
    {"FeedbackUrl": "http://forms.example"},
    {"Announced": "{}"},
    {"Announced": announced_json({"minutes": "90"})},
    {"Announced": announced_json({"starts": "9999-12-31T23:59:00Z"})},
    {"Seen": "x y"},
]
CORRECTED_CELLS = {
    "Minutes": 75,
    "State": "open",
    "Reminders": "",
    "WaitingList": "yes",
    "Capacity": 2,
    "JoinUrl": "",
    "FeedbackUrl": "",
    "HoldEmails": "",
    "Theme": "",
}
HAND_EDITS: list[dict[str, Any]] = [
    *({"State": state} for state in ("confirmed", "cancelled", "waiting", "to-check", "conf", "")),
    {"Email": "new@example.nhs.uk"},
    {"SendAgain": "yes"},
    {"SendAgain": "yes", "State": "confirmed"},
    {"Email": "nobody"},
    {"Generation": "", "BookedAt": "", "StateAt": ""},
    {"KnownState": "", "WaitingSince": "yesterday"},
]
# Around the start, the two hours in which a change is urgent, and the five minutes in which nobody can be told.
minutes_before = st.sampled_from([150, 130, 122, 119, 64, 44, 16, 14, 10, 7, 6, 3, 1, 0, -2, -20, -55, -73])
late_edits = st.builds(
    LateEdit,
    shift=st.sampled_from([0, 0, -45, -30, -15, -5, 5, 30, 60, 90, 1440, -1440]),
    new_link=st.booleans(),
    called_off=st.sampled_from([False, False, False, True]),
)


# What happens, with what it happens to; the first number says how often.
EVENTS: dict[str, tuple[int, st.SearchStrategy[tuple[Any, ...]]]] = {
    "book": (8, st.tuples(names, sessions, st.sampled_from([True, True, False]))),
    "book without an id": (1, st.tuples(names, sessions)),
    "ask everywhere": (3, st.tuples(names)),
    "send the same form again": (1, st.tuples(which)),
    "cancel": (2, st.tuples(which)),
    "cancel by an old link": (1, st.tuples(which)),
    "move": (4, st.tuples(which, sessions)),
    "prove": (4, st.tuples(which)),
    "report": (2, st.tuples(which, st.sampled_from(["Bounced", "Bounced", "Suppressed", "Delivered", "Failed"]))),
    "all comes back": (1, st.tuples()),
    "remind": (1, st.tuples(which, st.booleans())),
    "edit a session": (4, st.tuples(sessions, GOOD_CELLS)),
    "move a session": (1, st.tuples(sessions, st.integers(0, 9))),
    "edit late": (4, st.tuples(names, minutes_before, late_edits)),
    "mistype": (1, st.tuples(sessions, st.sampled_from(BAD_CELLS))),
    "mend": (2, st.tuples(sessions, st.integers(1, 9))),
    "delete a session": (1, st.tuples(sessions)),
    "put a session back": (2, st.tuples(sessions, st.integers(1, 5))),
    "edit an attendee": (2, st.tuples(which, st.sampled_from(HAND_EDITS))),
    "type into a session": (8, st.tuples(sessions, every_cell.saved(every_cell.OF_A_SESSION))),
    "type into a booking": (8, st.tuples(which, every_cell.saved(every_cell.OF_A_BOOKING))),
    "type into a guard": (1, st.tuples(sessions, every_cell.saved(every_cell.OF_A_GUARD))),
    "open a row": (1, st.tuples(which)),
    "save a row as it was opened": (2, st.tuples(which)),
    "delete an attendee": (1, st.tuples(which)),
    "add an attendee": (1, st.tuples(sessions, names, st.sampled_from(["confirmed", "waiting", ""]), which)),
    "tick": (8, st.tuples(st.sampled_from([0, 5, 5, 15, 60]))),
    "time passes": (2, st.tuples(st.sampled_from([1, 3, 12, 24, 30]))),
    "the clock jumps": (2, st.tuples(st.sampled_from([-24, -1, 1, 3, 20, 24]), st.integers(1, 3))),
    "it is nearly time": (5, st.tuples(sessions, st.sampled_from([1490, 1440, 1435, 121, 60, 55, 1, 0, -10]))),
}
events = st.sampled_from([name for name, (times, _) in EVENTS.items() for _ in range(times)]).flatmap(
    lambda name: st.tuples(st.just(name), EVENTS[name][1])
)
