------------------------------- MODULE Trace -------------------------------
(* Replays the logs of real processes against the role tables.

   Each session of the logs is one behaviour: its runs, at most one of each role, take their
   lines in any order in which every frame is sent before it arrives. A line that is no step of
   the model ends the behaviour with a refusal that names run, line and reason. TraceData is
   written by trace.py from the logs; there digests are numbers, equal where the digests are, and
   0 where there is none.

   A line: <<sequence, <<state, class, guard>>, hello, in, out, claims, wiped>>
   A frame: <<side, type, digest>>; a claim: <<name, number, digests>>                        *)
EXTENDS Naturals, Sequences, FiniteSets, TLC, Tables, TraceData

VARIABLES session, position, state, hello, queue, facts, verdict

vars == <<session, position, state, hello, queue, facts, verdict>>

Rows == [client |-> ClientRows, host |-> HostRows, enclave |-> EnclaveRows]
Find == [client |-> ClientFind, host |-> HostFind, enclave |-> EnclaveFind]
Start == [client |-> "idle", host |-> "idle", enclave |-> "listening"]
Roles == {"client", "host", "enclave"}
Channels == {"ch", "hc", "he", "eh"}

Number(line) == line[1]
Key(line) == line[2]
Hello(line) == line[3]
In(line) == line[4]
Out(line) == line[5]
Claims(line) == line[6]
Wiped(line) == line[7]

Runs(s) == Sessions[s].runs
Role(s, r) == Runs(s)[r].role
Lines(s, r) == Runs(s)[r].lines
HasRun(s, role) == \E r \in DOMAIN Runs(s) : Role(s, r) = role
(* Whether the logs of all roles are here, so that what one says can be held against the others. *)
IsWhole(s) == Sessions[s].given = Roles

(* The place of a row in its role's table; 0 where the table has none. *)
Place(role, key) ==
  IF key[1] \in DOMAIN Find[role]
  THEN IF key[2] \in DOMAIN Find[role][key[1]]
       THEN IF key[3] \in DOMAIN Find[role][key[1]][key[2]]
            THEN Find[role][key[1]][key[2]][key[3]] ELSE 0
       ELSE 0
  ELSE 0

-----------------------------------------------------------------------------
(* Frames *)

SealedMessages == {"keyConfirm", "topologyDeliver", "assembled", "inferRequest", "inferResult",
                   "close", "zeroized", "sealedAbort"}
FrameType(message) == IF message \in SealedMessages THEN "sealed" ELSE message

(* Frames of a conversation with the store belong to no session. *)
StoreTypes == {"putBegin", "putData", "putStatus", "have", "haveReply"}

(* What may arrive with a message class: side and type, where "any" is every type and "maybe" is
   every type or no frame at all. A class that is not here is a local event. *)
Arrivals == [
  client |-> [
    evidence |-> <<"host", "evidence">>, abort |-> <<"host", "abort">>,
    otherFrame |-> <<"host", "any">>, broken |-> <<"host", "maybe">>,
    unreadable |-> <<"host", "sealed">>, keyConfirm |-> <<"host", "sealed">>,
    assembled |-> <<"host", "sealed">>, inferResult |-> <<"host", "sealed">>,
    zeroized |-> <<"host", "sealed">>, sealedAbort |-> <<"host", "sealed">>,
    otherRecord |-> <<"host", "sealed">>],
  host |-> [
    clientHello |-> <<"client", "clientHello">>, keyExchange |-> <<"client", "keyExchange">>,
    clientSealed |-> <<"client", "sealed">>, clientAbort |-> <<"client", "abort">>,
    putBegin |-> <<"client", "putBegin">>, putData |-> <<"client", "putData">>,
    have |-> <<"client", "have">>, otherFromClient |-> <<"client", "any">>,
    clientBroken |-> <<"client", "maybe">>, evidence |-> <<"enclave", "evidence">>,
    enclaveSealed |-> <<"enclave", "sealed">>, enclaveAbort |-> <<"enclave", "abort">>,
    weightRequest |-> <<"enclave", "weightRequest">>,
    otherFromEnclave |-> <<"enclave", "any">>, enclaveBroken |-> <<"enclave", "maybe">>],
  enclave |-> [
    clientHello |-> <<"host", "clientHello">>, keyExchange |-> <<"host", "keyExchange">>,
    abort |-> <<"host", "abort">>, weightChunk |-> <<"host", "weightChunk">>,
    otherFrame |-> <<"host", "any">>, broken |-> <<"host", "maybe">>,
    unreadable |-> <<"host", "sealed">>, topologyDeliver |-> <<"host", "sealed">>,
    inferRequest |-> <<"host", "sealed">>, close |-> <<"host", "sealed">>,
    sealedAbort |-> <<"host", "sealed">>, otherRecord |-> <<"host", "sealed">>,
    failed |-> <<"host", "maybe">>]]  \* a frame for which there is no memory

ArrivalFits(role, class, in) ==
  IF class \notin DOMAIN Arrivals[role] THEN in = <<>>
  ELSE LET arrival == Arrivals[role][class] IN
       IF in = <<>> THEN arrival[2] = "maybe"
       ELSE in[1] = arrival[1] /\ arrival[2] \in {in[2], "any", "maybe"}

IsSend(effect) == effect[1] \in {"send", "toClient", "toEnclave", "forward"}

SendFits(effect, in, frame) ==
  CASE effect[1] = "send" -> frame[1] = "host" /\ frame[2] = FrameType(effect[2])
    [] effect[1] = "toClient" -> frame[1] = "client" /\ frame[2] = FrameType(effect[2])
    [] effect[1] = "toEnclave" -> frame[1] = "enclave" /\ frame[2] = FrameType(effect[2])
    [] effect[1] = "forward" ->  \* unchanged
         /\ in # <<>>
         /\ frame = <<effect[2], in[2], in[3]>>

Count(effect) == IF effect[1] = "send" THEN effect[3] ELSE "1"

(* The frames from the `at`th on are those of the effects, in order. *)
RECURSIVE SendsFit(_, _, _, _)
SendsFit(effects, in, out, at) ==
  IF effects = <<>> THEN at > Len(out)
  ELSE LET effect == Head(effects)
           fits == at <= Len(out) /\ SendFits(effect, in, out[at])
       IN CASE Count(effect) = "1" -> fits /\ SendsFit(Tail(effects), in, out, at + 1)
            [] Count(effect) = "+" ->
                 fits /\ SendsFit(<<[effect EXCEPT ![3] = "*"]>> \o Tail(effects), in, out, at + 1)
            [] Count(effect) = "*" ->
                 IF fits THEN SendsFit(effects, in, out, at + 1)
                 ELSE SendsFit(Tail(effects), in, out, at)

-----------------------------------------------------------------------------
(* Order: a frame arrives after it was sent, in the order of its channel, unchanged *)

ChannelIn(role, frame) ==
  CASE role = "client" -> "hc" [] role = "enclave" -> "he"
    [] role = "host" -> IF frame[1] = "client" THEN "ch" ELSE "eh"
ChannelOut(role, frame) ==
  CASE role = "client" -> "ch" [] role = "enclave" -> "eh"
    [] role = "host" -> IF frame[1] = "client" THEN "hc" ELSE "he"
Sender(channel) ==
  CASE channel = "ch" -> "client" [] channel = "eh" -> "enclave" [] OTHER -> "host"

(* A frame whose sender's log is not here cannot be held against it. A cleartext Abort from a role
   that has no run in the session is a connection that was refused as one too many. *)
IsFree(s, channel, frame) ==
  \/ frame[2] \in StoreTypes
  \/ Sender(channel) \notin Sessions[s].given
  \/ frame[2] = "abort" /\ ~HasRun(s, Sender(channel))

CanTake(s, r) ==
  LET in == In(Lines(s, r)[position[r]])
      channel == ChannelIn(Role(s, r), in)
  IN \/ in = <<>>
     \/ IsFree(s, channel, in)
     \/ /\ queue[channel] # <<>>
        /\ Head(queue[channel]) = <<in[2], in[3]>>

Taken(s, r, line) ==
  LET in == In(line)
      channel == ChannelIn(Role(s, r), in)
  IN IF in = <<>> THEN queue
     ELSE IF IsFree(s, channel, in) THEN queue
     ELSE [queue EXCEPT ![channel] = Tail(@)]

RECURSIVE Sent(_, _, _, _)
Sent(role, out, at, queues) ==
  IF at > Len(out) THEN queues
  ELSE LET frame == out[at] IN
       Sent(role, out, at + 1,
            IF frame[2] \in StoreTypes THEN queues
            ELSE [queues EXCEPT ![ChannelOut(role, frame)] =
                    Append(@, <<frame[2], frame[3]>>)])

-----------------------------------------------------------------------------
(* Claims: what a role asserts holds in what the others did before *)

NoFacts == [verified |-> 0, keys |-> 0, sessionID |-> 0, agreed |-> 0, model |-> 0,
            modelAgreed |-> FALSE, wiped |-> FALSE, answered |-> 0, accepted |-> 0,
            answers |-> <<>>]

(* Why a claim does not hold; "" where it does. *)
ClaimProblem(whole, claim, f) ==
  LET name == claim[1]
      number == claim[2]
      digests == claim[3]
  IN CASE name = "keysAccepted" /\ whole /\ digests[1] # f.verified ->
            "S1: no client verified evidence of this enclave session"
       [] name = "keysAgreed" /\ whole /\ digests[1] # f.keys ->
            "S4: client and enclave disagree on the transcript (T2)"
       [] name = "topologySent" /\ f.verified = 0 ->
            "S1: the topology left before evidence was verified"
       [] name = "topologySent" /\ digests[1] # f.agreed ->
            "S1: the topology left under another transcript than was agreed"
       [] name = "topologyReceived" /\ digests[1] # f.sessionID ->
            "S4: the topology arrived in another session"
       [] name = "modelAgreed" /\ whole /\ digests[1] # f.model ->
            "S4: client and enclave disagree on the model"
       [] name = "inferred" /\ f.model = 0 -> "S2: inferred before anything was assembled"
       [] name = "inferred" /\ f.wiped -> "S2: inferred after the wipe"
       [] name = "inferred" /\ number # f.answered ->
            "S3: this number was inferred already, or one was left out"
       [] name = "resultAccepted" /\ ~f.modelAgreed -> "S2: a result before the model was agreed"
       [] name = "resultAccepted" /\ number # f.accepted ->
            "S3: this number was accepted already, or one was left out"
       [] name = "resultAccepted" /\ whole /\ f.answers = <<>> ->
            "S4: a result that the enclave never inferred"
       [] name = "resultAccepted" /\ whole /\ Head(f.answers) # <<number>> \o digests ->
            "S4: client and enclave disagree on the request or the response"
       [] name = "completed" /\ whole /\ ~f.wiped -> "S8: completed without the enclave's wipe"
       [] name = "completed" /\ whole /\ digests[1] # f.sessionID ->
            "S4: the wipe report is another session's"
       [] OTHER -> ""

Learn(whole, claim, f) ==
  LET name == claim[1]
      number == claim[2]
      digests == claim[3]
  IN CASE name = "evidenceVerified" -> [f EXCEPT !.verified = digests[1]]
       [] name = "keysAccepted" -> [f EXCEPT !.sessionID = digests[1], !.keys = digests[2]]
       [] name = "keysAgreed" -> [f EXCEPT !.agreed = digests[1]]
       [] name = "assembled" -> [f EXCEPT !.model = digests[1]]
       [] name = "modelAgreed" -> [f EXCEPT !.modelAgreed = TRUE]
       [] name = "inferred" ->
            [f EXCEPT !.answered = @ + 1,
                      !.answers = IF whole THEN Append(@, <<number>> \o digests) ELSE @]
       [] name = "resultAccepted" ->
            [f EXCEPT !.accepted = @ + 1, !.answers = IF whole THEN Tail(@) ELSE @]
       [] name = "wiped" -> [f EXCEPT !.wiped = TRUE]
       [] OTHER -> f

(* <<problem, facts>> after the claims from the `at`th on. *)
RECURSIVE AfterClaims(_, _, _, _)
AfterClaims(whole, claims, at, f) ==
  IF at > Len(claims) THEN <<"", f>>
  ELSE LET problem == ClaimProblem(whole, claims[at], f) IN
       IF problem # "" THEN <<problem, f>>
       ELSE AfterClaims(whole, claims, at + 1, Learn(whole, claims[at], f))

-----------------------------------------------------------------------------
(* One line *)

ClaimNames(line) == [i \in DOMAIN Claims(line) |-> Claims(line)[i][1]]
(* What a host claims is about no session, and its machine logs no claims. *)
Claimed(role, row) == IF role = "host" THEN <<>> ELSE row.claims

HelloFits(s, r, line) ==
  LET frames == {Out(line)[i] : i \in DOMAIN Out(line)}
                  \union (IF In(line) = <<>> THEN {} ELSE {In(line)})
      hellos == {frame[3] : frame \in {f \in frames : f[2] = "clientHello"}}
  IN IF hello[r] # 0 THEN Hello(line) = hello[r]
     ELSE IF hellos = {} THEN Hello(line) = 0
     ELSE hellos = {Hello(line)}

(* Why a line is no step of its run; "" where it is. *)
Problem(s, r, line) ==
  LET role == Role(s, r)
      place == Place(role, Key(line))
      row == Rows[role][place]
  IN IF Number(line) # position[r] - 1 THEN "its sequence is not the next number of its run"
     ELSE IF place = 0 THEN "the role's table has no such row"
     ELSE IF row.state # state[r]
     THEN IF state[r] = "ended" THEN "S9: a transition after the end of its run"
          ELSE "the row does not begin in the state that the run is in"
     ELSE IF ~HelloFits(s, r, line) THEN "its ClientHello is not that of its run"
     ELSE IF ~ArrivalFits(role, row.class, In(line))
     THEN "what arrived is not of the row's message class"
     ELSE IF ~SendsFit(SelectSeq(row.effects, IsSend), In(line), Out(line), 1)
     THEN "what left is not what the row sends or passes on"
     ELSE IF ClaimNames(line) # Claimed(role, row) THEN "its claims are not those of the row"
     ELSE IF {Wiped(line)[i] : i \in DOMAIN Wiped(line)} # row.wiped
     THEN "S8: what was wiped is not what the row wipes"
     ELSE ""

Rest(s, r) == position[r] <= Len(Lines(s, r))

Refuse(s, r, reason) ==
  /\ verdict' = "refused"
  /\ PrintT(<<"verdict", s, "refused", r, position[r], reason>>)
  /\ UNCHANGED <<session, position, state, hello, queue, facts>>

Take(s, r) ==
  LET line == Lines(s, r)[position[r]]
      role == Role(s, r)
      problem == Problem(s, r, line)
      after == AfterClaims(IsWhole(s), Claims(line), 1, facts)
      sent == Sent(role, Out(line), 1, Taken(s, r, line))
  IN IF problem # "" THEN Refuse(s, r, problem)
     ELSE IF after[1] # "" THEN Refuse(s, r, after[1])
     ELSE /\ position' = [position EXCEPT ![r] = @ + 1]
          /\ state' = [state EXCEPT ![r] = Rows[role][Place(role, Key(line))].next]
          /\ hello' = [hello EXCEPT ![r] = Hello(line)]
          /\ queue' = sent
          /\ facts' = after[2]
          /\ UNCHANGED <<session, verdict>>

-----------------------------------------------------------------------------
(* The end of a session *)

(* Whether a run still has to send a frame like the one that another waits for. *)
WillSend(s, channel, frame) ==
  \E r \in DOMAIN Runs(s) :
    /\ Role(s, r) = Sender(channel)
    /\ \E i \in position[r]..Len(Lines(s, r)) :
         LET out == Out(Lines(s, r)[i]) IN
         \E j \in DOMAIN out : <<out[j][2], out[j][3]>> = <<frame[2], frame[3]>>

Awaited(s, r) == In(Lines(s, r)[position[r]])
Comes(s, r) == WillSend(s, ChannelIn(Role(s, r), Awaited(s, r)), Awaited(s, r))
Lowest(set) == CHOOSE r \in set : \A other \in set : r <= other

Upcoming(s, r) == Lines(s, r)[position[r]]
Wrong(s, runs) == {r \in runs : Problem(s, r, Upcoming(s, r)) # ""}
RefuseWrong(s, runs) ==
  LET r == Lowest(Wrong(s, runs)) IN Refuse(s, r, Problem(s, r, Upcoming(s, r)))

(* A line that is wrong in itself is the cause where another only waits. *)
Stuck(s, waiting) ==
  LET orphans == {r \in waiting : ~Comes(s, r)} IN
  IF Wrong(s, waiting) # {} THEN RefuseWrong(s, waiting)
  ELSE IF orphans = {} THEN Refuse(s, Lowest(waiting), "the order of sending and arriving is a cycle")
  ELSE LET r == Lowest(orphans)
           channel == ChannelIn(Role(s, r), Awaited(s, r))
           frame == <<Awaited(s, r)[2], Awaited(s, r)[3]>>
       IN IF \E i \in DOMAIN queue[channel] : queue[channel][i] = frame
          THEN Refuse(s, r, "the frame that arrived overtook another or one is lost")
          ELSE Refuse(s, r, "the frame that arrived was not sent")

Finish(s) ==
  LET open == {r \in DOMAIN Runs(s) : state[r] # "ended"} IN
  /\ verdict' = IF open = {} THEN "accepted" ELSE "truncated"
  /\ IF open = {} THEN PrintT(<<"verdict", s, "accepted", 0, 0, "">>)
     ELSE LET r == Lowest(open) IN
          PrintT(<<"verdict", s, "truncated", r, Len(Lines(s, r)),
                   "the run ends here, before its terminal state">>)
  /\ UNCHANGED <<session, position, state, hello, queue, facts>>

-----------------------------------------------------------------------------
(* Agreement is injective: what belongs to one session is in no other of the same logs *)

ClaimsOf(s, name) ==
  UNION {UNION {{Claims(Lines(s, r)[i])[j] : j \in {k \in DOMAIN Claims(Lines(s, r)[i]) :
                                                     Claims(Lines(s, r)[i])[k][1] = name}}
                : i \in DOMAIN Lines(s, r)} : r \in DOMAIN Runs(s)}
Digests(s, name, at) == {claim[3][at] : claim \in ClaimsOf(s, name)}
Own == <<<<"keysAccepted", 1>>, <<"keysAccepted", 2>>, <<"keysAgreed", 1>>,
         <<"evidenceVerified", 1>>, <<"completed", 1>>>>
OwnOf(s, i) == Digests(s, Own[i][1], Own[i][2])

(* As many values as there are pairs of session and value. *)
IsInjective(c) ==
  \A i \in DOMAIN Own :
    LET pairs == UNION {{<<s, digest>> : digest \in OwnOf(s, i)}
                        : s \in Cases[c].first..Cases[c].last}
    IN Cardinality(pairs) = Cardinality({pair[2] : pair \in pairs})

Twins(s) == {pair \in (DOMAIN Runs(s)) \X (DOMAIN Runs(s)) :
               pair[1] < pair[2] /\ Role(s, pair[1]) = Role(s, pair[2])}

-----------------------------------------------------------------------------
(* Behaviours: one for each session, and one for each case, a set of logs that belong together *)

IsCase == session > Len(Sessions)

Init ==
  /\ session \in 1..(Len(Sessions) + Len(Cases))
  /\ position = IF IsCase THEN <<>> ELSE [r \in DOMAIN Runs(session) |-> 1]
  /\ state = IF IsCase THEN <<>> ELSE [r \in DOMAIN Runs(session) |-> Start[Role(session, r)]]
  /\ hello = IF IsCase THEN <<>> ELSE [r \in DOMAIN Runs(session) |-> 0]
  /\ queue = [channel \in Channels |-> <<>>]
  /\ facts = NoFacts
  /\ verdict = ""

JudgeCase ==
  /\ verdict' = IF IsInjective(session - Len(Sessions)) THEN "accepted" ELSE "refused"
  /\ PrintT(<<"case", session - Len(Sessions), verdict'>>)
  /\ UNCHANGED <<session, position, state, hello, queue, facts>>

Next ==
  /\ verdict = ""
  /\ IF IsCase THEN JudgeCase
     ELSE LET s == session
              waiting == {r \in DOMAIN Runs(s) : Rest(s, r)}
              able == {r \in waiting : CanTake(s, r)}
          IN IF Twins(s) # {} /\ Wrong(s, waiting) # {} THEN RefuseWrong(s, waiting)
             ELSE IF Twins(s) # {}
             THEN Refuse(s, (CHOOSE pair \in Twins(s) : TRUE)[2],
                         "S4: two runs of one role have the same ClientHello")
             ELSE IF able # {} THEN Take(s, Lowest(able))
             ELSE IF waiting # {} THEN Stuck(s, waiting)
             ELSE Finish(s)

Spec == Init /\ [][Next]_vars
=============================================================================
