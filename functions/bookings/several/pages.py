"""Renders the pages of a booking of several sessions. Those that say nothing of sessions are those of one."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import azure.functions as func

from functions.bookings import pages as of_one
from functions.bookings.draft import Draft
from functions.bookings.session_view import SessionView
from functions.bookings.several.choice import ASKED_TO_WAIT, WAITS_FOR, Choice
from functions.bookings.several.session_line import SessionLine, retry_order
from functions.forms.body import Submission
from functions.forms.validation import FieldError, FormError
from functions.web.render import render
from functions.web.responses import form_page
from shared.bookings.places.request import BookingRequest
from shared.bookings.places.several_sessions import MOST_SESSIONS
from shared.bootstrap import Services
from shared.content.content import Content


def choose(built: Services, draft: Draft, *errors: FieldError, gone: bool = False) -> func.HttpResponse:
    """The page to choose sessions. `gone`: one that was chosen can no longer be booked."""
    views = [view for view in of_one.sessions(built) if view.can_be_chosen]
    facts = {"draft": draft, "sessions": views, "gone": gone, "most": MOST_SESSIONS}
    html = render("bookings/several/sessions.html", built.content, **facts, errors=errors)
    return form_page(html, status=422 if errors else 409 if gone else 200)


def for_chosen(
    built: Services, sent: Submission, show: Callable[[Choice, Sequence[SessionView]], func.HttpResponse]
) -> func.HttpResponse:
    """The page `show` for the sessions that were chosen, earliest first, if there are two to five that can be booked.

    Otherwise the page to choose them. One alone goes the way of one session from here on.
    """
    choice = Choice.of(sent)
    if choice.error:
        return choose(built, choice.draft(built, sent), choice.error)
    found = [of_one.choosable(built, each) for each in choice.ids]
    views = sorted((each for each in found if each is not None), key=lambda view: view.starts)
    if len(views) < len(choice.ids):
        return choose(built, choice.draft(built, sent), gone=True)
    if len(views) == 1:
        return of_one.details(built, Draft.of(built, choice.first(sent)), views[0])
    return show(choice, views)


def content_for(built: Services, chosen: Sequence[SessionView]) -> Content:
    """The content of the programme of all that are chosen; of several programmes, that of all with each one's rules."""
    found = [built.content.of_programme(name) for name in dict.fromkeys(each.programme for each in chosen)]
    if len(found) == 1:
        return found[0]
    rules = dict.fromkeys(each.groups.agreement for each in found)
    groups = built.content.groups.model_copy(update={"agreement": " ".join(rules)})
    return built.content.model_copy(update={"group_sessions": groups})


def details(
    built: Services, draft: Draft, chosen: Sequence[SessionView], errors: Sequence[FieldError] = ()
) -> func.HttpResponse:
    """The page for contact details and adjustments."""
    facts = {"chosen": chosen, "opened": False} | of_one.details_facts(built, draft)
    html = render("bookings/several/details.html", content_for(built, chosen), **facts, errors=errors)
    return form_page(html, status=422 if errors else 200)


def mistakes(
    built: Services, draft: Draft, chosen: Sequence[SessionView], found: FormError, *, work_opened: bool = False
) -> func.HttpResponse:
    """The page on which answers can be put right, as for one session."""
    if of_one.is_only_about_work(found):
        return of_one.work(built, draft, found.errors, opened=work_opened)
    return details(built, draft, chosen, found.errors)


def check(
    built: Services,
    draft: Draft,
    request: BookingRequest,
    chosen: Sequence[SessionView],
    errors: Sequence[FieldError] = (),
) -> func.HttpResponse:
    """The page to check all answers, then send or change them. Sent from here, a full session is one to wait for."""
    full = [each.id for each in chosen if each.joins_waiting_list]
    facts = {
        "draft": replace(draft, values=draft.values | {WAITS_FOR: full, ASKED_TO_WAIT: []}),
        "answers": request,
        "chosen": chosen,
        "asks_adjustments": built.bookings.adjustments_are_read,
    }
    html = render("bookings/several/check.html", content_for(built, chosen), **facts, errors=errors)
    return form_page(html, status=422 if errors else 200)


def unfinished(built: Services, sent: Submission, choice: Choice, lines: Sequence[SessionLine]) -> func.HttpResponse:
    """The page that says of each session if it is booked, and lets the person go on with the others."""
    to_ask, to_repeat = [each for each in lines if each.may_wait], [each for each in lines if each.may_repeat]
    goes_on = to_ask or to_repeat
    draft = choice.draft(built, sent) if goes_on else choice.draft_anew(built, sent)
    ordered = replace(choice, ids=tuple(retry_order(lines)))
    facts = {
        "draft": _with_answers_on_waiting(draft, ordered, [each.id for each in to_ask]) if goes_on else draft,
        "lines": lines,
        "booked": sum(bool(each.state) for each in lines),
        "to_ask": to_ask,
        "to_repeat": to_repeat,
        "correlation": ", ".join(each.correlation for each in to_repeat if each.correlation),
    }
    html = render("bookings/several/unfinished.html", built.content, **facts)
    return form_page(html, 503 if to_repeat else 409, {"Retry-After": "5"} if to_repeat else {})


def _with_answers_on_waiting(draft: Draft, choice: Choice, to_ask: Sequence[str]) -> Draft:
    """The draft in the order for the next try, with the sessions that they wait for, and those asked about by now."""
    waits_for = [each for each in choice.ids if each in choice.waits_for and each not in to_ask]
    asked = [each for each in choice.ids if each in choice.asked_to_wait or each in to_ask]
    values = draft.values | {"session_id": list(choice.ids), WAITS_FOR: waits_for, ASKED_TO_WAIT: asked}
    return replace(draft, values=values)
