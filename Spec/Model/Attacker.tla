------------------------------- MODULE Attacker -------------------------------
(* What the attacker between the roles can do to a world (World.md section 2), as
   a set of steps and what follows from each. A world `w` is a record of the
   clients, the enclaves and the costs that are spent. A step names its frames
   by sender and place, so that it means the same in two worlds.              *)
EXTENDS Roles

Step(role, kind, cost, first, second, place) ==
    [role |-> role, kind |-> kind, cost |-> cost, first |-> first, second |-> second,
     place |-> place]
Plain(role, kind, cost) == Step(role, kind, cost, None, None, 0)
Plains(role, kinds, cost) == {Plain(role, kind, cost) : kind \in kinds}

StartOfWorld(value) ==
    [client |-> [c \in Clients |-> NewClient(c, value)],
     enclave |-> [e \in Enclaves |-> NewEnclave(e)],
     spent |-> 0]

Frames(w, role) == IF role \in Clients THEN w.client[role].frames ELSE w.enclave[role].frames

\* Every sealed frame that a role has sent.
KnownSealed(w) ==
    UNION {{<<role, place>> : place \in {i \in DOMAIN Frames(w, role) :
                                         Frames(w, role)[i].type \in SealedTypes}} :
           role \in Clients \cup Enclaves}
FrameAt(w, known) == Frames(w, known[1])[known[2]]

HelloSent(w, c) == w.client[c].frames # <<>> /\ w.client[c].frames[1].type = "clientHello"
ExchangeSent(w, c) == w.client[c].transcript # <<>>
EvidenceSent(w) == {e \in Enclaves : w.enclave[e].document # <<>>}

-------------------------------------------------------------------------------
(* Evidence that the attacker puts together. A body is named by the enclave that sent
   it, by that name and "*" where its KEM key is replaced, or by "A". *)

MadeDocuments == {"unpinned", "debug", "forged"}

Replaced(e) == e \o "*"
BodyNamed(w, name) ==
    CASE name = Attacker -> Body(Attacker, Attacker, Attacker)
      [] name \in Enclaves -> Body(name, name, name)
      [] OTHER -> LET e == CHOOSE e \in Enclaves : Replaced(e) = name IN Body(e, Attacker, e)

DocumentNamed(w, name, c, body) ==
    IF name \in Enclaves THEN w.enclave[name].document[1]
    ELSE [Document(EvidenceHash(c, body), c, body.kem) EXCEPT
            !.pinned = name # "unpinned", !.debug = name = "debug", !.genuine = name # "forged"]

OtherEvidence(w, c) ==
    LET sent == EvidenceSent(w)
        bodies == {Attacker} \cup sent \cup {Replaced(e) : e \in sent}
        pairs == bodies \X (sent \cup MadeDocuments)
    IN  {pair \in pairs : pair # <<Partner(c), Partner(c)>>}

-------------------------------------------------------------------------------
(* Steps *)

SealedSteps(w, role, accepts(_), left) ==
    {Step(role, "sealed", IF accepts(FrameAt(w, known)) THEN 0 ELSE 1, known[1], None, known[2]) :
        known \in {k \in KnownSealed(w) : left > 0 \/ accepts(FrameAt(w, k))}}
    \cup (IF left > 0 THEN {Plain(role, "unreadable", 1)} ELSE {})

DeadlineSteps(role, timer, left) ==
    CASE FreeDeadlines -> {Plain(role, IF timer = "life" THEN "lifetime" ELSE "deadline", 0)}
      [] ~FreeDeadlines /\ timer # "life" /\ left > 0 -> {Plain(role, "deadline", 1)}
      [] OTHER -> {}

\* What the user and the driver of a client do.
ClientDriverSteps(c) ==
    CASE c.state = "idle" -> {Plain(c.name, "start", 0)}
      [] c.state = "ready" ->
            {Plain(c.name, "close", 0)} \cup
            (IF c.inferences < Requests THEN {Plain(c.name, "infer", 0)} ELSE {})
      [] c.state = "delivering" -> {Plain(c.name, "resultTaken", 0)}
      [] c.state = "wiping" /\ c.wiping -> {Plain(c.name, "wiped", 0)}
      [] OTHER -> {}

\* Records that the attacker seals as the client's enclave, if ever the client's keys are its own.
AttackerAnswers(c) ==
    IF c.transcript = <<>> \/ ~ClientOpens(c) THEN {}
    ELSE IF c.transcript[1].kem # Attacker THEN {}
    ELSE Plains(c.name, {"attackerConfirm", "attackerModel"}, 0)

ClientSteps(w, name) ==
    LET c == w.client[name]
        left == Budget - w.spent
        evidence ==
            IF c.state # "awaitingEvidence" THEN {}
            ELSE (IF Partner(name) \in EvidenceSent(w)
                  THEN {Step(name, "evidence", 0, Partner(name), Partner(name), 0)} ELSE {})
                 \cup (IF left = 0 THEN {}
                       ELSE {Step(name, "evidence", 1, pair[1], pair[2], 0) :
                                pair \in OtherEvidence(w, name)}
                            \cup {Plain(name, "malformedEvidence", 1)})
        sealed == IF ClientOpens(c)
                  THEN SealedSteps(w, name, LAMBDA f : ClientAccepts(c, f), left)
                       \cup AttackerAnswers(c) ELSE {}
        disturbances == IF left = 0 THEN {}
                        ELSE Plains(name, {"abort", "unknownAbort", "otherFrame", "broken",
                                           "peerClosed", "cancel"}, 1)
    IN  ClientDriverSteps(c) \cup
        (IF ClientLive(c)
         THEN evidence \cup sealed \cup disturbances
              \cup DeadlineSteps(name, ClientStates[c.state].timer, left)
         ELSE {})

\* What the driver of an enclave does; `left` pays for its failures.
EnclaveDriverSteps(e, left) ==
    LET failure == IF left > 0 THEN {Plain(e.name, "failed", 1)} ELSE {} IN
    CASE e.state = "attesting" -> {Plain(e.name, "document", 0)} \cup failure
      [] e.state = "admitting" -> {Plain(e.name, "admitted", 0)} \cup failure
      [] e.state \in Fetching /\ e.fetch.unopened # <<>> -> {Plain(e.name, "chunkOpened", 0)}
      [] e.state = "finishing" -> {Plain(e.name, "assembled", 0)}
      [] e.state = "inferring" -> {Plain(e.name, "inferred", 0)} \cup failure
      [] e.state \in {"reporting", "wiping"} /\ e.wiping -> {Plain(e.name, "wiped", 0)}
      [] OTHER -> {}

ChunkSteps(e, left) ==
    IF e.state \notin Fetching THEN {}
    ELSE (IF e.fetch.received < e.fetch.requested
          THEN {Plain(e.name, "chunk", 0)}
               \cup (IF left > 0 THEN {Plain(e.name, "forgedChunk", 1)} ELSE {}) ELSE {})
         \cup (IF left > 0 THEN Plains(e.name, {"misplacedChunk", "malformedChunk"}, 1) ELSE {})

\* ClientHello or KeyExchange: the paired client's, others', the attacker's own, bad ones.
HandshakeSteps(name, kind, senders, own, left) ==
    {Step(name, kind, 0, c, None, 0) : c \in {c \in senders : Partner(c) = name}}
    \cup (IF left = 0 THEN {}
          ELSE {Step(name, kind, 1, c, None, 0) : c \in {c \in senders : Partner(c) # name}}
               \cup {Step(name, kind, 1, Attacker, None, 0)} \cup Plains(name, own, 1))

\* Records that the attacker seals as the enclave's partner.
AttackerRecords(e, left) ==
    IF e.partner # Attacker THEN {}
    ELSE Plains(e.name, {"attackerTopology", "attackerRequest", "attackerClose"}, 0)
         \cup (IF left = 0 THEN {}
               ELSE Plains(e.name, {"attackerEarlyRequest", "attackerMalformedRequest",
                                    "attackerAbort", "attackerAssembled"}, 1))

EnclaveSteps(w, name) ==
    LET e == w.enclave[name]
        left == Budget - w.spent
        handshake ==
            CASE e.state = "listening" ->
                    HandshakeSteps(name, "hello", {c \in Clients : HelloSent(w, c)},
                                   {"malformedHello", "unsupportedHello"}, left)
              [] e.state = "offered" ->
                    HandshakeSteps(name, "exchange", {c \in Clients : ExchangeSent(w, c)},
                                   {"malformedExchange"}, left)
              [] OTHER -> {}
        sealed == IF e.state \in EnclaveSecured
                  THEN SealedSteps(w, name, LAMBDA f : EnclaveAccepts(e, f), left)
                       \cup AttackerRecords(e, left) ELSE {}
        disturbances == IF left = 0 THEN {}
                        ELSE Plains(name, {"abort", "unknownAbort", "otherFrame", "broken",
                                           "peerClosed", "cancel"}, 1)
    IN  EnclaveDriverSteps(e, left) \cup
        (CASE EnclaveLive(e) ->
                handshake \cup ChunkSteps(e, left) \cup sealed \cup disturbances
                \cup DeadlineSteps(name, EnclaveStates[e.state].timer, left)
           [] e.state = "reporting" /\ left > 0 -> {Plain(name, "peerClosed", 1)}
           [] OTHER -> {})

Steps(w) == UNION {ClientSteps(w, c) : c \in Clients}
            \cup UNION {EnclaveSteps(w, e) : e \in Enclaves}

-------------------------------------------------------------------------------
(* What follows *)

ClientAfter(w, step) ==
    LET c == w.client[step.role] kind == step.kind IN
    CASE kind = "evidence" ->
            LET body == BodyNamed(w, step.first) IN
            ClientEvidence(c, body, DocumentNamed(w, step.second, c.name, body))
      [] kind = "malformedEvidence" -> ClientLocal(c, "evidence", "malformed")
      [] kind = "infer" -> ClientLocal(c, "infer", "valid")
      [] kind = "sealed" -> ClientSealed(c, FrameAt(w, <<step.first, step.place>>))
      [] kind = "attackerConfirm" ->
            ClientRecord(c, "keyConfirm", [transcript |-> c.transcript[1]])
      [] kind = "attackerModel" -> ClientRecord(c, "assembled", [model |-> c.name])
      [] kind = "abort" -> ClientLocal(c, "abort", "known")
      [] kind = "unknownAbort" -> ClientLocal(c, "abort", "unknown")
      [] kind = "deadline" -> ClientLocal(c, "deadline", "due")
      [] kind = "lifetime" -> ClientLocal(c, "deadline", "lifetime")
      [] OTHER -> ClientLocal(c, kind, "always")

EnclaveAfter(w, step) ==
    LET e == w.enclave[step.role] kind == step.kind IN
    CASE kind = "hello" -> EnclaveHello(e, step.first)
      [] kind = "malformedHello" -> EnclaveLocal(e, "clientHello", "malformed")
      [] kind = "unsupportedHello" -> EnclaveLocal(e, "clientHello", "unsupported")
      [] kind = "document" -> EnclaveAttested(e)
      [] kind = "exchange" ->
            IF step.first = Attacker
            THEN EnclaveExchange(e, Attacker, e.name, OwnOffer(e))
            ELSE LET sent == w.client[step.first] IN
                 EnclaveExchange(e, sent.name, sent.transcript[1].kem, sent.transcript[1].offer)
      [] kind = "malformedExchange" -> EnclaveLocal(e, "keyExchange", "malformed")
      [] kind = "sealed" -> EnclaveSealed(e, FrameAt(w, <<step.first, step.place>>))
      [] kind = "attackerTopology" ->
            EnclaveRecord(e, "topologyDeliver", [topology |-> Attacker, value |-> "p"])
      [] kind = "attackerRequest" ->
            EnclaveRecord(e, "inferRequest",
                [number |-> e.inferences, input |-> Input(Attacker, e.inferences),
                 value |-> "p"])
      [] kind = "attackerEarlyRequest" ->
            EnclaveRecord(e, "inferRequest",
                [number |-> e.inferences + 1, input |-> Input(Attacker, e.inferences + 1),
                 value |-> "p"])
      [] kind = "attackerMalformedRequest" -> EnclaveMalformedRequest(e)
      [] kind = "attackerClose" -> EnclaveRecord(e, "close", NoContent)
      [] kind = "attackerAbort" -> EnclaveRecord(e, "sealedAbort", NoContent)
      [] kind = "attackerAssembled" -> EnclaveRecord(e, "assembled", NoContent)
      [] kind = "admitted" -> EnclaveAdmitted(e)
      [] kind = "chunk" -> EnclaveChunk(e, e.fetch.received, "g")
      [] kind = "forgedChunk" -> EnclaveChunk(e, e.fetch.received, "f")
      [] kind = "misplacedChunk" -> EnclaveChunk(e, e.fetch.received + 1, "g")
      [] kind = "malformedChunk" -> EnclaveLocal(e, "weightChunk", "malformed")
      [] kind = "chunkOpened" -> EnclaveOpened(e)
      [] kind = "assembled" -> EnclaveAssembled(e)
      [] kind = "inferred" -> EnclaveLocal(e, "inferred", "answers")
      [] kind = "abort" -> EnclaveLocal(e, "abort", "known")
      [] kind = "unknownAbort" -> EnclaveLocal(e, "abort", "unknown")
      [] kind = "deadline" -> EnclaveLocal(e, "deadline", "due")
      [] kind = "lifetime" -> EnclaveLocal(e, "deadline", "lifetime")
      [] OTHER -> EnclaveLocal(e, kind, "always")

After(w, step) ==
    IF step.role \in Clients
    THEN [w EXCEPT !.client[step.role] = ClientAfter(w, step), !.spent = @ + step.cost]
    ELSE [w EXCEPT !.enclave[step.role] = EnclaveAfter(w, step), !.spent = @ + step.cost]

===============================================================================
