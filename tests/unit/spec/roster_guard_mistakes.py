"""Deliberate mistakes in spec/roster_guard.tla: what each guard of the code is, and the model without it."""

MISTAKES = {
    "a newcomer is confirmed without the guard": (
        r'"confirm" -> GuardIsFresh(x) /\ state[x] = ""',
        '"confirm" -> state[x] = ""',
    ),
    "a place is given to a row that has changed": (
        r'"promote" -> GuardIsFresh(x) /\ \A p \in People : RowIsFresh(x, p)',
        '"promote" -> GuardIsFresh(x)',
    ),
    "who cancels gives the place to a row that has changed": (
        r"/\ RowIsFresh(x, x) /\ RowIsFresh(x, plan[x][2])",
        r"/\ RowIsFresh(x, x)",
    ),
    "a newcomer passes those who wait": (r"held < capacity /\ first = Nobody", "held < capacity"),
    "a newcomer is confirmed when it is full": (r"held < capacity /\ first = Nobody", "first = Nobody"),
    "the timer gives places that there are not": (r"held < places /\ first # Nobody", "first # Nobody"),
    "the timer goes by a capacity that was edited since": (
        r'first # Nobody /\ <<x, "session">> \in fresh',
        "first # Nobody",
    ),
    "a free place is given to nobody": (r'THEN <<"promote", first>> ELSE', r'THEN <<"", first>> ELSE'),
    "joining the list changes no row": (
        r"(~Fits(x) \/ f[2] \notin Touched(x))",
        r'(~Fits(x) \/ f[2] # "guard" \/ f[2] \notin Touched(x))',
    ),
}
"""By the mistake: the text of the model that is right, and the wrong one."""

CONSTANTS: dict[str, dict[str, object]] = {
    "the timer goes by a capacity that was edited since": {"People": ("a", "b"), "MaxEdits": 2},
}
"""Constants under which the checker finds it, where those of the configuration do not do."""
