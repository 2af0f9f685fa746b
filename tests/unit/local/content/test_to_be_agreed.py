"""What a content file marks as to be agreed is found, with whom to agree it and whether it is shown meanwhile."""

from local.content.to_be_agreed import UNNAMED, ToBeAgreed, find_to_be_agreed

FILE = """
service_name = "Talks" # to be agreed
[groups]
hours = "9am to 5pm" # to be agreed with the team: a guess
# reply_within = 2 # working days: to be agreed with Mersey Care
facts = [
    "It is online.", # To be agreed with Nafsiyat
    # "It is free.", # to be agreed with Mersey Care and Nafsiyat
    # "It is short.",
    # To be agreed with
    # the union.
]

# The next text is a proposal: to be agreed with the data protection
# officer, and with Nafsiyat, before it is used.
[privacy]
title = "Privacy" # agreed

# An agreed text, "to be" or not.
[[one_to_one.facts]]
text = "Your manager is not told."
to_be_agreed = "Mersey Care"
"""


def test_every_mark_is_found_wherever_it_stands() -> None:
    assert find_to_be_agreed(FILE) == [
        ToBeAgreed("one_to_one.facts[1]", "Mersey Care", is_shown=False),
        ToBeAgreed("service_name", UNNAMED, is_shown=True),
        ToBeAgreed("groups.hours", "the team", is_shown=True),
        ToBeAgreed("groups.reply_within", "Mersey Care", is_shown=False),
        ToBeAgreed("groups.facts", "Nafsiyat", is_shown=True),
        ToBeAgreed("groups.facts", "Mersey Care and Nafsiyat", is_shown=False),
        ToBeAgreed("groups.facts", "the union", is_shown=False),
        ToBeAgreed("privacy", "the data protection officer, and with Nafsiyat", is_shown=True),
    ]
