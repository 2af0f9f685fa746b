"""Sentences that say what people see: the list, links, and the answer to someone who books."""

from tests.e2e.admin_guide.claims.claim import Claim, in_the_end
from tests.e2e.admin_guide.phrases import Phrases
from tests.e2e.admin_guide.stage import Stage

PAGE_CLAIMS: Phrases[Claim] = Phrases()
NEWCOMER = "eve"
"""Someone whom no row is about, and who tries to book."""

_REFUSALS = frozenset({"session-closed", "session-full", "session-suspended"})


@PAGE_CLAIMS.saying(r"(Ann|Cem)'s earlier link is not found")
def _link_is_gone(name: str) -> Claim:
    return Claim(look=lambda stage: "the link still opens" if stage.is_link_found(name.casefold()) else "")


@PAGE_CLAIMS.saying(r"(Dee) has the joining link")
def _has_joining_link(name: str) -> Claim:
    def look(stage: Stage) -> str:
        with_link = [stage.cells["JoinUrl"] in mail.text for mail in stage.mails_to(stage.address(name.casefold()))]
        return "" if with_link[-1:] == [True] and not any(with_link[:-1]) else f"emails with the link: {with_link}"

    return Claim(look=look)


@PAGE_CLAIMS.saying(r"the list shows (\d+) September")
def _listed(day: str) -> Claim:
    def look(stage: Stage) -> str:
        starts = stage.service.listed().get(stage.id, {}).get("starts", "nothing")
        return "" if starts.startswith(f"2023-09-{int(day):02}") else f"the list shows {starts}"

    return Claim(look=look)


@PAGE_CLAIMS.saying(r"the list shows (\d+) September again")
def _listed_late(day: str) -> Claim:
    look = _listed(day).look
    assert look is not None
    return Claim(late=in_the_end(look))


@PAGE_CLAIMS.saying(r"the list shows `([^`]+)`")
def _listed_title(title: str) -> Claim:
    def look(stage: Stage) -> str:
        shown = stage.service.listed()[stage.id]["title"]
        return "" if shown == title else f"the list shows {shown}"

    return Claim(look=look)


@PAGE_CLAIMS.saying(r"the list does not show it")
def _not_listed() -> Claim:
    return Claim(look=lambda stage: "the list shows it" if stage.id in stage.service.listed() else "")


@PAGE_CLAIMS.saying(r"someone can book")
def _can_book() -> Claim:
    return Claim(look=lambda stage: "" if (found := stage.book(NEWCOMER).status) == 201 else f"booking says {found}")


@PAGE_CLAIMS.saying(r"nobody can book")
def _cannot_book() -> Claim:
    def look(stage: Stage) -> str:
        answer = stage.book(NEWCOMER)
        name = "" if answer.status == 201 else str(answer.json["type"]).rpartition("/")[2].rpartition(":")[2]
        wanted = {"session-unknown"} if stage.is_gone() else _REFUSALS
        return "" if name in wanted else f"booking says {answer.status} {name}"

    return Claim(look=look)


@PAGE_CLAIMS.saying(r"the other sessions go on")
def _others_go_on() -> Claim:
    """Another session, which was changed at the same time, is announced."""

    def look(stage: Stage) -> str:
        told = [mail.kind for mail in stage.mails_to(stage.service.control)]
        return "" if told == ["booked", "changed"] else f"Ann of another session got {told}"

    return Claim(late=in_the_end(look))
