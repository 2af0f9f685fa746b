------------------------------ MODULE referral ------------------------------
\* One referral whose answers go in an email, from the claim to the erasure (shared/referrals/). README.md explains the words.
EXTENDS Naturals
CONSTANTS Workers, Reports, MaxRedrives, MaxFaults
\* `days` has the columns in which a day stands, and "grace" once the working days after AcknowledgedOn are over.
VARIABLES state, epoch, attempts, waits, lastError, redriven, kept, days, sealed, told,
          pc, claim, eraser, gone, doubled, said, arrived, faults
counts == <<epoch, attempts, redriven, kept>>     cells == <<state, waits, lastError, days>>
work == <<pc, claim>>                             provider == <<gone, doubled, said, arrived>>
vars == <<counts, cells, work, provider, sealed, told, eraser, faults>>
Fault == faults < MaxFaults /\ faults' = faults + 1
Unsent == {"received", "sending"}                 Undelivered == {"bounced", "failed"}
HasComeBack == ("CameBackOn" \in days \/ lastError \in Undelivered) /\ "DeliveredOn" \notin days
IsUndelivered == CASE state = "attention" -> lastError \in Undelivered \/ HasComeBack \/ "SentOn" \notin days
                   [] state = "sent" -> HasComeBack
                   [] state \in Unsent -> lastError \in Undelivered \/ HasComeBack \/ redriven > 0
                   [] OTHER -> FALSE
IsResendRequested == state = "received" /\ attempts > 0
MayHaveGone == state # "received" \/ attempts > 0 \/ redriven > 0 \/ "SentOn" \in days \/ kept > 0
IsInterrupted == "ErasedOn" \in days /\ ~sealed /\ state \notin {"erased", "withdrawn"}
\* A write changes the ETag that the eraser has read.
Writes == eraser' = IF eraser = "looked" THEN "stale" ELSE eraser
Row(to, isWaiting, code, then) == state' = to /\ waits' = isWaiting /\ lastError' = code /\ days' = then /\ Writes

Init == /\ state = "received" /\ epoch = 0 /\ attempts = 0 /\ waits = FALSE /\ lastError = "" /\ redriven = 0 /\ kept = 0 /\ days = {}
        /\ sealed = TRUE /\ told = "no" /\ pc = [w \in Workers |-> "idle"] /\ claim = [w \in Workers |-> <<0, 0>>]
        /\ eraser = "idle" /\ gone = {} /\ doubled = FALSE /\ said = FALSE /\ arrived = FALSE /\ faults = 0

\* ReferralForwarder: claim; ask and send; mark. What someone wants sent again is a new email, under a new epoch.
Claim(w) == /\ pc[w] = "idle" /\ state \in Unsent /\ ~waits /\ ~IsInterrupted /\ pc' = [pc EXCEPT ![w] = "claimed"]
            /\ epoch' = (IF IsResendRequested THEN epoch + 1 ELSE epoch)
            /\ attempts' = (IF IsResendRequested THEN 1 ELSE attempts + 1) /\ redriven' = (IF IsResendRequested THEN 0 ELSE redriven)
            /\ Row("sending", TRUE, IF IsResendRequested THEN "" ELSE lastError, IF IsResendRequested THEN days \cap {"ErasedOn"} ELSE days)
            /\ claim' = [claim EXCEPT ![w] = IF IsResendRequested THEN <<epoch + 1, 1>> ELSE <<epoch, attempts + 1>>]
            /\ arrived' = (arrived /\ (~IsResendRequested \/ "ErasedOn" \in days))
            /\ UNCHANGED <<kept, sealed, told, gone, doubled, said, faults>>
Sends(w) == sealed /\ ~(claim[w][2] > 1 /\ claim[w][1] \in gone)
Send(w) == /\ pc[w] = "claimed" /\ pc' = [pc EXCEPT ![w] = IF sealed THEN "mark" ELSE "missing"]
           /\ gone' = (IF Sends(w) THEN gone \cup {claim[w][1]} ELSE gone)
           /\ doubled' = (doubled \/ (Sends(w) /\ claim[w][1] \in gone))
           /\ UNCHANGED <<counts, cells, claim, sealed, told, eraser, said, arrived, faults>>
Holds(w) == state = "sending" /\ claim[w] = <<epoch, attempts>>
Mark(w) == /\ pc[w] \in {"mark", "missing"} /\ pc' = [pc EXCEPT ![w] = "idle"] /\ claim' = [claim EXCEPT ![w] = <<0, 0>>]
           /\ (IF ~Holds(w) THEN UNCHANGED <<cells, eraser>>
               ELSE IF pc[w] = "mark" THEN Row("sent", FALSE, "", days \cup {"SentOn"})
               ELSE IF "ErasedOn" \in days THEN Row("erased", FALSE, "nothing-left", days) ELSE Row("attention", FALSE, "unseal-missing", days))
           /\ UNCHANGED <<counts, sealed, told, provider, faults>>

\* ReferralDeliveryReports: of any email, in any order; of an email of before only that it was delivered.
CameBack(code) == Row("attention", FALSE, code, days \cup {"CameBackOn"}) /\ UNCHANGED <<counts>>
IsOver == (state = "attention" /\ lastError # "failed") \/ state \in {"delivered", "acknowledged"}
Delivered == /\ UNCHANGED <<counts>> /\ (IF IsOver /\ "DeliveredOn" \in days THEN UNCHANGED <<cells, eraser>>
                 ELSE IF IsOver THEN Row(state, waits, lastError, days \cup {"DeliveredOn"})
                 ELSE Row(IF state # "sent" /\ "AcknowledgedOn" \in days THEN "acknowledged" ELSE "delivered", FALSE, "", days \cup {"SentOn", "DeliveredOn"}))
Failed == IF state \in Unsent \cup {"sent"} /\ redriven < MaxRedrives
          THEN Row("received", TRUE, "failed", days \ {"SentOn", "CameBackOn"}) /\ epoch' = epoch + 1 /\ attempts' = 0 /\ redriven' = redriven + 1 /\ kept' = kept
          ELSE IF state \in Unsent \cup {"sent", "acknowledged"} THEN CameBack("failed")
          ELSE Row(state, waits, lastError, days \cup {"CameBackOn"}) /\ UNCHANGED <<counts>>
Report(e, r) == /\ e \in gone /\ state \notin {"withdrawn", "erased"} /\ ~IsResendRequested
                /\ (IF r = "delivered" THEN e + redriven >= epoch /\ Delivered ELSE IF r = "bounced" THEN e = epoch /\ lastError # "bounced" /\ CameBack("bounced")
                    ELSE e = epoch /\ "DeliveredOn" \notin days /\ Failed)
                /\ arrived' = (arrived \/ (r = "delivered" /\ e + redriven >= epoch)) /\ UNCHANGED <<sealed, told, work, gone, doubled, said, faults>>

\* AcknowledgementRecorder: the provider has it, or does not have it after all.
Acknowledge == /\ epoch \in gone /\ ~IsInterrupted /\ state \notin {"acknowledged", "erased", "withdrawn"}
               /\ ~(IsUndelivered /\ "AcknowledgedOn" \in days) /\ said' = TRUE
               /\ (IF IsUndelivered THEN Row(state, waits, lastError, (days \ {"grace"}) \cup {"AcknowledgedOn"})
                   ELSE Row("acknowledged", FALSE, "", (days \ {"grace"}) \cup {"AcknowledgedOn", "SentOn"}))
               /\ UNCHANGED <<counts, sealed, told, work, gone, doubled, arrived, faults>>
Keep == /\ epoch \in gone /\ state = "acknowledged" /\ "ErasedOn" \notin days /\ kept = 0
        /\ Row("received", FALSE, "", {}) /\ epoch' = epoch + 1 /\ attempts' = 0 /\ redriven' = 0 /\ kept' = 1
        /\ said' = FALSE /\ arrived' = FALSE /\ UNCHANGED <<sealed, told, work, gone, doubled, faults>>

\* ReferralEraser: the row is read, its day written if the ETag is the same, the answers deleted, and the row says so.
MayErase == state = "acknowledged" /\ {"DeliveredOn", "AcknowledgedOn", "grace"} \subseteq days
Others == UNCHANGED <<counts, told, work, provider, faults>>
EraserLooks == eraser = "idle" /\ MayErase /\ eraser' = "looked" /\ UNCHANGED <<cells, sealed>> /\ Others
EraseBegin == /\ (\/ eraser = "looked" /\ eraser' = "begun" /\ days' = days \cup {"ErasedOn"} /\ waits' = FALSE
                  \/ eraser = "stale" /\ eraser' = "idle" /\ UNCHANGED <<days, waits>>) /\ UNCHANGED <<state, lastError, sealed>> /\ Others
EraseDelete == /\ eraser \in {"begun", "refused"} /\ eraser' = (IF eraser = "begun" \/ ~sealed THEN "deleted" ELSE "idle")
               /\ sealed' = (sealed /\ eraser # "begun") /\ UNCHANGED <<cells>> /\ Others
Completed == /\ state' = "erased" /\ waits' = FALSE /\ lastError' = (IF IsResendRequested THEN "nothing-left" ELSE "")
             /\ days' = (days \cup {"ErasedOn"}) \ (IF IsResendRequested THEN {"AcknowledgedOn", "grace"} ELSE {})
EraseMark == /\ eraser = "deleted" /\ eraser' = "idle" /\ UNCHANGED <<sealed>> /\ Others
             /\ (IF state \in {"erased", "withdrawn"} THEN UNCHANGED <<cells>> ELSE Completed)
\* interrupted_erasure.settled: an erasure that deleted nothing yet is taken back, and what it read of the answers is void.
Settle == /\ "ErasedOn" \in days /\ state \notin {"erased", "withdrawn"} /\ UNCHANGED <<sealed>> /\ Others
          /\ (IF sealed THEN days' = days \ {"ErasedOn"} /\ UNCHANGED <<state, waits, lastError>> /\ eraser' = (CASE eraser = "begun" -> "refused" [] eraser = "looked" -> "stale" [] OTHER -> eraser)
              ELSE Completed /\ Writes)
Typed == /\ state = "acknowledged" /\ ~IsInterrupted /\ (HasComeBack \/ "SentOn" \notin days \/ lastError # "" \/ "AcknowledgedOn" \notin days)
         /\ (IF HasComeBack THEN Row("attention", FALSE, IF lastError \in Undelivered THEN lastError ELSE "came-back", days)
             ELSE IF "SentOn" \notin days THEN Row("attention", FALSE, "state-typed", days) ELSE Row(state, waits /\ lastError = "", "", (days \ {"grace"}) \cup {"AcknowledgedOn"}))
         /\ UNCHANGED <<sealed>> /\ Others
\* Withdrawals: whatever else happens, it stands; the provider is told if an email about it went out or may have.
Withdraw == /\ state # "withdrawn" /\ Row("withdrawn", FALSE, "", days) /\ told' = (IF MayHaveGone THEN "" ELSE "not-sent")
            /\ UNCHANGED <<counts, sealed, work, provider, faults>>
CompleteWithdrawal == /\ state = "withdrawn" /\ sealed /\ sealed' = FALSE /\ told' = (IF told = "" THEN "told" ELSE told)
                      /\ days' = days \cup {"ErasedOn"} /\ UNCHANGED <<counts, state, waits, lastError, work, provider, eraser, faults>>
Passes == UNCHANGED <<counts, state, lastError, sealed, told, work, provider, eraser>>
WaitEnds == /\ waits /\ (\A w \in Workers : pc[w] # "claimed") /\ waits' = FALSE /\ UNCHANGED <<days>> /\ Passes
            /\ (IF \E w \in Workers : Holds(w) THEN Fault ELSE UNCHANGED <<faults>>)
GracePasses == "AcknowledgedOn" \in days /\ "grace" \notin days /\ days' = days \cup {"grace"} /\ UNCHANGED <<waits, faults>> /\ Passes
Crash(w) == /\ pc[w] # "idle" /\ Fault /\ pc' = [pc EXCEPT ![w] = "idle"] /\ claim' = [claim EXCEPT ![w] = <<0, 0>>]
            /\ UNCHANGED <<counts, cells, provider, sealed, told, eraser>>
EraserCrash == eraser \in {"begun", "refused", "deleted"} /\ Fault /\ eraser' = "idle" /\ UNCHANGED <<counts, cells, work, provider, sealed, told>>
Type(word) == /\ state \notin {"withdrawn", "erased", word} /\ Fault /\ Row(word, waits, lastError, days)
              /\ said' = (IF word = "acknowledged" THEN TRUE ELSE said /\ "ErasedOn" \in days) /\ UNCHANGED <<counts, sealed, told, work, gone, doubled, arrived>>
Works == (\E w \in Workers : Claim(w) \/ Send(w) \/ Mark(w)) \/ EraseBegin \/ EraseDelete \/ EraseMark \/ CompleteWithdrawal \/ WaitEnds
Next == \/ Works \/ Acknowledge \/ Keep \/ EraserLooks \/ Settle \/ Typed \/ Withdraw \/ GracePasses \/ EraserCrash
        \/ (\E w \in Workers : Crash(w)) \/ (\E e \in gone : \E r \in Reports : Report(e, r)) \/ Type("received") \/ Type("acknowledged")
Spec == Init /\ [][Next]_vars /\ WF_vars(Works)

KeptUntilItArrived == sealed \/ state = "withdrawn" \/ (said /\ arrived)
SentOnceAnEpoch == ~doubled                       StaysWithdrawn == told # "no" => state = "withdrawn"
ProviderHearsOfIt == state = "withdrawn" /\ gone # {} => told # "not-sent"
ErasedIsGone == state = "erased" => ~sealed       MarkedAsSentWasSent == state = "sent" => epoch \in gone
IsForwarded == <>[](state \notin Unsent)          WithdrawnIsDeleted == state = "withdrawn" ~> ~sealed
=============================================================================
