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
(* L1: with fair deadlines and wipes, what has begun ends. Fair says of a behaviour that it
   does not stand still for ever while a deadline or a wipe is possible. That asks less than weak
   fairness of each, so L1 says more: no cycle of other steps may put an end off for ever.     *)

FairKinds == {"deadline", "lifetime", "wiped"}
Changes(step) == After(world, step) # world
Fair == \/ []<>(~\E step \in Steps(world) : step.kind \in FairKinds /\ Changes(step))
        \/ []<><<TRUE>>_world

StateOf(role) == IF role \in Clients THEN world.client[role].state ELSE world.enclave[role].state
Begun(role) == StateOf(role) \notin {"idle", "listening", "ended"}
L1 == Fair => \A role \in Clients \cup Enclaves : Begun(role) ~> StateOf(role) = "ended"

-------------------------------------------------------------------------------

\* Prints the state's projection; the last of the invariants, so that it sees each state once.
Project ==
    PrintT(<<"@", [i \in DOMAIN Views(world) |-> Append(Views(world)[i], Labels(Frames(world,
                  Views(world)[i][1])))], world.spent>>)

================================================================================
