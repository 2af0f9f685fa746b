---------------------------- MODULE roster_guard ----------------------------
\* One session: who books, cancels and is given a place, while the capacity is edited (shared/bookings/places/,
\* self_service/cancellation.py, reconcile/). Each act reads the roster with its ETags, then the capacity, then writes once.
EXTENDS Naturals, FiniteSets
CONSTANTS People, Capacities, MostAtOnce, MaxEdits
VARIABLES capacity, state, waitingSince, pc, seen, plan, fresh, overbooked, passed, left, edits
vars == <<capacity, state, waitingSince, pc, seen, plan, fresh, overbooked, passed, left, edits>>
ghosts == <<overbooked, passed, left>>

Nobody == "nobody"
Timer == "timer"
Processes == People \cup {Timer}
Held == {p \in People : state[p] = "confirmed"}
Waiting == {p \in People : state[p] = "waiting"}
First == IF Waiting = {} THEN Nobody
         ELSE CHOOSE p \in Waiting : \A q \in Waiting : waitingSince[p] <= waitingSince[q]
Later == Cardinality({p \in People : waitingSince[p] > 0}) + 1

Init == /\ capacity \in Capacities /\ state = [p \in People |-> ""] /\ waitingSince = [p \in People |-> 0]
        /\ pc = [x \in Processes |-> "idle"] /\ seen = [x \in Processes |-> <<0, Nobody, 0>>]
        /\ plan = [x \in Processes |-> <<"", Nobody, 0>>] /\ fresh = {}
        /\ overbooked = FALSE /\ passed = FALSE /\ left = {} /\ edits = 0

\* The roster: how many hold a place, who waits first, and the ETag of every row. The timer has read the session before.
Look(x) == /\ pc[x] = "idle" /\ Cardinality({y \in Processes : pc[y] # "idle"}) < MostAtOnce
           /\ (IF x = Timer THEN Waiting # {} ELSE state[x] # "cancelled")
           /\ pc' = [pc EXCEPT ![x] = "looked"] /\ seen' = [seen EXCEPT ![x] = <<Cardinality(Held), First, IF x = Timer THEN capacity ELSE 0>>]
           /\ fresh' = fresh \cup {<<x, r>> : r \in People \cup {"guard"} \cup (IF x = Timer THEN {"session"} ELSE {})}
           /\ UNCHANGED <<capacity, state, waitingSince, plan, ghosts, edits>>

\* AllocationPolicy: a newcomer gets a place if one is free and nobody waits; who waits first gets one that becomes free.
Plan(x) == LET held == seen[x][1] first == seen[x][2] places == seen[x][3] IN
           IF x = Timer THEN IF held < places /\ first # Nobody /\ <<x, "session">> \in fresh THEN <<"promote", first>> ELSE <<"", Nobody>>
           ELSE IF state[x] = "" THEN IF held < capacity /\ first = Nobody THEN <<"confirm", x>> ELSE <<"wait", Nobody>>
           ELSE IF state[x] = "waiting" THEN <<"leave", Nobody>>
           ELSE <<"cancel", IF held - 1 < capacity THEN first ELSE Nobody>>
Forgets(x) == /\ pc' = [pc EXCEPT ![x] = "idle"] /\ plan' = [plan EXCEPT ![x] = <<"", Nobody, 0>>]
              /\ seen' = [seen EXCEPT ![x] = <<0, Nobody, 0>>]
Decide(x) == /\ pc[x] = "looked" /\ UNCHANGED <<capacity, state, waitingSince, ghosts, edits>>
             /\ (IF Plan(x)[1] = "" THEN Forgets(x) /\ fresh' = {f \in fresh : f[1] # x}
                 ELSE /\ pc' = [pc EXCEPT ![x] = "decided"] /\ UNCHANGED <<seen, fresh>>
                      /\ plan' = [plan EXCEPT ![x] = <<Plan(x)[1], Plan(x)[2], capacity>>])

\* One transaction: all of it if the ETags that it names are those that were read, else nothing.
GuardIsFresh(x) == <<x, "guard">> \in fresh
RowIsFresh(x, p) == p = Nobody \/ <<x, p>> \in fresh
Fits(x) == CASE plan[x][1] = "confirm" -> GuardIsFresh(x) /\ state[x] = ""
             [] plan[x][1] = "wait" -> state[x] = ""
             [] plan[x][1] = "leave" -> RowIsFresh(x, x)
             [] plan[x][1] = "cancel" -> GuardIsFresh(x) /\ RowIsFresh(x, x) /\ RowIsFresh(x, plan[x][2])
             [] plan[x][1] = "promote" -> GuardIsFresh(x) /\ \A p \in People : RowIsFresh(x, p)
             [] OTHER -> FALSE
Own(x) == CASE plan[x][1] = "wait" -> "waiting" [] plan[x][1] = "confirm" -> "confirmed" [] OTHER -> "cancelled"
Changed(x) == (IF x = Timer THEN {} ELSE {x}) \cup (IF plan[x][2] = Nobody THEN {} ELSE {plan[x][2]})
Touched(x) == {p \in Changed(x) : state[p] # ""} \cup (IF plan[x][1] \in {"wait", "leave"} THEN {} ELSE {"guard"})
After(x) == [p \in People |-> IF p = plan[x][2] THEN "confirmed" ELSE IF p = x THEN Own(x) ELSE state[p]]
HeldAfter(x) == Cardinality({p \in People : After(x)[p] = "confirmed"})
Write(x) == /\ pc[x] = "decided" /\ Forgets(x)
            /\ state' = (IF Fits(x) THEN After(x) ELSE state)
            /\ waitingSince' = (IF Fits(x) /\ plan[x][1] = "wait" THEN [waitingSince EXCEPT ![x] = Later] ELSE waitingSince)
            /\ fresh' = {f \in fresh : f[1] # x /\ (~Fits(x) \/ f[2] \notin Touched(x))}
            /\ overbooked' = (overbooked \/ (Fits(x) /\ plan[x][2] # Nobody /\ HeldAfter(x) > plan[x][3]))
            /\ passed' = (passed \/ (Fits(x) /\ plan[x][1] = "confirm" /\ seen[x][2] # Nobody))
            /\ left' = (IF Fits(x) /\ plan[x][1] \in {"leave", "cancel"} THEN left \cup {x} ELSE left)
            /\ UNCHANGED <<capacity, edits>>

\* An administrator's edit touches no guard; a process that dies has written nothing, or all of it.
Edit(number) == /\ edits < MaxEdits /\ number # capacity /\ capacity' = number /\ edits' = edits + 1
                /\ fresh' = fresh \ {<<Timer, "session">>} /\ UNCHANGED <<state, waitingSince, pc, seen, plan, ghosts>>
Crash(x) == /\ pc[x] # "idle" /\ edits < MaxEdits /\ edits' = edits + 1 /\ Forgets(x)
            /\ fresh' = {f \in fresh : f[1] # x} /\ UNCHANGED <<capacity, state, waitingSince, ghosts>>

Works == Look(Timer) \/ (\E x \in Processes : Decide(x) \/ Write(x))
Next == Works \/ (\E p \in People : Look(p)) \/ (\E x \in Processes : Crash(x)) \/ (\E number \in Capacities : Edit(number))
Spec == Init /\ [][Next]_vars /\ WF_vars(Works)

NeverOverbooked == ~overbooked
NobodyIsPassed == ~passed
WhoLeftStaysOut == \A p \in left : state[p] = "cancelled"
FreePlaceIsGiven == (Waiting # {} /\ Cardinality(Held) < capacity) ~> (Waiting = {} \/ Cardinality(Held) >= capacity)
=============================================================================
