"""Deliberate mistakes in spec/mail_ledger.tla: what each guard of the code is, and the model without it."""

MISTAKES = {
    "a claim is taken over without the ETag that was read": (r"IF w \in fresh", "IF TRUE"),
    "a claim is taken over while its lease lasts": (
        r'pc[w] = "idle" /\ state = "sending" /\ notBefore = "open"',
        r'pc[w] = "idle" /\ state = "sending"',
    ),
    "who takes a claim over does not ask": (r'/\ Goto(w, "ask")', r'/\ Goto(w, "send")'),
    "who inserts a row that the index knows does not ask": ('IF index = "" THEN "send" ELSE "ask"', '"send"'),
    "an email of long ago is sent when nothing is known of it": ('IF unclearOn = "old" THEN', "IF FALSE THEN"),
    "the day of an unclear attempt is moved by the next": (
        'IF unclearOn = "" THEN "today" ELSE unclearOn)',
        'IF TRUE THEN "today" ELSE unclearOn)',
    ),
    "an unclear attempt leaves no day": ('IF outcome[w] = "unclear" THEN "today" ELSE ""', 'IF FALSE THEN "" ELSE ""'),
    "a request begins after the lease": (r'claimedBy = w /\ notBefore = "lease" THEN', "TRUE THEN"),
    "a request may outlast the lease": (r'/\ ~Holds({"request"})', ""),
    "a claim opens before the status shows": (r'notBefore = "over" /\ status # "lags"', 'notBefore = "over"'),
    "an unclear attempt is repeated at once": ('outcome[w] = "unclear" -> "over"', 'outcome[w] = "unclear" -> "wait"'),
    "a mark overwrites the claim of another": (
        r'/\ IF claimedBy = w /\ state = "sending"',
        r'/\ IF state = "sending"',
    ),
    "a mark overwrites a report": (r'/\ IF claimedBy = w /\ state = "sending"', r"/\ IF claimedBy = w"),
    "a later report hides a worse one": (r"Severity(r) > Severity(state)", "Severity(r) # Severity(state)"),
    "an email that was not accepted is marked as sent": (
        'outcome[w] = "sent" -> "sent"',
        r'outcome[w] \in {"sent", "postponed"} -> "sent"',
    ),
    "a claim is never taken over": (r'\/ (notBefore = "over" /\ status # "lags")', ""),
    "an email that was postponed never goes": ('notBefore = "wait" ', "FALSE "),
}
"""By the mistake: the text of the model that is right, and the wrong one."""
