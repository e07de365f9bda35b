--------------------------------- MODULE Role ---------------------------------
(* One role alone (World.md section 1): any event for which its table has a row, in
   any order, and each guard may hold.                                        *)
EXTENDS Rows

CONSTANT Kind   \* "client", "host" or "enclave"

States == CASE Kind = "client" -> ClientStates [] Kind = "host" -> HostStates
            [] Kind = "enclave" -> EnclaveStates
RowsOf == CASE Kind = "client" -> ClientRows [] Kind = "host" -> HostRows
            [] Kind = "enclave" -> EnclaveRows
Find == CASE Kind = "client" -> ClientFind [] Kind = "host" -> HostFind
          [] Kind = "enclave" -> EnclaveFind

First == IF Kind = "enclave" THEN "listening" ELSE "idle"
Closing == CASE Kind = "client" -> {"wiping"} [] Kind = "host" -> {"draining"}
             [] Kind = "enclave" -> {"reporting", "wiping"}

VARIABLES state, last, held
vars == <<state, last, held>>

Init == state = First /\ last = 0 /\ held = States[First].held
Next ==
    \E class \in DOMAIN Find[state] : \E guard \in DOMAIN Find[state][class] :
        LET place == Find[state][class][guard] row == RowsOf[place] IN
        /\ state' = row.next
        /\ last' = place
        /\ held' = (held \cup Gains(Kind, row)) \ row.wiped
Spec == Init /\ [][Next]_vars

\* A state holds what the table lets it hold, and the last one nothing.
S8 == held = States[state].held /\ (state = "ended" => held = {})

\* What a row that ends a session early may send: an Abort.
SentMessages(row) ==
    {row.effects[i][2] : i \in {j \in DOMAIN row.effects :
                                row.effects[j][1] \in {"send", "toClient", "toEnclave"}}}
Aborts(row) == \E i \in DOMAIN row.effects : row.effects[i][1] = "audit"
                                             /\ row.effects[i][2] = "aborted"

\* What has ended stays so and does nothing, what is closing ends, and what goes wrong says
\* nothing but that.
S9 ==
    [][/\ state = "ended" => /\ state' = "ended"
                             /\ RowsOf[last'].effects = <<>>
                             /\ RowsOf[last'].claims = <<>>
       /\ state \in Closing => state' \in Closing \cup {"ended"}
       /\ Aborts(RowsOf[last']) => /\ state' \in Closing \cup {"ended"}
                                   /\ SentMessages(RowsOf[last']) \subseteq {"abort", "sealedAbort"}
      ]_vars

Project == PrintT(<<"@", <<Kind, state, last>>>>)

===============================================================================
