-------------------------------- MODULE Secrecy --------------------------------
(* S7, second part, by self-composition: two worlds side by side under one schedule,
   which differ only in what the client's topology, inputs and outputs say. What the
   attacker sees of one it sees of the other.                                      *)
EXTENDS Properties

VARIABLES left, right
vars == <<left, right>>

Init == left = StartOfWorld("p") /\ right = StartOfWorld("q")
Next ==
    \E step \in Steps(left) :
        /\ step \in Steps(right)
        /\ left' = After(left, step)
        /\ right' = After(right, step)
Spec == Init /\ [][Next]_vars

\* What the attacker sees of a frame: what is in the clear, and of sealed ones the size.
Visible(frame) ==
    IF frame.type \in SealedTypes
    THEN <<"sealed", frame.size>>
    ELSE <<frame.type, frame.content>>
Observed(w) ==
    [role \in Clients \cup Enclaves |->
        [i \in DOMAIN Frames(w, role) |-> Visible(Frames(w, role)[i])]]
\* Whether a connection is closed is seen, too.
Closed(w) ==
    <<[c \in Clients |-> w.client[c].state = "ended"],
      [e \in Enclaves |-> w.enclave[e].state = "ended"]>>

S7 == /\ Observed(left) = Observed(right)
      /\ Closed(left) = Closed(right)
      /\ Steps(left) = Steps(right)
      /\ SecretsStay(left)
      /\ SecretsStay(right)

================================================================================
