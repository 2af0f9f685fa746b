"""Sentences that say what stands in the rows of the session and its bookings."""

from tests.admin_guide import says
from tests.e2e.admin_guide.claims.claim import Claim, Look, in_the_end
from tests.e2e.admin_guide.phrases import Phrases
from tests.e2e.admin_guide.stage import Stage

ROW_CLAIMS: Phrases[Claim] = Phrases()


def cell_is(name: str, quote: str) -> Look:
    def look(stage: Stage) -> str:
        said = stage.cell(name)
        return "" if says(said, quote) else f"{name} is {said!r}"

    return look


@ROW_CLAIMS.saying(r"`(Problem|Notice|Starts)` says `([^`]+)`")
def _says(name: str, quote: str) -> Claim:
    return Claim(look=cell_is(name, quote))


@ROW_CLAIMS.saying(r"`Problem` of both rows says `([^`]+)`")
def _both_say(quote: str) -> Claim:
    def look(stage: Stage) -> str:
        said = stage.problems()
        return "" if len(said) == 2 and all(says(each, quote) for each in said) else f"Problem is {said}"

    return Claim(look=look)


@ROW_CLAIMS.saying(r"`(Confirmed|Waiting|Over)` is `([^`]+)`")
def _cell_is(name: str, text: str) -> Claim:
    return Claim(look=cell_is(name, text))


@ROW_CLAIMS.saying(r"`(Problem|Notice|Over)` is empty")
def _cell_is_empty(name: str) -> Claim:
    return Claim(look=cell_is(name, ""))


@ROW_CLAIMS.saying(r"(Ann|Ben|Cem|Dee) is `([\w-]+)`")
def _is(name: str, state: str) -> Claim:
    def look(stage: Stage) -> str:
        found = stage.booking(name.casefold())["State"]
        return "" if found == state else f"{name} is {found}"

    return Claim(look=look)


@ROW_CLAIMS.saying(r"(Ann) is `([\w-]+)` 10 minutes later")
def _is_late(name: str, state: str) -> Claim:
    look = _is(name, state).look
    assert look is not None
    return Claim(late=in_the_end(look))


@ROW_CLAIMS.saying(r"the row that you added is `([\w-]+)`")
def _added_is(state: str) -> Claim:
    def look(stage: Stage) -> str:
        [found] = [row["State"] for row in stage.added_bookings()]
        return "" if found == state else f"the row is {found}"

    return Claim(look=look)


@ROW_CLAIMS.saying(r"(Cem) has a `Reference`")
def _has_reference(name: str) -> Claim:
    return Claim(look=lambda stage: "" if stage.booking(name.casefold())["Reference"] else "there is no Reference")
