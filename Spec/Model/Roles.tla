-------------------------------- MODULE Roles --------------------------------
(* Client and enclave as their tables make them: what an event means to a role
   (its class and its guard, by hand), which row follows (Tables), and what the
   row's effects, claims and wipes do to the role's data (by hand).

   Cryptography is symbolic: a key is the record of what it is derived from, a
   sealed frame names its key, and opens for whoever holds an equal one.       *)
EXTENDS Rows

CONSTANTS
    Clients,    \* names of the clients
    Enclaves,   \* names of the enclaves
    Requests,   \* inferences that a client asks for at most
    Chunks,     \* chunks of the weight blob
    Lifetime,   \* "session" or "perInference"
    Budget,     \* what the disturbances of a run may cost together
    FreeDeadlines  \* whether deadlines come at no cost, the life's end too

None == "-"
Attacker == "A"
Partner(client) == CASE client = "c1" -> "e1" [] client = "c2" -> "e2"

-------------------------------------------------------------------------------
(* Terms *)

Body(session, kem, receipt) == [session |-> session, kem |-> kem, receipt |-> receipt]

\* T0: what evidence binds.
EvidenceHash(nonce, body) == [nonce |-> nonce, body |-> body]

Document(userData, nonce, key) ==
    [userData |-> userData, nonce |-> nonce, key |-> key,
     pinned |-> TRUE, debug |-> FALSE, genuine |-> TRUE]

\* T1: what the key exchange binds.
OfferHash(nonce, body, document) ==
    [evidence |-> EvidenceHash(nonce, body), document |-> document]

\* T2: what the record keys are derived under.
KeysHash(offer, seed, kem) == [offer |-> offer, seed |-> seed, kem |-> kem]

ToEnclave == "c2e"
ToClient == "e2c"

RecordKey(transcript, direction) ==
    [seed |-> transcript.seed, kem |-> transcript.kem, transcript |-> transcript,
     direction |-> direction]

SealedTypes == {"keyConfirm", "topologyDeliver", "assembled", "inferRequest", "inferResult",
                "close", "zeroized", "sealedAbort"}

Receipt(signer, number, model, input, output) ==
    [domain |-> "receipt", signer |-> signer, number |-> number, model |-> model,
     input |-> input, output |-> output]
WipeReport(signer, session, inferences) ==
    [domain |-> "wipe", signer |-> signer, session |-> session, inferences |-> inferences]

(* Values stand for what a content says. They differ in length, not in the class that padding
   makes of it; SizeOf is what the host sees of a sealed frame, without what every record adds. *)
Values == {"p", "q"}
Lengths == [p |-> [topology |-> 1500, input |-> 700, output |-> 12],
            q |-> [topology |-> 1530, input |-> 4000, output |-> 3900]]

RECURSIVE Log2(_)
Log2(n) == IF n < 2 THEN 0 ELSE 1 + Log2(n \div 2)
Padme(n) ==
    LET e == Log2(n) s == Log2(e) + 1 step == IF e <= s THEN 1 ELSE 2^(e - s)
    IN  ((n + step - 1) \div step) * step
AtLeast(minimum, n) == IF n < minimum THEN minimum ELSE n
NextPower(n) == IF 2^Log2(n) = n THEN n ELSE 2^(Log2(n) + 1)

SmallContent == 48
ContentLength(type, value) ==
    CASE type = "topologyDeliver" -> Lengths[value].topology
      [] type = "inferRequest" -> Lengths[value].input
      [] type = "inferResult" -> Lengths[value].output
      [] OTHER -> SmallContent
SizeOf(type, value) ==
    IF type \in {"inferRequest", "inferResult"}
    THEN NextPower(AtLeast(4096, ContentLength(type, value)))
    ELSE Padme(AtLeast(64, ContentLength(type, value)))

Input(client, number) == <<client, number>>
Output(topology, input) == <<topology>> \o input

-------------------------------------------------------------------------------
(* The client *)

NewClient(name, value) ==
    [name |-> name, value |-> value, state |-> "idle", row |-> 0, partner |-> None,
     evidence |-> <<>>,      \* the accepted body and document
     transcript |-> <<>>,    \* T2, once keys are derived
     received |-> 0, sealed |-> 0, inferences |-> 0, wiping |-> FALSE,
     held |-> ClientStates["idle"].held, claims |-> <<>>, frames |-> <<>>]

ClientLive(c) == c.state \notin {"wiping", "ended"}
ClientSecured == {"awaitingAssembly", "ready", "awaitingResult", "gathering", "delivering",
                  "awaitingZeroized"}
ClientOpens(c) == c.state \in ClientSecured \cup {"awaitingConfirm"}

Fresh(c, body, document) ==
    /\ document.genuine
    /\ document.pinned
    /\ ~document.debug
    /\ document.nonce = c.name
    /\ document.key = body.kem
    /\ document.userData = EvidenceHash(c.name, body)

\* Whether a sealed frame opens as the client's next record.
ClientAccepts(c, frame) ==
    /\ c.transcript # <<>>
    /\ frame.key = RecordKey(c.transcript[1], ToClient)
    /\ frame.sequence = c.received
    /\ frame.session = c.evidence[1].body.session

ClientMessage(c, type) ==
    CASE type = "clientHello" -> [nonce |-> c.name]
      [] type = "keyExchange" -> [seed |-> c.name, kem |-> c.evidence[1].body.kem,
                                  offer |-> c.transcript[1].offer]
      [] type = "abort" -> [code |-> "any"]
      [] type = "sealedAbort" -> [code |-> "any"]
      [] type = "topologyDeliver" -> [topology |-> c.name, value |-> c.value]
      [] type = "inferRequest" ->
            [number |-> c.inferences, input |-> Input(c.name, c.inferences), value |-> c.value]
      [] type = "close" -> [nothing |-> 0]

Sealed(transcript, direction, sequence, session, type, to, value, content) ==
    [type |-> type, to |-> to, size |-> SizeOf(type, value), key |-> RecordKey(transcript, direction),
     sequence |-> sequence, session |-> session, content |-> content]
Clear(type, to, content) == [type |-> type, to |-> to, content |-> content]

ClientSend(c, effect) ==
    LET type == effect[2] IN
    IF type \in SealedTypes
    THEN [c EXCEPT
            !.sealed = @ + 1,
            !.frames = Append(@, Sealed(c.transcript[1], ToEnclave, c.sealed,
                c.evidence[1].body.session, type, c.partner, c.value, ClientMessage(c, type)))]
    ELSE [c EXCEPT !.frames = Append(@, Clear(type, c.partner, ClientMessage(c, type)))]

Claim(name, number, topology, input, output) ==
    [name |-> name, number |-> number, topology |-> topology, input |-> input, output |-> output]
PlainClaim(name) == Claim(name, 0, None, <<>>, <<>>)

ClientClaim(before, name, content) ==
    CASE name = "topologySent" -> Claim(name, 0, before.name, <<>>, <<>>)
      [] name = "resultAccepted" ->
            Claim(name, content.number, content.receipt.model, content.receipt.input,
                  content.receipt.output)
      [] OTHER -> PlainClaim(name)

\* The client after a row: `before` is the client with what the event itself changed.
ClientRow(before, class, outcome, content) ==
    LET guards == ClientFind[before.state][class]
        place == guards[Guard(guards, outcome)]
        row == ClientRows[place]
        sends == Sends(row)
        after == [before EXCEPT
            !.state = row.next, !.row = place,
            !.wiping = @ \/ Orders(row, "wipe"),
            !.inferences = IF class = "inferResult" /\ row.guard = "answers" THEN @ + 1 ELSE @,
            !.held = (@ \cup ClientGains(row)) \ row.wiped,
            !.claims = @ \o [i \in DOMAIN row.claims |->
                             ClientClaim(before, row.claims[i], content)]]
    IN  IF sends = <<>> THEN after ELSE ClientSend(after, sends[1])

NoContent == [nothing |-> 0]

ClientLocal(c, class, outcome) == ClientRow(c, class, outcome, NoContent)

ClientEvidence(c, body, document) ==
    IF c.state = "awaitingEvidence" /\ Fresh(c, body, document)
    THEN LET accepted == [c EXCEPT
                !.evidence = <<[body |-> body, document |-> document]>>,
                !.partner = IF body.session = body.kem THEN body.session
                            ELSE body.session \o "." \o body.kem,
                !.transcript = <<KeysHash(OfferHash(c.name, body, document), c.name, body.kem)>>]
         IN  ClientRow(accepted, "evidence", "accepted", NoContent)
    ELSE ClientRow(c, "evidence", "refused", NoContent)

RecordClass(type, expected) ==
    IF type \in expected THEN type ELSE "otherRecord"

ClientOutcome(c, class, content) ==
    LET receiptKey == c.evidence[1].body.receipt IN
    CASE class = "keyConfirm" ->
            IF content.transcript = c.transcript[1] THEN "matches" ELSE "mismatch"
      [] class = "assembled" -> IF content.model = c.name THEN "matches" ELSE "mismatch"
      [] class = "inferResult" ->
            IF content.receipt = Receipt(receiptKey, c.inferences, c.name,
                   Input(c.name, c.inferences), content.receipt.output)
               /\ content.number = c.inferences
            THEN "answers" ELSE "mismatch"
      [] class = "zeroized" ->
            IF content.report = WipeReport(receiptKey, c.evidence[1].body.session, c.inferences)
            THEN "valid" ELSE "invalid"
      [] class = "sealedAbort" -> "known"
      [] OTHER -> "always"

\* A record that opened.
ClientRecord(c, type, content) ==
    LET class == RecordClass(type, {"keyConfirm", "assembled", "inferResult", "zeroized",
                                    "sealedAbort"})
    IN  ClientRow([c EXCEPT !.received = @ + 1], class, ClientOutcome(c, class, content), content)

\* A sealed frame: the next record, or one that does not open.
ClientSealed(c, frame) ==
    IF ClientAccepts(c, frame) THEN ClientRecord(c, frame.type, frame.content)
    ELSE ClientLocal(c, "unreadable", "always")

-------------------------------------------------------------------------------
(* The enclave *)

NoFetch == [requested |-> 0, received |-> 0, opened |-> 0, unopened |-> <<>>]

NewEnclave(name) ==
    [name |-> name, state |-> "listening", row |-> 0, partner |-> None,
     nonce |-> None,         \* whose nonce the hello brought
     document |-> <<>>,      \* the attestation document
     transcript |-> <<>>,    \* T2, once keys are derived
     received |-> 0, sealed |-> 0, inferences |-> 0, wiping |-> FALSE,
     topology |-> None,      \* whose topology arrived
     value |-> "p",          \* what the topology and the request at hand say
     model |-> None,         \* whose model is assembled
     request |-> <<>>,       \* number and input of the request at hand
     fetch |-> NoFetch,
     held |-> EnclaveStates["listening"].held, claims |-> <<>>, frames |-> <<>>]

EnclaveLive(e) == e.state \notin {"reporting", "wiping", "ended"}
EnclaveSecured == {"keyed", "gathering", "admitting", "assembling", "finishing", "ready",
                   "collecting", "refetching", "inferring"}
Fetching == {"assembling", "refetching"}

OwnBody(e) == Body(e.name, e.name, e.name)
OwnOffer(e) == OfferHash(e.nonce, OwnBody(e), e.document[1])

EnclaveAccepts(e, frame) ==
    /\ e.transcript # <<>>
    /\ frame.key = RecordKey(e.transcript[1], ToEnclave)
    /\ frame.sequence = e.received
    /\ frame.session = e.name

\* Half the window of two chunks.
Batch == 1
RECURSIVE Due(_)
Due(fetch) ==
    IF fetch.requested < Chunks /\ fetch.requested - fetch.opened <= Batch
    THEN LET count == IF Chunks - fetch.requested < Batch THEN Chunks - fetch.requested ELSE Batch
         IN  <<[first |-> fetch.requested, count |-> count]>>
             \o Due([fetch EXCEPT !.requested = @ + count])
    ELSE <<>>

EnclaveMessage(e, type) ==
    CASE type = "evidence" -> [body |-> OwnBody(e), document |-> e.document[1]]
      [] type = "abort" -> [code |-> "any"]
      [] type = "sealedAbort" -> [code |-> "any"]
      [] type = "keyConfirm" -> [transcript |-> e.transcript[1]]
      [] type = "assembled" -> [model |-> e.model]
      [] type = "inferResult" ->
            LET output == Output(e.model, e.request[1].input) IN
            [number |-> e.request[1].number, output |-> output,
             receipt |-> Receipt(e.name, e.request[1].number, e.model, e.request[1].input, output)]
      [] type = "zeroized" -> [report |-> WipeReport(e.name, e.name, e.inferences)]

EnclaveSend(e, effect) ==
    LET type == effect[2] IN
    CASE type = "weightRequest" ->
            LET due == Due(e.fetch) IN
            [e EXCEPT
                !.fetch.requested = @ + Len(due) * Batch,
                !.frames = @ \o [i \in DOMAIN due |-> Clear(type, e.partner, due[i])]]
      [] type \in SealedTypes ->
            [e EXCEPT
                !.sealed = @ + 1,
                !.frames = Append(@, Sealed(e.transcript[1], ToClient, e.sealed, e.name, type,
                    e.partner, e.value, EnclaveMessage(e, type)))]
      [] OTHER -> [e EXCEPT !.frames = Append(@, Clear(type, e.partner, EnclaveMessage(e, type)))]

EnclaveClaim(e, name) ==
    CASE name \in {"topologyReceived", "assembled"} -> Claim(name, 0, e.topology, <<>>, <<>>)
      [] name = "inferred" ->
            Claim(name, e.request[1].number, e.model, e.request[1].input,
                  Output(e.model, e.request[1].input))
      [] OTHER -> PlainClaim(name)

\* The enclave after a row: `before` is the enclave with what the event itself changed.
EnclaveRow(before, class, outcome) ==
    LET guards == EnclaveFind[before.state][class]
        place == guards[Guard(guards, outcome)]
        row == EnclaveRows[place]
        sends == Sends(row)
        claimed == [before EXCEPT
            !.row = place,
            !.wiping = @ \/ Orders(row, "wipe"),
            !.held = (@ \cup EnclaveGains(row)) \ row.wiped,
            !.claims = @ \o [i \in DOMAIN row.claims |-> EnclaveClaim(before, row.claims[i])]]
        sent == IF sends = <<>> THEN claimed ELSE EnclaveSend(claimed, sends[1])
    IN  [sent EXCEPT
            !.state = row.next,
            !.inferences = IF class = "inferred" /\ row.guard = "answers" THEN @ + 1 ELSE @,
            !.request = IF "request" \in EnclaveStates[row.next].held THEN @ ELSE <<>>,
            !.fetch = IF row.next \in Fetching THEN @ ELSE NoFetch]

EnclaveLocal(e, class, outcome) == EnclaveRow(e, class, outcome)

EnclaveHello(e, nonce) ==
    IF e.state = "listening"
    THEN EnclaveRow([e EXCEPT !.nonce = nonce, !.partner = nonce], "clientHello", "valid")
    ELSE EnclaveRow(e, "clientHello", "always")

EnclaveAttested(e) ==
    EnclaveRow([e EXCEPT !.document =
                    <<Document(EvidenceHash(e.nonce, OwnBody(e)), e.nonce, e.name)>>],
               "evidenceReady", "valid")

EnclaveExchange(e, seed, kem, offer) ==
    IF e.state = "offered" /\ kem = e.name /\ offer = OwnOffer(e)
    THEN EnclaveRow([e EXCEPT !.partner = seed,
                              !.transcript = <<KeysHash(OwnOffer(e), seed, e.name)>>],
                    "keyExchange", "opens")
    ELSE EnclaveRow(e, "keyExchange", "refused")

RequestOutcome(e, number) ==
    CASE e.inferences >= Requests -> "exhausted"
      [] number # e.inferences -> "outOfOrder"
      [] Lifetime = "perInference" -> "refetch"
      [] OTHER -> "complete"

\* A record that opened.
EnclaveRecord(e, type, content) ==
    LET class == RecordClass(type, {"topologyDeliver", "inferRequest", "close", "sealedAbort"})
        opened == [e EXCEPT !.received = @ + 1]
    IN  CASE class = "topologyDeliver" /\ e.state \in {"keyed", "gathering"} ->
                EnclaveRow([opened EXCEPT !.topology = content.topology, !.value = content.value],
                           class, "complete")
          [] class = "inferRequest" /\ e.state \in {"ready", "collecting"} ->
                EnclaveRow([opened EXCEPT !.request =
                                <<[number |-> content.number, input |-> content.input]>>,
                                           !.value = content.value],
                           class, RequestOutcome(e, content.number))
          [] class = "sealedAbort" -> EnclaveRow(opened, class, "known")
          [] OTHER -> EnclaveRow(opened, class, "always")

\* A request that is no request.
EnclaveMalformedRequest(e) ==
    EnclaveRow([e EXCEPT !.received = @ + 1], "inferRequest",
               IF e.inferences >= Requests THEN "exhausted" ELSE "malformed")

EnclaveSealed(e, frame) ==
    IF EnclaveAccepts(e, frame) THEN EnclaveRecord(e, frame.type, frame.content)
    ELSE EnclaveLocal(e, "unreadable", "always")

EnclaveAdmitted(e) == EnclaveRow(e, "topologyAdmitted", "fetch")

EnclaveChunk(e, index, letter) ==
    IF e.state \in Fetching /\ index = e.fetch.received /\ e.fetch.received < e.fetch.requested
    THEN EnclaveRow([e EXCEPT !.fetch.received = @ + 1,
                              !.fetch.unopened = Append(@, letter)], "weightChunk", "next")
    ELSE EnclaveRow(e, "weightChunk", "misplaced")

EnclaveOpened(e) ==
    IF Head(e.fetch.unopened) = "g"
    THEN EnclaveRow([e EXCEPT !.fetch.opened = @ + 1, !.fetch.unopened = Tail(@)], "chunkOpened",
                    IF e.fetch.opened + 1 = Chunks THEN "last" ELSE "more")
    ELSE EnclaveRow(e, "failed", "always")

EnclaveAssembled(e) == EnclaveRow([e EXCEPT !.model = e.topology], "assembled", Lifetime)

===============================================================================
