---------------------------- MODULE mail_ledger ----------------------------
\* One email: claim, ask, send, mark (shared/mail/ledger.py, sending.py, delivery.py). README.md explains the words.
EXTENDS Naturals
CONSTANTS Workers, Dedupes, CanBeAsked, MaxFaults
VARIABLES state, claimedBy, notBefore, unclearOn, index, pc, outcome, fresh, sent, status, reported, faults
row == <<state, claimedBy, notBefore, unclearOn, index>>
service == <<sent, status>>
vars == <<state, claimedBy, notBefore, unclearOn, index, pc, outcome, fresh, sent, status, reported, faults>>

Nobody == "nobody"
\* "unknown" is "failed" with the code outcome-unknown: any report says more.
Severity(s) == CASE s = "" -> 0 [] s = "sending" -> 1 [] s = "unknown" -> 2 [] s = "sent" -> 3
                 [] s = "delivered" -> 4 [] s = "failed" -> 5 [] s = "bounced" -> 6
Fault == faults < MaxFaults /\ faults' = faults + 1
Goto(w, step) == pc' = [pc EXCEPT ![w] = step]
Ends(w, how) == Goto(w, "mark") /\ outcome' = [outcome EXCEPT ![w] = how]
MayGo == IF index = "" THEN "today" ELSE index

Init == /\ state = "" /\ claimedBy = Nobody /\ notBefore = "open" /\ unclearOn = "" /\ index = ""
        /\ pc = [w \in Workers |-> "idle"] /\ outcome = [w \in Workers |-> ""] /\ fresh = {}
        /\ sent = 0 /\ status = "none" /\ reported = "" /\ faults = 0

\* MailLedger.claim: the row is inserted, and then the index knows the email; if it did before, the row was lost.
Insert(w) == /\ pc[w] = "idle" /\ state = ""
             /\ state' = "sending" /\ claimedBy' = w /\ notBefore' = "lease" /\ fresh' = {}
             /\ unclearOn' = MayGo /\ index' = MayGo
             /\ Goto(w, IF index = "" THEN "send" ELSE "ask")
             /\ UNCHANGED <<outcome, sent, status, reported, faults>>

\* MailLedger._take_over, in two steps: the row is read, and merged if its ETag is the one that was read.
Look(w) == /\ pc[w] = "idle" /\ state = "sending" /\ notBefore = "open"
           /\ Goto(w, "looked") /\ fresh' = fresh \cup {w}
           /\ UNCHANGED <<row, outcome, service, reported, faults>>
TakeOver(w) == /\ pc[w] = "looked"
               /\ IF w \in fresh
                  THEN /\ state' = "sending" /\ claimedBy' = w /\ notBefore' = "lease" /\ fresh' = {}
                       /\ unclearOn' = (IF unclearOn = "" THEN "today" ELSE unclearOn)
                       /\ Goto(w, "ask")
                       /\ UNCHANGED <<index>>
                  ELSE Goto(w, "idle") /\ UNCHANGED <<row, fresh>>
               /\ UNCHANGED <<outcome, service, reported, faults>>

\* hand_over: an earlier attempt is asked about; one that is too long ago for an answer is given up, for a person.
Ask(w) == /\ pc[w] = "ask"
          /\ IF CanBeAsked /\ status = "shown" THEN Ends(w, "sent")
             ELSE IF unclearOn = "old" THEN Ends(w, "unknown")
             ELSE Goto(w, "send") /\ UNCHANGED <<outcome>>
          /\ UNCHANGED <<row, fresh, service, reported, faults>>
\* Claim.may_send: a request begins only while the lease is longer than the request can take.
Begin(w) == /\ pc[w] = "send"
            /\ IF claimedBy = w /\ notBefore = "lease" THEN Goto(w, "request") /\ UNCHANGED <<outcome>>
               ELSE Ends(w, "stalled")
            /\ UNCHANGED <<row, fresh, service, reported, faults>>

Accept(w, how) == /\ pc[w] = "request" /\ Ends(w, how)
                  /\ sent' = (IF Dedupes /\ sent > 0 THEN sent ELSE sent + 1) /\ status' = "lags"
                  /\ (IF how = "sent" THEN UNCHANGED <<faults>> ELSE Fault)
                  /\ UNCHANGED <<row, fresh, reported>>
NotAccept(w, how) == /\ pc[w] = "request" /\ Ends(w, how) /\ Fault
                     /\ UNCHANGED <<row, fresh, service, reported>>

\* MailLedger.mark: only what this claim left; a report that came sooner stands.
Mark(w) == /\ pc[w] = "mark" /\ Goto(w, "idle") /\ outcome' = [outcome EXCEPT ![w] = ""]
           /\ IF claimedBy = w /\ state = "sending"
              THEN /\ state' = (CASE outcome[w] = "sent" -> "sent" [] outcome[w] = "refused" -> "failed"
                                  [] outcome[w] = "unknown" -> "unknown" [] OTHER -> "sending")
                   /\ notBefore' = (CASE outcome[w] = "unclear" -> "over" [] outcome[w] \in {"postponed", "stalled"} -> "wait"
                                      [] OTHER -> notBefore)
                   /\ unclearOn' = (IF outcome[w] = "unclear" THEN "today" ELSE "")
                   /\ fresh' = {}
              ELSE UNCHANGED <<state, notBefore, unclearOn, fresh>>
           /\ UNCHANGED <<claimedBy, index, service, reported, faults>>

Crash(w) == /\ pc[w] # "idle" /\ Fault /\ Goto(w, "idle") /\ outcome' = [outcome EXCEPT ![w] = ""]
            /\ fresh' = fresh \ {w} /\ UNCHANGED <<row, service, reported>>

\* MailLedger.record_report: reports come in any order, twice, and before the mark; the worst stands.
Report(r) == /\ sent > 0 /\ state # "" /\ Severity(r) > Severity(state)
             /\ state' = r /\ fresh' = {}
             /\ reported' = (IF Severity(r) > Severity(reported) THEN r ELSE reported)
             /\ UNCHANGED <<claimedBy, notBefore, unclearOn, index, pc, outcome, service, faults>>

\* Time. A holder that is still at work when its lease ends has stalled; a request ends within its lease.
Holds(steps) == claimedBy # Nobody /\ pc[claimedBy] \in steps
LeaseEnds == /\ state = "sending" /\ notBefore = "lease" /\ ~Holds({"request"})
             /\ (IF Holds({"ask", "send", "mark"}) THEN Fault ELSE UNCHANGED <<faults>>) /\ notBefore' = "over"
             /\ UNCHANGED <<state, claimedBy, unclearOn, index, pc, outcome, fresh, service, reported>>
Opens == /\ state = "sending" /\ (notBefore = "wait" \/ (notBefore = "over" /\ status # "lags")) /\ notBefore' = "open"
         /\ UNCHANGED <<state, claimedBy, unclearOn, index, pc, outcome, fresh, service, reported, faults>>
StatusShows == status = "lags" /\ status' = "shown" /\ UNCHANGED <<row, pc, outcome, fresh, sent, reported, faults>>
AllIdle == \A w \in Workers : pc[w] = "idle"
DaysPass == /\ index = "today" /\ AllIdle /\ status # "lags" /\ Fault
            /\ index' = "old" /\ notBefore' = "open" /\ unclearOn' = (IF unclearOn = "today" THEN "old" ELSE unclearOn)
            /\ status' = (IF status = "shown" THEN "forgotten" ELSE status)
            /\ UNCHANGED <<state, claimedBy, pc, outcome, fresh, sent, reported>>
RowIsLost == /\ state # "" /\ AllIdle /\ status # "lags" /\ Fault
             /\ state' = "" /\ claimedBy' = Nobody /\ notBefore' = "open" /\ unclearOn' = "" /\ reported' = "" /\ fresh' = {}
             /\ UNCHANGED <<index, pc, outcome, service>>

Work(w) == Insert(w) \/ Look(w) \/ TakeOver(w) \/ Ask(w) \/ Begin(w) \/ Accept(w, "sent") \/ Mark(w)
Goes == (\E w \in Workers : Work(w)) \/ LeaseEnds \/ Opens \/ StatusShows
Breaks == \/ \E w \in Workers : Crash(w) \/ Accept(w, "unclear") \/ \E how \in {"postponed", "unclear", "refused"} : NotAccept(w, how)
          \/ \E r \in {"delivered", "bounced"} : Report(r)
          \/ DaysPass \/ RowIsLost
Next == Goes \/ Breaks
Spec == Init /\ [][Next]_vars /\ WF_vars(Goes)

SentOnce == (CanBeAsked \/ Dedupes) => sent <= 1
MarkedAsSentWasSent == state \in {"sent", "delivered", "bounced"} => sent > 0
WorstReportStands == Severity(state) >= Severity(reported)
IsSettled == state \notin {"", "sending"}
IsNeverLost == <>[]IsSettled
=============================================================================
