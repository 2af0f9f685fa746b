"""`python dev.py secrets`: puts the secrets that are missing into the vaults, and leaves every other one as it is.

`azd` runs it after it has made the vaults and before it deploys the apps. It prints names and never a value.

A secret that is replaced is looked up only once the apps also know the version before, which `azd provision` tells
them; with `--leaked` it is looked up at once, and what the one before made ends.
"""

import argparse
import getpass
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter

from local.azure.environment import MissingError, environment
from local.azure.references import App, refresh_references
from local.azure.vault import Vault, VaultError
from local.setup.keys import new_secret
from shared.config.requirements import PROVIDER_KEYS
from shared.config.rsa_keys import ProviderJwks
from shared.config.settings import Settings

WEB, WORKER = "WEB_VAULT_URL", "WORKER_VAULT_URL"
KEY = "referrals"
PUBLIC_KEY = "REFERRAL_PUBLIC_KEY"

MADE: Mapping[str, str] = {
    "BOOKING_KEY": WEB,
    "LINK_KEY": WEB,
    "REFERRAL_KEY": WEB,
    "REFERRAL_MAC_KEY": WEB,
    "PROVIDER_LINK_KEY": WORKER,
}
"""Random secrets by setting's name, each with its vault. The worker reads both vaults, the web app only its own."""

GIVEN: Mapping[str, str] = {
    "REFERRAL_PASSPHRASE": WORKER,
    PROVIDER_KEYS: WEB,
    "NOTIFY_API_KEY": WORKER,
    "NOTIFY_CALLBACK_TOKEN": WORKER,  # the website of Notify gets it too, and no one can read it in the vault
    "SMOKE_KEY": WORKER,
}
"""Secrets that a person has to give; the provider's public keys are none, and are kept beside them."""

NEVER_RENEWED = "BOOKING_KEY"


class UnusableError(Exception):
    """A file that was given cannot be used. Its text quotes nothing of it."""


ROTATED = frozenset(
    {"LINK_KEY", "NOTIFY_CALLBACK_TOKEN", "PROVIDER_LINK_KEY", "REFERRAL_MAC_KEY", "REFERRAL_PASSPHRASE", PUBLIC_KEY}
)
"""Secrets of which an app needs the version before as well, once there is another."""


@dataclass(frozen=True, slots=True)
class Secrets:
    """The secrets of one installation.

    `vaults` has a vault for each of WEB and WORKER. `leaked`: what is replaced has leaked, and ends at once.
    """

    vaults: Mapping[str, Vault]
    say: Callable[[str], None] = print
    leaked: bool = False

    def complete(self) -> bool:
        """Makes what is missing; returns True if anything was."""
        there = {name for vault in self.vaults.values() for name in vault.names()}
        missing = [name for name in MADE if name not in there]
        for name in missing:
            self.vaults[MADE[name]].store(name, new_secret())
            self.say(f"{name}: made")
        if PUBLIC_KEY not in there:
            self.publish_key()
        for name in sorted(GIVEN.keys() - there):
            self.say(f"{name}: not there; if this installation needs it: python dev.py secrets --set {name}")
        return bool(missing) or PUBLIC_KEY not in there

    def publish_key(self) -> None:
        """Gives the apps the public half of the key's newest version, the first."""
        self.vaults[WEB].store(PUBLIC_KEY, self.vaults[WORKER].public_key(KEY))
        self.say(f"{PUBLIC_KEY}: the public half of the newest version of the key {KEY}")

    def renew_key(self) -> bool:
        """Gives them that of a newer version, and says what to do next."""
        return self._replace(self.vaults[WEB], PUBLIC_KEY, self.vaults[WORKER].public_key(KEY))

    def renew(self, name: str) -> bool:
        """Makes a new version of a random secret, and says what to do next."""
        return self._replace(self.vaults[MADE[name]], name, new_secret())

    def give(self, name: str, value: str) -> bool:
        """Stores what a person gave, and says what to do next."""
        vault = self.vaults[GIVEN[name]]
        if name in vault.names():
            return self._replace(vault, name, value)
        vault.store(name, value)
        self.say(f"{name}: stored")
        return True

    def _replace(self, vault: Vault, name: str, value: str) -> bool:
        """True if the apps may look it up at once: unless it has leaked, not before they know the version before."""
        before = vault.newest_version(name)
        vault.store(name, value)
        if name not in ROTATED:
            self.say(f"{name}: stored")
            return True
        if self.leaked:
            self.say(f"{name}: stored. If previousVersions has {name}, take it out now, and run azd provision.")
            return True
        self.say(f"{name}: stored. Put {name} with {before} into previousVersions, and run azd provision.")
        return False


def main(arguments: Sequence[str]) -> int:
    """Returns the exit code: 1 if a vault or an app refused, or if it is not known where they are."""
    wanted = _arguments(arguments)
    try:
        values = environment(os.environ, (WEB, WORKER, *App.SETTINGS))
        secrets = Secrets({name: Vault(values[name]) for name in (WEB, WORKER)}, leaked=wanted.leaked)
        is_done = not _apply(wanted, secrets) or refresh_references(App.both(values))
    except (MissingError, VaultError, UnusableError) as error:
        print(error, file=sys.stderr)
        return 1
    # A deployment goes on: the apps start after it, and look their secrets up then.
    return 0 if is_done or not _is_asked_for(wanted) else 1


def _apply(wanted: argparse.Namespace, secrets: Secrets) -> bool:
    """True if the apps are to look their secrets up."""
    if wanted.set:
        return secrets.give(wanted.set, _given(wanted))
    if wanted.renew:
        return secrets.renew(wanted.renew)
    if wanted.newest_key:
        return secrets.renew_key()
    return wanted.refresh or secrets.complete()


def _given(wanted: argparse.Namespace) -> str:
    """Raises UnusableError if it is a file that cannot be read or holds no keys of a provider."""
    if wanted.set != PROVIDER_KEYS:
        return getpass.getpass(f"{wanted.set}: ").strip()
    try:
        text = wanted.file.read_text("utf-8")
        TypeAdapter(ProviderJwks).validate_python(text)
        return json.dumps(json.loads(text))  # in one line, as a setting is
    except (OSError, ValueError) as error:
        raise UnusableError(f"{wanted.file}: needs {Settings.expected_values()[PROVIDER_KEYS]}") from error


def _is_asked_for(wanted: argparse.Namespace) -> bool:
    """True if a person asked for one thing, False for the hook of a deployment."""
    return bool(wanted.set or wanted.renew or wanted.newest_key or wanted.refresh)


def _arguments(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser("python dev.py secrets", description="Makes the secrets that are missing.")
    one = parser.add_mutually_exclusive_group()
    one.add_argument("--set", choices=sorted(GIVEN), help="asks for a secret and stores it")
    one.add_argument("--renew", choices=sorted(MADE.keys() - {NEVER_RENEWED}), help="makes a new version of a secret")
    one.add_argument("--newest-key", action="store_true", help="seals with the newest version of the key from now on")
    one.add_argument("--refresh", action="store_true", help="changes nothing, and has the apps look their secrets up")
    parser.add_argument(
        "--leaked", action="store_true", help="with one of the first three: the one before ends at once"
    )
    parser.add_argument("--file", type=Path, metavar="FILE", help=f"with --set {PROVIDER_KEYS}: what the opener saved")
    wanted = parser.parse_args(arguments)
    if (wanted.set == PROVIDER_KEYS) != (wanted.file is not None):
        parser.error(f"--file goes with --set {PROVIDER_KEYS}, and that with --file")
    if wanted.leaked and not (wanted.set or wanted.renew or wanted.newest_key):
        parser.error("--leaked goes with --set, --renew or --newest-key")
    return wanted


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
