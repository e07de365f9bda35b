--------------------------------- MODULE Relay ---------------------------------
(* Three machines, an honest host, four queues (World.md section 3). The world has a
   client, an enclave, a host, and queues "ch", "hc", "he", "eh".               *)
EXTENDS Properties

Name == CHOOSE c \in Clients : TRUE
Server == CHOOSE e \in Enclaves : TRUE

End == Clear("end", None, NoContent)
Abort == Clear("abort", None, [code |-> "any"])
PutEnd(queue) ==
    IF queue # <<>> /\ queue[Len(queue)].type = "end" THEN queue ELSE Append(queue, End)

-------------------------------------------------------------------------------
(* The host *)

NewHost == [state |-> "idle", row |-> 0, asked |-> <<>>]
MostRequests == 4

RECURSIVE Total(_)
Total(ranges) == IF ranges = <<>> THEN 0 ELSE Head(ranges).count + Total(Tail(ranges))

\* A frame's message class at the host, by the side that it comes from.
HostClass(side, type) ==
    CASE type \in SealedTypes -> side \o "Sealed"
      [] type = "abort" -> side \o "Abort"
      [] type = "end" -> side \o "Closed"
      [] OTHER -> type

\* What the row's effects put into the queues: `frame` is what is forwarded.
RECURSIVE HostEffects(_, _, _)
HostEffects(effects, frame, queues) ==
    IF effects = <<>> THEN queues
    ELSE LET effect == Head(effects)
             after ==
                CASE effect = <<"forward", "enclave">> -> [queues EXCEPT !.he = Append(@, frame)]
                  [] effect = <<"forward", "client">> -> [queues EXCEPT !.hc = Append(@, frame)]
                  [] effect = <<"toClient", "abort">> -> [queues EXCEPT !.hc = Append(@, Abort)]
                  [] effect = <<"toEnclave", "abort">> -> [queues EXCEPT !.he = Append(@, Abort)]
                  [] effect = <<"toEnclave", "weightChunk">> ->
                        [queues EXCEPT !.he = Append(@, frame)]
                  [] effect = <<"finishWritingToEnclave">> -> [queues EXCEPT !.he = PutEnd(@)]
                  [] effect = <<"close">> -> [queues EXCEPT !.he = PutEnd(@), !.hc = PutEnd(@)]
                  [] OTHER -> queues
         IN  HostEffects(Tail(effects), frame, after)

\* What no machine takes is dropped: all of a queue to a machine that takes nothing any more, and
\* all but the end of one to an enclave that reports its wipe.
Settle(w) ==
    LET enclave == w.enclave[Server] IN
    [w EXCEPT
        !.queues.hc = IF ClientLive(w.client[Name]) THEN @ ELSE <<>>,
        !.queues.he = CASE EnclaveLive(enclave) -> @
                        [] enclave.state = "reporting" ->
                              SelectSeq(@, LAMBDA frame : frame.type = "end")
                        [] OTHER -> <<>>,
        !.queues.ch = IF w.host.state = "ended" THEN <<>> ELSE @,
        !.queues.eh = IF w.host.state = "ended" THEN <<>> ELSE @]

\* The world after an event at the host; `asked` is what it then has been asked for, unread.
HostAfter(w, class, outcome, frame, asked) ==
    LET guards == HostFind[w.host.state][class]
        place == guards[Guard(guards, outcome)]
        row == HostRows[place]
    IN  Settle([w EXCEPT
            !.host = [state |-> row.next, row |-> place,
                      asked |-> IF row.next = "relaying" THEN asked ELSE <<>>],
            !.queues = HostEffects(row.effects, frame, @)])

HostTakes(w, side, frame) ==
    LET class == HostClass(side, frame.type) IN
    CASE class = "weightRequest" ->
            IF Len(w.host.asked) < MostRequests
            THEN HostAfter(w, class, "valid", frame, Append(w.host.asked, frame.content))
            ELSE HostAfter(w, class, "excess", frame, w.host.asked)
      [] OTHER -> HostAfter(w, class, "known", frame, w.host.asked)

HostReads(w) ==
    LET range == Head(w.host.asked)
        rest == IF range.count = 1 THEN Tail(w.host.asked)
                ELSE <<[first |-> range.first + 1, count |-> range.count - 1]>> \o Tail(w.host.asked)
    IN  HostAfter(w, "weightsRead", "next",
                  Clear("weightChunk", None, [index |-> range.first]), rest)

-------------------------------------------------------------------------------
(* Client and enclave: what they send goes into their queues *)

News(before, after) == SubSeq(after.frames, Len(before.frames) + 1, Len(after.frames))

ClientStands(w, after) ==
    LET before == w.client[Name]
        queue == w.queues.ch \o News(before, after)
        ends == Orders(ClientRows[after.row], "close")
    IN  Settle([w EXCEPT !.client[Name] = after,
                         !.queues.ch = IF ends THEN PutEnd(queue) ELSE queue])

EnclaveStands(w, after) ==
    LET before == w.enclave[Server]
        queue == w.queues.eh \o News(before, after)
        ends == Orders(EnclaveRows[after.row], "close")
    IN  Settle([w EXCEPT !.enclave[Server] = after,
                         !.queues.eh = IF ends THEN PutEnd(queue) ELSE queue])

ClientTakes(c, frame) ==
    CASE frame.type = "end" -> ClientLocal(c, "peerClosed", "always")
      [] frame.type = "abort" -> ClientLocal(c, "abort", "known")
      [] frame.type = "evidence" -> ClientEvidence(c, frame.content.body, frame.content.document)
      [] frame.type \in SealedTypes -> ClientSealed(c, frame)
      [] OTHER -> ClientLocal(c, "otherFrame", "always")

EnclaveTakes(e, frame) ==
    CASE frame.type = "end" -> EnclaveLocal(e, "peerClosed", "always")
      [] frame.type = "abort" -> EnclaveLocal(e, "abort", "known")
      [] frame.type = "clientHello" -> EnclaveHello(e, frame.content.nonce)
      [] frame.type = "keyExchange" ->
            EnclaveExchange(e, frame.content.seed, frame.content.kem, frame.content.offer)
      [] frame.type = "weightChunk" -> EnclaveChunk(e, frame.content.index, "g")
      [] frame.type \in SealedTypes -> EnclaveSealed(e, frame)
      [] OTHER -> EnclaveLocal(e, "otherFrame", "always")

-------------------------------------------------------------------------------
(* Steps *)

Queues == {"ch", "hc", "he", "eh"}
HostTimed == {"attesting", "offered", "draining"}

HostSteps(w, left) ==
    LET state == w.host.state pays == left > 0 IN
    (IF w.host.asked # <<>>
     THEN {Plain("host", "weightsRead", 0)}
          \cup (IF pays THEN {Plain("host", "failed", 1)} ELSE {}) ELSE {})
    \cup (CASE state \in HostTimed /\ FreeDeadlines -> {Plain("host", "deadline", 0)}
            [] state \in HostTimed /\ ~FreeDeadlines /\ pays -> {Plain("host", "deadline", 1)}
            [] OTHER -> {})
    \cup (IF state = "attesting" /\ pays THEN {Plain("host", "unreachable", 1)} ELSE {})
    \cup (IF state \notin {"draining", "ended"} /\ pays THEN {Plain("host", "cancel", 1)} ELSE {})

RoleSteps(name, live, timer, left) ==
    IF ~live THEN {}
    ELSE DeadlineSteps(name, timer, left)
         \cup (IF left > 0 THEN {Plain(name, "cancel", 1)} ELSE {})

RelaySteps(w) ==
    LET c == w.client[Name] e == w.enclave[Server] left == Budget - w.spent IN
    Plains("queue", {q \in Queues : w.queues[q] # <<>>}, 0)
    \cup ClientDriverSteps(c) \cup RoleSteps(Name, ClientLive(c), ClientStates[c.state].timer, left)
    \cup EnclaveDriverSteps(e, left)
    \cup RoleSteps(Server, EnclaveLive(e), EnclaveStates[e.state].timer, left)
    \cup HostSteps(w, left)

Deliver(w, queue) ==
    LET frame == Head(w.queues[queue])
        rest == [w EXCEPT !.queues[queue] = Tail(@)]
    IN  CASE queue = "ch" -> HostTakes(rest, "client", frame)
          [] queue = "eh" -> HostTakes(rest, "enclave", frame)
          [] queue = "hc" -> ClientStands(rest, ClientTakes(w.client[Name], frame))
          [] queue = "he" -> EnclaveStands(rest, EnclaveTakes(w.enclave[Server], frame))

RelayAfter(w, step) ==
    LET paid == [w EXCEPT !.spent = @ + step.cost] IN
    CASE step.role = "queue" -> Deliver(paid, step.kind)
      [] step.role = Name -> ClientStands(paid, ClientAfter(w, step))
      [] step.role = Server -> EnclaveStands(paid, EnclaveAfter(w, step))
      [] step.role = "host" ->
            CASE step.kind = "weightsRead" -> HostReads(paid)
              [] step.kind = "failed" -> HostAfter(paid, "failed", "other", Abort, w.host.asked)
              [] step.kind = "unreachable" ->
                    HostAfter(paid, "failed", "unreachable", Abort, w.host.asked)
              [] step.kind = "deadline" -> HostAfter(paid, "deadline", "due", Abort, w.host.asked)
              [] step.kind = "cancel" -> HostAfter(paid, "cancel", "always", Abort, w.host.asked)

-------------------------------------------------------------------------------

VARIABLE world

Init ==
    world = [client |-> StartOfWorld("p").client, enclave |-> StartOfWorld("p").enclave,
             spent |-> 0, host |-> NewHost,
             queues |-> [ch |-> <<>>, hc |-> <<>>, he |-> <<>>, eh |-> <<>>]]
Next == \E step \in RelaySteps(world) : world' = RelayAfter(world, step)
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
(* Liveness. As in Hostile, Moving says that a behaviour does not stand still for ever while a
   step of the set is possible.                                                               *)

Changes(step) == RelayAfter(world, step) # world
Moving(fair(_)) ==
    \/ []<>(~\E step \in RelaySteps(world) : fair(step) /\ Changes(step))
    \/ []<><<TRUE>>_world

StateOf(role) ==
    CASE role = Name -> world.client[Name].state
      [] role = Server -> world.enclave[Server].state
      [] role = "host" -> world.host.state
Begun(role) == StateOf(role) \notin {"idle", "listening", "ended"}

\* L1: with fair deadlines, wipes and delivery, what has begun ends.
L1 == Moving(LAMBDA step : step.role = "queue" \/ step.kind \in {"deadline", "lifetime", "wiped"})
      => \A role \in {Name, Server, "host"} : Begun(role) ~> StateOf(role) = "ended"

\* L2: where nothing disturbs, both sides finish and wipe.
L2 == Moving(LAMBDA step : TRUE)
      => <>(/\ HasClaim(world.client[Name], "completed")
            /\ HasClaim(world.enclave[Server], "wiped")
            /\ \A role \in {Name, Server, "host"} : StateOf(role) = "ended")

-------------------------------------------------------------------------------

Types(queue) == [i \in DOMAIN queue |-> queue[i].type]
Project ==
    LET views == Views(world) IN
    PrintT(<<"@", <<views[1], <<"h", world.host.state, world.host.row, Total(world.host.asked)>>,
                    views[2]>>,
             <<Types(world.queues.ch), Types(world.queues.hc), Types(world.queues.he),
               Types(world.queues.eh)>>, world.spent>>)

================================================================================
