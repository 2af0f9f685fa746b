"""An emulator of two email services: their REST APIs, faults on request, and one inbox to look into.

The services are Azure Communication Services Email and, in `local.mail.notify`, GOV.UK Notify.

It keeps everything in memory, delivers nothing, and answers on 127.0.0.1 only. What it takes from the
service's documents and what is only its own guess is said where it is decided. Times and limits are measured on the
clock that it is given, and `Retry-After` is in seconds of that clock, however fast it runs: the program under test
adds the value to the time that the same clock shows. Only the age of a signature or a token is judged by real
time, because clients sign with that.
"""

from local.mail.client import Emulator, running_emulator
from local.mail.http.server import serve
from local.mail.settings import ACCESS_KEY_VARIABLE, NOTIFY_KEY_VARIABLE, EmulatorSettings

__all__ = ["ACCESS_KEY_VARIABLE", "NOTIFY_KEY_VARIABLE", "Emulator", "EmulatorSettings", "running_emulator", "serve"]
