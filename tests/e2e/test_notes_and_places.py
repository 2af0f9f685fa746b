"""A session in a room and a note about it, from the row to the pages, the emails and the calendar."""

import re

from local.stack.stack import Stack
from tests.e2e.conftest import AddSession, mails_to, person
from tests.e2e.http_client import get, get_json, post_json

ROOM, NOTE = "Room 4, Example House", "Please use the canary door."


def test_a_room_and_a_note_reach_who_has_a_place_and_the_note_no_one_else(
    stack: Stack, add_session: AddSession
) -> None:
    session_id = add_session(JoinUrl="", Place=ROOM, Note=NOTE, Capacity=1)
    public = [f"/bookings/new?session={session_id}", "/sessions", "/sessions.ics"]
    seen = {path: get(f"{stack.site}{path}").text for path in public}
    [listed] = [each for each in get_json(f"{stack.site}/sessions").json["sessions"] if each["id"] == session_id]
    for name in ("ann", "ben"):
        assert post_json(f"{stack.site}/bookings", person(session_id, name, join_waiting_list=True)).status < 300
    stack.settle()
    texts = {
        name: mails_to(stack, f"{name}@{session_id}.nhs.net")[0]["content"]["plainText"] for name in ("ann", "ben")
    }
    pages = {name: get(re.findall(r"http://[\d.:]+/manage/[\w-]+", text)[0]).text for name, text in texts.items()}
    [calendar] = set(re.findall(r"http://[\d.:]+/calendar/[\w-]+", texts["ann"]))

    assert (listed["place"], listed["online"], "note" in listed) == (ROOM, False, False)
    assert all(ROOM in text for text in (seen[public[0]], seen["/sessions"], *texts.values(), *pages.values()))
    assert [NOTE in text for text in (texts["ann"], pages["ann"])] == [True, True]
    assert not any("canary door" in text for text in (*seen.values(), texts["ben"], pages["ben"]))
    assert not any("link to join" in text for text in (*texts.values(), *pages.values()))
    assert f"LOCATION:{ROOM}".replace(",", "\\,") in get(calendar).text
