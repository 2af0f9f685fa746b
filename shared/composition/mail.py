"""Email for every capability: rendering, the pause that the email service asks for, and the sender."""

from functools import cached_property

from shared.clock import Clock
from shared.composition import azure_clients
from shared.composition.context import AppContext
from shared.mail.message import MailSender
from shared.mail.pause import MailPause
from shared.mail.renderer import MailRenderer


class MailServices:
    """Each is built on first use: the sender only in the app that sends email. `clock` shows the time in UTC."""

    def __init__(self, context: AppContext, clock: Clock) -> None:
        self._context = context
        self.clock = clock

    @cached_property
    def pause(self) -> MailPause:
        return MailPause(self._context.service_table)

    @cached_property
    def renderer(self) -> MailRenderer:
        return MailRenderer(self._context.content)

    @cached_property
    def sender(self) -> MailSender:
        return azure_clients.mail_sender(self._context.settings)
