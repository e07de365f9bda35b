--------------------------------- MODULE Rows ---------------------------------
(* What is read from a row of the tables, and by hand what a role's next state holds
   that the one before did not.                                                   *)
EXTENDS Naturals, Sequences, FiniteSets, TLC, Tables

\* "always" where the table knows no other outcome, else the outcome that is examined.
Guard(guards, outcome) == IF "always" \in DOMAIN guards THEN "always" ELSE outcome

Sends(row) == SelectSeq(row.effects, LAMBDA effect : effect[1] = "send")
Orders(row, verb) == \E i \in DOMAIN row.effects : row.effects[i][1] = verb

\* What the state after the row holds that the one before did not.
ClientGains(row) ==
    CASE row.class = "evidence" /\ row.guard = "accepted" -> {"receiveKey", "sendKey"}
      [] row.class = "inferResult" /\ row.guard \in {"more", "answers"} -> {"response"}
      [] OTHER -> {}

EnclaveGains(row) ==
    CASE row.class = "clientHello" /\ row.guard = "valid" -> {"keyPrivate", "receiptKey"}
      [] row.class = "keyExchange" /\ row.guard = "opens" -> {"receiveKey", "sendKey"}
      [] row.class = "topologyDeliver" /\ row.guard \in {"more", "complete"} -> {"topology"}
      [] row.class = "inferRequest" /\ row.guard \in {"more", "refetch", "complete"} -> {"request"}
      [] OTHER -> {}

Gains(role, row) ==
    CASE role = "client" -> ClientGains(row)
      [] role = "enclave" -> EnclaveGains(row)
      [] role = "host" -> {}

===============================================================================
