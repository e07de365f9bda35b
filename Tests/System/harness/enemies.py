"""Hosts that cheat: one that plays an enclave in debug mode, and one that splices two enclaves.

Both stand where the host believes its enclave to be: at a hybrid vsock socket.
"""

import hashlib
import os
import socket
import struct
import threading
import time

from . import cbor, eif, pki
from .machine import call

CLIENT_HELLO, EVIDENCE, KEY_EXCHANGE, SEALED, ABORT = 1, 2, 3, 4, 5


def read_frame(stream):
    """One frame of Spec/Protocol.md §2: its type and payload; None at the stream's end."""
    head = _exactly(stream, 5)
    if head is None:
        return None
    length, kind = struct.unpack(">IB", head)
    payload = _exactly(stream, length)
    return None if payload is None else (kind, payload)


def write_frame(stream, kind, payload):
    """Sends one frame."""
    stream.sendall(struct.pack(">IB", len(payload), kind) + payload)


def _exactly(stream, count):
    data = b""
    while len(data) < count:
        part = stream.recv(count - len(data))
        if not part:
            return None
        data += part
    return data


def transcript(hello, body):
    """T0 of Spec/Protocol.md §5.1."""
    parts = b"ephml/1 evidence"
    for part in (hello, body):
        parts += struct.pack(">Q", len(part)) + part
    return hashlib.sha384(parts).digest()


class Listener:
    """Accepts streams at a hybrid vsock socket and hands each to `serve` on a thread of its own."""

    def __init__(self, path):
        self.path = str(path)
        self.notes = []
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(self.path)
        self.socket.listen(8)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                stream, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self._guard, args=(stream,), daemon=True).start()

    def _guard(self, stream):
        with stream:
            stream.settimeout(30)
            try:
                line = b""
                while not line.endswith(b"\n") and len(line) < 32:
                    line += stream.recv(1)
                assert line.startswith(b"CONNECT "), line
                stream.sendall(b"OK 1024\n")
                self.serve(stream)
            except (OSError, AssertionError, ValueError) as error:
                self.notes.append(f"{type(error).__name__}: {error}")

    def serve(self, stream):
        """What is done with one stream."""
        raise NotImplementedError

    def close(self):
        """Ends listening."""
        self.socket.close()


class DebugEnclave(Listener):
    """Answers ClientHello with correctly bound, correctly signed evidence of an enclave in debug
    mode: PCR0, 1 and 2 are zero. The security module of the emulator has no such mode."""

    def __init__(self, path, identity, instance, module, registers=None):
        self.identity, self.instance, self.module = identity, instance, module
        self.registers = registers or [bytes(48)] * 3
        super().__init__(path)

    def serve(self, stream):
        frame = read_frame(stream)
        while frame is not None and frame[0] != CLIENT_HELLO:
            frame = read_frame(stream)
        if frame is None:
            return
        hello = frame[1]
        kem = os.urandom(32)
        limits = [8 << 20, 64 << 20, 16 << 30, 3600]
        body = cbor.encode([os.urandom(16), kem, os.urandom(32), limits])
        nonce = cbor.decode(hello)[2]
        document = self.document(nonce, kem, transcript(hello, body))
        write_frame(stream, EVIDENCE, cbor.encode([body, document]))
        while True:
            frame = read_frame(stream)
            if frame is None:
                return
            self.notes.append(f"frame {frame[0]}")

    def document(self, nonce, public_key, user_data):
        """A signed document (Spec/Attestation.md §2 and §3)."""
        registers = {number: bytes(48) for number in range(16)}
        registers.update(enumerate(self.registers))
        registers[4] = bytes.fromhex(eif.extended(self.instance.encode()))
        bundle = [(self.identity / f"cabundle{number}.der").read_bytes() for number in range(4)]
        payload = cbor.encode({
            "module_id": self.module, "digest": "SHA384", "timestamp": int(time.time() * 1000),
            "pcrs": registers, "certificate": (self.identity / "cert.der").read_bytes(),
            "cabundle": bundle, "public_key": public_key, "user_data": user_data, "nonce": nonce,
        })
        protected = cbor.encode({1: -35})
        signed = cbor.encode(["Signature1", protected, b"", payload])
        signature = pki.sign(self.identity / "key.pem", signed)
        return cbor.encode([protected, {}, payload, signature])


class Splicer(Listener):
    """Sits between host and enclave A and asks a second enclave B for evidence to the same
    ClientHello.

    With `whole` false it puts B's document into A's Evidence. With `whole` true it passes on B's
    Evidence unchanged, and diverts everything that follows back to A.
    """

    def __init__(self, path, first, second, port, whole):
        self.first, self.second, self.port, self.whole = first, second, port, whole
        super().__init__(path)

    def serve(self, stream):
        with call(self.first, self.port) as a, call(self.second, self.port) as b:
            kind, hello = read_frame(stream)
            assert kind == CLIENT_HELLO
            answers = []
            for enclave in (a, b):
                write_frame(enclave, CLIENT_HELLO, hello)
                answers.append(self._evidence(enclave))
            (body, _), (_, document) = (cbor.decode(answer) for answer in answers)
            evidence = answers[1] if self.whole else cbor.encode([body, document])
            write_frame(stream, EVIDENCE, evidence)
            self.notes.append("evidence of B passed on" if self.whole else "document of B spliced")
            thread = threading.Thread(target=self._pump, args=(stream, a, "client"), daemon=True)
            thread.start()
            self._pump(a, stream, "enclave A")
            thread.join(10)

    def _evidence(self, enclave):
        """The enclave's Evidence; what it tells the host's log is dropped."""
        while True:
            frame = read_frame(enclave)
            assert frame is not None, "the enclave closed"
            if frame[0] == EVIDENCE:
                return frame[1]
            assert frame[0] != ABORT, f"abort {frame[1].hex()}"

    def _pump(self, source, target, name):
        try:
            while True:
                frame = read_frame(source)
                if frame is None:
                    break
                code = f" {cbor.decode(frame[1])[0]}" if frame[0] == ABORT else ""
                self.notes.append(f"{name}: frame {frame[0]}{code}")
                write_frame(target, *frame)
        except OSError:
            pass
        try:
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass
