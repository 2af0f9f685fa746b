"""`python dev.py passphrase`: makes a passphrase for the provider, and prints it and the hash that the service keeps.

It asks for none: one that someone chooses can be guessed.
"""

import secrets
import sys

from shared.passphrase import GROUP_LENGTH, GROUPS, PassphraseHash
from shared.references import ALPHABET


def main() -> int:
    """Returns the exit code."""
    passphrase = new_passphrase()
    print(f"Tell the provider by phone, never by email: {passphrase}")
    print(f"REFERRAL_PASSPHRASE={PassphraseHash.of(passphrase)}")
    return 0


def new_passphrase() -> str:
    """Five groups of four characters that cannot be mistaken for each other on the phone."""
    groups = ("".join(secrets.choice(ALPHABET) for _ in range(GROUP_LENGTH)) for _ in range(GROUPS))
    return "-".join(groups)


if __name__ == "__main__":
    sys.exit(main())
