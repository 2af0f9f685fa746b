"""Deliberate mistakes in spec/referral.tla: what each guard of the code is, and the model without it."""

MISTAKES = {
    "answers are erased before they are known to have arrived": (
        r'{"DeliveredOn", "AcknowledgedOn", "grace"} \subseteq days',
        r'{"AcknowledgedOn", "grace"} \subseteq days',
    ),
    "answers are erased that the provider has not confirmed": (
        r'MayErase == state = "acknowledged" /\ {"DeliveredOn", "AcknowledgedOn", "grace"}',
        r'MayErase == state # "withdrawn" /\ {"DeliveredOn"}',
    ),
    "the day of erasure is written without the ETag that was read": (
        r'\/ eraser = "looked" /\ eraser',
        r'\/ eraser \in {"looked", "stale"} /\ eraser',
    ),
    "a referral is kept whose erasure has begun": (r'/\ "ErasedOn" \notin days /\ kept = 0', r"/\ kept = 0"),
    "a confirmation empties the day of an erasure that has begun": (
        r'FALSE, "", (days \ {"grace"}) \cup',
        r'FALSE, "", (days \ {"grace", "ErasedOn"}) \cup',
    ),
    "an erasure is taken back and goes on": ('eraser = "begun" -> "refused"', 'eraser = "begun" -> "begun"'),
    "a report of before counts for the email of now": (r"e + redriven >= epoch /\ Delivered", "Delivered"),
    "a second attempt does not ask": (r"sealed /\ ~(claim[w][2] > 1 /\ claim[w][1] \in gone)", "sealed"),
    "a worker marks what another has claimed": (
        'Holds(w) == state = "sending" /\\ claim[w] = <<epoch, attempts>>',
        'Holds(w) == state = "sending"',
    ),
    "a worker marks what was withdrawn": (
        'Holds(w) == state = "sending" /\\ claim[w]',
        r'Holds(w) == state \in {"sending", "withdrawn"} /\ claim[w]',
    ),
    "what is withdrawn while an email is under way is not told": (
        'MayHaveGone == state # "received" \\/ attempts > 0',
        'MayHaveGone == state \\notin {"received", "sending"} \\/ attempts > 1',
    ),
    "a report revives what was withdrawn": (
        r'e \in gone /\ state \notin {"withdrawn", "erased"}',
        r'e \in gone /\ state # "erased"',
    ),
    "what counts as erased is erased later": (
        r'/\ eraser = "deleted" /\ eraser',
        r'/\ eraser \in {"begun", "deleted"} /\ eraser',
    ),
    "a wait never ends": (
        r"/\ waits' = FALSE /\ UNCHANGED <<days>> /\ Passes",
        r"/\ waits' = TRUE /\ UNCHANGED <<days>> /\ Passes",
    ),
    "a withdrawal is not completed": (r" \/ CompleteWithdrawal", ""),
}
"""By the mistake: the text of the model that is right, and the wrong one."""

CONSTANTS: dict[str, dict[str, object]] = {
    "a second attempt does not ask": {"MaxFaults": 1, "MaxRedrives": 0},
    "a worker marks what another has claimed": {"Workers": ("a", "b")},
    "a confirmation empties the day of an erasure that has begun": {"MaxFaults": 1, "MaxRedrives": 0},
}
"""Constants under which the checker finds it, where those of the configuration do not do."""
