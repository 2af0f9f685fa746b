"""Two workers with one email, in every order of their calls, after one of them crashed or stood still at each call."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from shared.mail.delivery import TAKEN_OVER_AFTER
from tests.unit.spec.email_under_test import EmailUnderTest
from tests.unit.spec.mail_ledger import MailLedgerModel
from tests.unit.spec.stepped_process import SteppedProcess

type Order = tuple[int, ...]


def pass_time(email: EmailUnderTest) -> None:
    """So long that a claim may be taken over, and the status of an email shows."""
    email.now += TAKEN_OVER_AFTER + timedelta(minutes=1)
    email.status = "shown" if email.sent else "none"


def run_in_order(processes: list[SteppedProcess], order: Order) -> Iterator[Order]:
    """Runs them to their end, the first first where `order` has ended; yields the orders that part from this one."""
    taken: list[int] = []
    while alive := [each for each in processes if not each.has_ended]:
        is_given = len(taken) < len(order)
        choice = order[len(taken)] if is_given else 0
        if not is_given and len(alive) > 1:
            yield (*taken, 1)
        alive[choice].step()
        taken.append(choice)


def emails(model: MailLedgerModel, *, crashes: bool) -> Iterator[EmailUnderTest]:
    """The email after each order, once a third worker has put right what is left."""
    for at in range(50):
        orders: list[Order] = [()]
        while orders:
            email = EmailUnderTest(model, answer="Accept-sent")
            first = email.start(0)
            for _ in range(at):
                first.step()
            if first.has_ended:
                return
            if crashes:
                first.kill()
            elif first.stands_before == "send":
                break  # a request under way ends in time
            pass_time(email)
            orders.extend(run_in_order([first, email.start(1)], orders.pop()))
            for _ in range(3):
                pass_time(email)
                email.start(2).run_to()
            yield email


@pytest.mark.parametrize(
    ("crashes", "can_be_asked"),
    [
        pytest.param(True, True, id="crashes, can be asked"),
        pytest.param(True, False, id="crashes, cannot be asked"),
        pytest.param(False, True, id="stalls, can be asked"),
        pytest.param(False, False, id="stalls, cannot be asked", marks=pytest.mark.nightly),
    ],
)
def test_nothing_is_lost_and_nothing_doubled_where_the_service_can_be_asked(
    *, crashes: bool, can_be_asked: bool
) -> None:
    model = MailLedgerModel(can_be_asked=can_be_asked)
    found = [email.sent for email in emails(model, crashes=crashes)]

    assert len(found) >= 5, "at each of its calls"
    assert min(found) == 1
    assert max(found) == 1 or not can_be_asked
