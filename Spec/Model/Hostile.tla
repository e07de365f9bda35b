-------------------------------- MODULE Hostile --------------------------------
(* Clients and enclaves, and between them the attacker alone (World.md section 2).
   With FreeDeadlines it is world Live (section 2.5).                           *)
EXTENDS Properties

VARIABLE world

Init == world = StartOfWorld("p")
Next == \E step \in Steps(world) : world' = After(world, step)
Spec == Init /\ [][Next]_world

S1 == TopologyAfterEvidence(world)
S2 == InferAfterAssemble(world)
S3 == AnsweredOnce(world)
S4 == InjectiveAgreement(world)
S5 == NoNonceTwice(world)
S6 == OnePurpose(world)
S7 == SecretsStay(world)
S8 == NothingHeldAtTheEnd(world)

-------------------------------------------------------------------------------
(* L1: with fair deadlines and wipes, what has begun ends. *)

Do(role, kinds) ==
    \E step \in Steps(world) :
        step.role = role /\ step.kind \in kinds /\ world' = After(world, step)
Fair ==
    \A role \in Clients \cup Enclaves :
        /\ WF_world(Do(role, {"deadline", "lifetime"}))
        /\ WF_world(Do(role, {"wiped"}))
FairSpec == Spec /\ Fair

StateOf(role) == IF role \in Clients THEN world.client[role].state ELSE world.enclave[role].state
Begun(role) == StateOf(role) \notin {"idle", "listening", "ended"}
L1 == \A role \in Clients \cup Enclaves : Begun(role) ~> StateOf(role) = "ended"

-------------------------------------------------------------------------------

\* Prints the state's projection; the last of the invariants, so that it sees each state once.
Project ==
    PrintT(<<"@", [i \in DOMAIN Views(world) |-> Append(Views(world)[i], Labels(Frames(world,
                  Views(world)[i][1])))], world.spent>>)

================================================================================
