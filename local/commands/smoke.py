"""`python dev.py smoke`: tests a running installation from outside, and says in one line how that went.

Nothing that it prints names a booking or a referral.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterable, Sequence

from local.paths import ROOT
from local.smoke.client import Client, SmokeError
from local.smoke.steps import SECONDS, STEPS_OF_DRILL, Installation, referral
from shared import base64url
from shared.content.content import ContentError, load_content
from shared.signing import Signer

KEY, EMAIL, CONTENT = "SMOKE_KEY", "SMOKE_EMAIL", "CONTENT_FILE"
_SESSION = "smoke-test"


def main(arguments: Sequence[str]) -> int:
    """Returns the exit code: 1 if a step failed or took too long, 2 if the test could not begin."""
    try:
        chosen = _parser().parse_args(arguments)
        tested = _installation(chosen)
    except (LookupError, ValueError, ContentError) as error:
        print(f"smoke: not begun: {error}", file=sys.stderr)
        return 2
    of_test = [each for each in tested.offered_steps if each is not chosen.without]
    passed, failure = run(tested, STEPS_OF_DRILL if chosen.drill else of_test)
    print("; ".join([f"smoke: {'FAILED' if failure else 'passed'}", *([failure] if failure else []), *passed]))
    return 1 if failure else 0


def run(tested: Installation, steps: Iterable[Callable[[Installation], None]]) -> tuple[list[str], str]:
    """The steps that passed, each with its seconds, and why the next one did not; "" if they all did."""
    passed: list[str] = []
    for step in steps:
        most = SECONDS[step]
        began = time.monotonic()
        try:
            step(tested)
        except SmokeError as error:
            return passed, f"{step.__name__}: {error}"
        except (LookupError, TypeError, AttributeError):
            return passed, f"{step.__name__}: an answer of another form"
        took = time.monotonic() - began
        if took > most:
            return passed, f"{step.__name__}: {took:.1f} s, more than {most:.0f}"
        passed.append(f"{step.__name__} {took:.1f} s")
    return passed, ""


def _installation(chosen: argparse.Namespace) -> Installation:
    """Facts of what is tested. Raises LookupError, ValueError or ContentError, whose texts quote no secret."""
    _check_given(CONTENT)
    content = load_content(ROOT / os.environ[CONTENT])
    _check_given(*([KEY] if content.has_one_to_one else []), *([EMAIL] if content.has_groups else []))
    return Installation(
        site=Client(chosen.site.rstrip("/")),
        worker=Client(chosen.worker.rstrip("/")) if chosen.worker else None,
        session=chosen.session,
        email=os.environ.get(EMAIL, ""),
        signer=Signer((base64url.decode_any(os.environ.get(KEY, "")),)),
        content=content,
    )


def _check_given(*names: str) -> None:
    if missing := [name for name in names if not os.environ.get(name)]:
        raise LookupError(f"not in the environment: {', '.join(missing)}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="dev.py smoke",
        description="Tests a running installation from outside.",
        epilog=f"From the environment: {KEY}, as the worker has it; {EMAIL}, a mailbox of staff that gets the emails "
        f"about the place; {CONTENT}, as it is deployed.",
    )
    parser.add_argument("--site", required=True, metavar="URL", help="address of the web app")
    parser.add_argument("--worker", metavar="URL", help="address of the worker app")
    parser.add_argument(
        "--session", default=_SESSION, metavar="ID", help="a session in state test; smoke-test by default"
    )
    sealed = parser.add_mutually_exclusive_group()
    sealed.add_argument(
        "--without-referral",
        dest="without",
        action="store_const",
        const=referral,
        help="sends none: with REFERRAL_DELIVERY=sealed each would go to the provider",
    )
    sealed.add_argument(
        "--drill", action="store_true", help="sends one to the provider, to be opened there, and does nothing else"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
