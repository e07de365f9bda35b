------------------------------ MODULE Properties ------------------------------
(* What must hold in every world, over the roles' claims, frames and data. Each
   property that a world checks has the name that stands in its comment.      *)
EXTENDS Attacker

ClaimNames(role) == {role.claims[i].name : i \in DOMAIN role.claims}
HasClaim(role, name) == \E i \in DOMAIN role.claims : role.claims[i].name = name

SealedFrames(role) == {i \in DOMAIN role.frames : role.frames[i].type \in SealedTypes}

\* S1: a topology leaves only after evidence verified, sealed under keys of that evidence.
TopologyAfterEvidence(w) ==
    \A c \in Clients : LET client == w.client[c] IN
        \A i \in DOMAIN client.frames :
            client.frames[i].type = "topologyDeliver" =>
                /\ HasClaim(client, "evidenceVerified")
                /\ LET body == client.evidence[1].body
                       document == client.evidence[1].document
                   IN  /\ document.genuine /\ document.pinned /\ ~document.debug
                       /\ document.nonce = c
                       /\ document.key = body.kem
                       /\ document.userData = EvidenceHash(c, body)
                       /\ client.frames[i].key.kem = document.key
                       /\ client.frames[i].key.seed = c

\* S2: what is inferred follows an assembly of the partner's topology, with no wipe between.
InferAfterAssemble(w) ==
    \A e \in Enclaves : LET enclave == w.enclave[e] IN
        \A i \in DOMAIN enclave.claims :
            enclave.claims[i].name = "inferred" =>
                /\ \E j \in 1..i : enclave.claims[j].name = "assembled"
                                   /\ enclave.claims[j].topology = enclave.claims[i].topology
                /\ \A j \in 1..i : enclave.claims[j].name # "wiped"
                /\ enclave.claims[i].topology = enclave.transcript[1].seed

Numbers(role, name) ==
    LET places == {i \in DOMAIN role.claims : role.claims[i].name = name}
    IN  [count |-> Cardinality(places), set |-> {role.claims[i].number : i \in places}]

\* S3: a number is answered at most once, and a result accepted at most once.
AnsweredOnce(w) ==
    /\ \A e \in Enclaves : LET n == Numbers(w.enclave[e], "inferred") IN n.count = Cardinality(n.set)
    /\ \A c \in Clients : LET n == Numbers(w.client[c], "resultAccepted")
                          IN n.count = Cardinality(n.set)

Exchanged(role, name) ==
    {<<role.claims[i].number, role.claims[i].topology, role.claims[i].input,
       role.claims[i].output>> : i \in {j \in DOMAIN role.claims : role.claims[j].name = name}}

Agree(client, enclave) ==
    /\ HasClaim(enclave, "wiped")
    /\ enclave.name = client.evidence[1].body.session
    /\ enclave.nonce = client.name
    /\ enclave.transcript = client.transcript
    /\ enclave.document = <<client.evidence[1].document>>
    /\ enclave.model = client.name
    /\ Exchanged(enclave, "inferred") = Exchanged(client, "resultAccepted")

\* S4: a completed client has an enclave run of its own that agrees on everything.
Completed(w) == {c \in Clients : HasClaim(w.client[c], "completed")}
InjectiveAgreement(w) ==
    /\ \A c \in Completed(w) : \E e \in Enclaves : Agree(w.client[c], w.enclave[e])
    /\ \A c, d \in Completed(w) :
            c # d => w.client[c].evidence[1].body.session # w.client[d].evidence[1].body.session

\* S5: no key seals twice under one number.
KnownFrames(w) == {<<known, FrameAt(w, known)>> : known \in KnownSealed(w)}
NoNonceTwice(w) ==
    LET known == KnownSealed(w) IN
    Cardinality({<<FrameAt(w, k).key, FrameAt(w, k).sequence>> : k \in known})
        = Cardinality(known)

\* S6: a key has one session, one direction and one sender; a receipt key signs two kinds of
\* statement, apart by their domains.
Signed(w) ==
    UNION {{<<e, frame.type, IF frame.type = "zeroized" THEN frame.content.report
                             ELSE frame.content.receipt>> :
            frame \in {w.enclave[e].frames[i] : i \in {j \in DOMAIN w.enclave[e].frames :
                w.enclave[e].frames[j].type \in {"zeroized", "inferResult"}}}} : e \in Enclaves}
OnePurpose(w) ==
    LET uses == {<<FrameAt(w, k).key, FrameAt(w, k).session, FrameAt(w, k).key.direction, k[1]>> :
                    k \in KnownSealed(w)}
    IN  /\ Cardinality({u[1] : u \in uses}) = Cardinality(uses)
        /\ \A u \in uses : u[3] = IF u[4] \in Clients THEN ToEnclave ELSE ToClient
        /\ \A u \in uses : u[4] \in Enclaves => u[2] = u[4]
        /\ \A s \in Signed(w) :
                /\ s[3].signer = s[1]
                /\ s[3].domain = IF s[2] = "zeroized" THEN "wipe" ELSE "receipt"

\* S7, first part: what follows from the frames that were sent.
ReadableWith(w, owned) ==
    UNION {{Frames(w, role)[i].content :
            i \in {j \in DOMAIN Frames(w, role) :
                LET frame == Frames(w, role)[j] IN
                \/ frame.type \notin SealedTypes
                \/ frame.key.seed \in owned
                \/ frame.key.kem \in owned}} : role \in Clients \cup Enclaves}
Field(content, name) == IF name \in DOMAIN content THEN {content[name]} ELSE {}
RECURSIVE Owned(_, _)
Owned(w, owned) ==
    LET more == owned \cup UNION {Field(content, "private") : content \in ReadableWith(w, owned)}
    IN  IF more = owned THEN owned ELSE Owned(w, more)
Derivable(w) ==
    LET owned == Owned(w, {Attacker})
        readable == ReadableWith(w, owned)
    IN  [private |-> owned,
         topologies |-> UNION {Field(content, "topology") : content \in readable},
         inputs |-> UNION {Field(content, "input") : content \in readable},
         outputs |-> UNION {Field(content, "output") : content \in readable}]
SecretsStay(w) ==
    LET known == Derivable(w) IN
    /\ known.private \cap (Clients \cup Enclaves) = {}
    /\ known.topologies \cap Clients = {}
    /\ \A input \in known.inputs : input[1] \notin Clients
    /\ \A output \in known.outputs : output[1] \notin Clients /\ output[2] \notin Clients

\* S8: a state holds what the table lets it hold, and an ended role nothing.
NothingHeldAtTheEnd(w) ==
    /\ \A c \in Clients : w.client[c].held = ClientStates[w.client[c].state].held
    /\ \A e \in Enclaves : w.enclave[e].held = EnclaveStates[w.enclave[e].state].held
    /\ \A c \in Clients : w.client[c].state = "ended" => w.client[c].held = {}
    /\ \A e \in Enclaves : w.enclave[e].state = "ended" => w.enclave[e].held = {}

-------------------------------------------------------------------------------
(* The projection under which states are counted (World.md section 2.4) *)

Names(claims) == [i \in DOMAIN claims |-> claims[i].name]
Labels(frames) == [i \in DOMAIN frames |-> <<frames[i].type, frames[i].to>>]
ClientView(c) == <<c.name, c.state, c.row, c.partner, c.received, c.inferences, Names(c.claims)>>
EnclaveView(e) ==
    <<e.name, e.state, e.row, e.partner, e.received, e.inferences,
      IF e.state \in Fetching
      THEN <<e.fetch.requested, e.fetch.received, e.fetch.opened, e.fetch.unopened>> ELSE <<>>,
      Names(e.claims)>>
InOrder(names, all) == SelectSeq(all, LAMBDA name : name \in names)
Views(w) ==
    LET clients == InOrder(Clients, <<"c1", "c2">>)
        enclaves == InOrder(Enclaves, <<"e1", "e2">>)
    IN  [i \in DOMAIN clients |-> ClientView(w.client[clients[i]])]
        \o [i \in DOMAIN enclaves |-> EnclaveView(w.enclave[enclaves[i]])]

===============================================================================
