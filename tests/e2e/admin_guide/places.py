"""Trials of the sessions in a room, online or both: what the list, the confirmation and the page of a booking say."""

from tests.admin_guide import GuideRow, quoted
from tests.builders import content
from tests.e2e.admin_guide.phrases import UnknownPhraseError
from tests.e2e.admin_guide.service import Service
from tests.e2e.admin_guide.stage import Stage
from tests.e2e.admin_guide.trials import BEFORE, Trial
from tests.e2e.http_client import get

_PROMISED = "We will send you the link to join"


def room_and_link(service: Service, row: GuideRow) -> Trial:
    """Tries a row that says what people read of a session with this place and this link."""
    place, link, words = "".join(quoted(row["`Place`"])), "".join(quoted(row["`JoinUrl`"])), row["What people read"]
    read, ending = "".join(quoted(words)) or content().groups.place, words.rpartition(", and ")[2]
    if ending not in {"that the link will follow", "nothing about a link", "the link"}:
        raise UnknownPhraseError(f"the trials do not know what people read: {words}")
    return _read(service, place, link, read, ending)


def _read(service: Service, place: str, link: str, read: str, ending: str) -> Trial:
    yield BEFORE
    stage = Stage(service, Place=place, JoinUrl=link)
    assert stage.book("ann").status == 201
    yield BEFORE
    texts = {"the list": get(f"{service.stack.site}/bookings/new?session={stage.id}").text}
    texts |= {"the email": stage.mails_to(stage.address("ann"))[0].text, "the page": get(stage.link("ann")).text}
    different = [f"{name} does not say {read}" for name, text in texts.items() if not _says(text, read)]
    for name in ("the email", "the page"):
        different += [f"{name} says it otherwise"] if (_PROMISED in texts[name]) != ("follow" in ending) else []
        different += [f"{name} lacks the link"] if (ending == "the link") != ("teams.example" in texts[name]) else []
    stage.service.remove(stage.id)
    return different


def _says(text: str, place: str) -> bool:
    return place in text and (", or online" in place or ", or online" not in text)
