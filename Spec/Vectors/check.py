#!/usr/bin/env python3
"""Recomputes Spec/Vectors from Spec/Protocol.md alone, without any of the project's own code.

Needs Python's `cryptography` package for X25519, Ed25519 and AES-GCM; HPKE, the transcript, the
key schedule and the records are composed here. Exits 1 and names the first value that differs.
"""

import hashlib
import hmac
import json
import sys
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

HERE = Path(__file__).resolve().parent
KEM = b"KEM" + (0x0020).to_bytes(2, "big")
SUITE = b"HPKE" + (0x0020).to_bytes(2, "big") + (0x0001).to_bytes(2, "big") + (2).to_bytes(2, "big")


def extract(suite, salt, label, key):
    return hmac.new(salt or bytes(32), b"HPKE-v1" + suite + label + key, hashlib.sha256).digest()


def expand(suite, key, label, info, length):
    labeled = length.to_bytes(2, "big") + b"HPKE-v1" + suite + label + info
    out, block = b"", b""
    while len(out) < length:
        block = hmac.new(key, block + labeled + bytes([len(out) // 32 + 1]), hashlib.sha256).digest()
        out += block
    return out[:length]


def key_pair(seed):
    """DeriveKeyPair, RFC 9180 section 7.1.3."""
    secret = expand(KEM, extract(KEM, b"", b"dkp_prk", seed), b"sk", b"", 32)
    private = X25519PrivateKey.from_private_bytes(secret)
    return private, raw(private.public_key())


def raw(public):
    return public.public_bytes(Encoding.Raw, PublicFormat.Raw)


class Context:
    """SetupBase, RFC 9180 sections 4.1 and 5.1: `dh` is the agreed secret."""

    def __init__(self, dh, enc, recipient, info):
        shared = expand(KEM, extract(KEM, b"", b"eae_prk", dh), b"shared_secret", enc + recipient, 32)
        context = (b"\x00" + extract(SUITE, b"", b"psk_id_hash", b"")
                   + extract(SUITE, b"", b"info_hash", info))
        secret = extract(SUITE, shared, b"secret", b"")
        self.key = expand(SUITE, secret, b"key", context, 32)
        self.nonce = expand(SUITE, secret, b"base_nonce", context, 12)
        self.exporter = expand(SUITE, secret, b"exp", context, 32)

    def export(self, context, length):
        return expand(SUITE, self.exporter, b"sec", context, length)


def cbor_head(data, at):
    first = data[at]
    major, low = first >> 5, first & 31
    if low < 24:
        return major, low, at + 1
    size = 1 << (low - 24)
    return major, int.from_bytes(data[at + 1:at + 1 + size], "big"), at + 1 + size


def cbor(data, at=0):
    """Just enough CBOR: unsigned, byte and text strings, arrays."""
    major, value, at = cbor_head(data, at)
    if major == 0:
        return value, at
    if major in (2, 3):
        return data[at:at + value], at + value
    if major == 4:
        items = []
        for _ in range(value):
            item, at = cbor(data, at)
            items.append(item)
        return items, at
    raise ValueError("not in these messages")


def message(payload):
    value, end = cbor(payload)
    assert end == len(payload), "bytes behind the item"
    return value


def padme(count):
    size = max(count, 64)
    exponent = size.bit_length() - 1
    kept = (exponent.bit_length() - 1) + 1
    mask = (1 << max(0, exponent - kept)) - 1
    return (size + mask) & ~mask


def power_of_two(count):
    size = max(count, 4096)
    return 1 << (size - 1).bit_length()


def same(name, actual, expected):
    if actual != expected:
        show = [v.hex() if isinstance(v, bytes) else v for v in (actual, expected)]
        print(f"{name} differs:\n  computed {show[0]}\n  file     {show[1]}", file=sys.stderr)
        sys.exit(1)


def check_padding():
    for row in json.loads((HERE / "padding.json").read_text()):
        same(f"padme({row['content']})", padme(row["content"]), row["padme"])
        same(f"power({row['content']})", power_of_two(row["content"]), row["powerOfTwo"])


def check_record(inputs, entry, keys, direction, expected_phase):
    payload, sequence = bytes.fromhex(entry["payload"]), entry["sequence"]
    key, iv = keys[direction]
    nonce = bytes(a ^ b for a, b in zip(iv, bytes(4) + sequence.to_bytes(8, "big")))
    aad = (b"ephml/1 record" + bytes.fromhex(inputs["sessionID"]) + bytes([direction])
           + sequence.to_bytes(8, "big") + len(payload).to_bytes(4, "big"))
    try:
        plaintext = AESGCM(key).decrypt(nonce, payload, aad)
    except InvalidTag:
        same(f"{entry['message']}: the tag", "does not verify", "verifies")
    same(f"{entry['message']}: plaintext", plaintext, bytes.fromhex(entry["plaintext"]))
    kind, phase, flags, zero = plaintext[:4]
    length = int.from_bytes(plaintext[4:8], "big")
    content, padding = plaintext[8:8 + length], plaintext[8 + length:]
    same(f"{entry['message']}: head", (phase, flags, zero), (expected_phase, 1, 0))
    same(f"{entry['message']}: padding", padding, bytes(len(padding)))
    rule = power_of_two if kind in (4, 5) else padme
    same(f"{entry['message']}: size", len(plaintext) - 8, rule(length))
    return kind, content


def check_session():
    data = json.loads((HERE / "session.json").read_text())
    inputs, values, frames = data["inputs"], data["values"], data["frames"]
    read = lambda name: bytes.fromhex(inputs[name])
    value = lambda name: bytes.fromhex(values[name])
    by_name = {frame["message"]: bytes.fromhex(frame["payload"]) for frame in frames}

    hello = b"\x83\x01\x01\x58\x20" + read("clientNonce")
    same("ClientHello", by_name["clientHello"], hello)
    private, public = key_pair(read("keySeed"))
    same("kemPublicKey", public, value("kemPublicKey"))
    receipt_key = Ed25519PrivateKey.from_private_bytes(read("receiptSeed")).public_key()
    same("receiptPublicKey", raw(receipt_key), value("receiptPublicKey"))
    body, document = message(by_name["evidence"])
    same("evidenceBody", body, value("evidenceBody"))
    same("document", document, read("document"))
    same("evidenceBody's fields", message(body)[:3], [read("sessionID"), public, raw(receipt_key)])

    long = lambda data: len(data).to_bytes(8, "big") + data
    t0 = hashlib.sha384(b"ephml/1 evidence" + long(hello) + long(body)).digest()
    t1 = hashlib.sha384(b"ephml/1 t1" + t0 + hashlib.sha384(document).digest()).digest()
    same("transcript0", t0, value("transcript0"))
    same("transcript1", t1, value("transcript1"))

    ephemeral, enc = key_pair(read("clientSeed"))
    sender = Context(ephemeral.exchange(X25519PublicKey.from_public_bytes(public)), enc, public, t1)
    sealed = AESGCM(sender.key).encrypt(sender.nonce, t1, b"")
    same("KeyExchange", message(by_name["keyExchange"]), [enc, sealed])
    receiver = Context(private.exchange(X25519PublicKey.from_public_bytes(enc)), enc, public, t1)
    same("exporter", receiver.exporter, sender.exporter)
    t2 = hashlib.sha384(b"ephml/1 t2" + t1 + enc + sealed).digest()
    same("transcript2", t2, value("transcript2"))

    keys = {}
    for direction, way, name in ((0, b"c2e", "clientToEnclave"), (1, b"e2c", "enclaveToClient")):
        key = sender.export(b"ephml/1 " + way + b" key " + t2, 32)
        iv = sender.export(b"ephml/1 " + way + b" iv " + t2, 12)
        same(name + "Key", key, value(name + "Key"))
        same(name + "IV", iv, value(name + "IV"))
        keys[direction] = (key, iv)

    phases = {1: 2, 2: 3, 3: 4, 4: 5, 5: 5, 6: 6, 7: 6}
    types = {"keyConfirm": 1, "topologyDeliver": 2, "assembled": 3, "inferRequest": 4,
             "inferResult": 5, "close": 6, "zeroized": 7}
    contents, counts = {}, {0: 0, 1: 0}
    for entry in frames:
        if entry["type"] != 4:
            continue
        direction = 0 if entry["from"] == "client" else 1
        same("sequence", entry["sequence"], counts[direction])
        counts[direction] += 1
        number = types[entry["message"]]
        kind, content = check_record(inputs, entry, keys, direction, phases[number])
        same(entry["message"] + ": type", kind, number)
        contents[entry["message"]] = content
    same("KeyConfirm", contents["keyConfirm"], t2)
    same("TopologyDeliver", contents["topologyDeliver"], read("topology"))
    same("Assembled", message(contents["assembled"])[0], read("modelHash"))
    same("InferRequest", contents["inferRequest"], read("request"))
    response, receipt, exposure = message(contents["inferResult"])
    same("response", response, read("response"))
    same("receipt", receipt, value("receipt"))
    same("exposure", exposure, 5)
    same("the receipt names the request", hashlib.sha256(read("request")).digest() in receipt, True)
    same("the receipt names the response", hashlib.sha256(response).digest() in receipt, True)
    same("Close", contents["close"], b"\x80")
    same("Zeroized", message(contents["zeroized"]), [value("wipeReport")])
    for name, external in (("receipt", b""), ("wipeReport", b"ephml/1 wipe")):
        check_signature(name, value(name), external, receipt_key)
    check_weight_requests(inputs, frames)
    return len(frames)


def check_signature(name, statement, external, public):
    """COSE_Sign1 with tag 18; Sig_structure of RFC 9052 section 4.4."""
    same(f"{name}: tag", statement[0], 0xD2)
    at = 2
    protected, at = cbor(statement, at)
    same(f"{name}: unprotected", statement[at], 0xA0)
    payload, at = cbor(statement, at + 1)
    signature, _ = cbor(statement, at)

    def string(data):
        size = len(data)
        if size < 24:
            return bytes([0x40 + size]) + data
        return (b"\x58" + bytes([size]) if size < 256 else b"\x59" + size.to_bytes(2, "big")) + data

    signed = (b"\x84\x6aSignature1" + string(protected) + string(external) + string(payload))
    public.verify(signature, signed)


def check_weight_requests(inputs, frames):
    """Section 8: batches of eight, each chunk once."""
    asked = [message(bytes.fromhex(f["payload"])) for f in frames if f["message"] == "weightRequest"]
    expected, at = [], 0
    while at < inputs["chunkCount"]:
        count = min(8, inputs["chunkCount"] - at)
        expected.append([bytes.fromhex(inputs["blobID"]), at, count])
        at += count
    same("WeightRequests", asked, expected)


if __name__ == "__main__":
    check_padding()
    print(f"{check_session()} frames, every value recomputed")
