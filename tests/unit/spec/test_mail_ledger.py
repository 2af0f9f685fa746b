"""spec/mail_ledger.tla is what the code does: every step of the model, taken by the real code, leads to its state."""

import pytest

from tests.unit.spec.email_under_test import EmailUnderTest
from tests.unit.spec.mail_ledger import MailLedgerModel
from tests.unit.spec.state_graph import explore


@pytest.mark.parametrize("max_faults", [1, pytest.param(2, marks=pytest.mark.nightly)])
@pytest.mark.parametrize(
    ("dedupes", "can_be_asked"), [(False, True), (True, False)], ids=["can be asked", "drops a second one"]
)
def test_every_step_of_the_model_is_a_step_of_the_code(max_faults: int, *, dedupes: bool, can_be_asked: bool) -> None:
    model = MailLedgerModel(dedupes=dedupes, can_be_asked=can_be_asked, max_faults=max_faults)
    for walk in explore(model).walks():
        email = EmailUnderTest(model)
        for number, edge in enumerate(walk, 1):
            email.take(edge)
            assert not email.seen(edge.after), [(each.name, each.number) for each in walk[:number]]
        email.end()
