#!/usr/bin/env python3
"""Writes the known answers beside it: a second implementation of Spec/Image.md, from the page alone.

usage: image.py            writes small.eif, signed.eif, executable.elf, trimmed.elf, answers.json
Needs the package `cryptography` for the signed image. A new run changes the signature in signed.eif and
nothing else, since ECDSA draws a random number.
"""
import binascii
import datetime
import gzip
import hashlib
import json
import os
import struct

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

HERE = os.path.dirname(os.path.abspath(__file__))
COMMAND_LINE = b"console=ttyS0 quiet"
ARGUMENTS = [b"serve", b"--listen", b"vsock://any:7100"]


def executable():
    """An executable with a loaded segment, a build id, module hashes, a symbol table; and what is left of it."""
    code = bytes(range(1, 65))
    note = struct.pack("<III", 4, 20, 3) + b"GNU\0" + bytes(range(200, 220))
    hashes_at = 64 + 2 * 56 + len(note) + len(code)
    module_hashes = b"\xa5" * 16
    loaded = hashes_at + len(module_hashes)
    names = b"\0.swift_modhash\0.shstrtab\0"
    symbols = b"symbols and debug information " * 3
    names_at = loaded + len(symbols)
    sections_at = names_at + len(names)
    base = 0x400000

    def program(kind, flags, offset, count):
        return struct.pack("<IIQQQQQQ", kind, flags, offset, base + offset, base + offset, count, count, 8)

    def section(name, kind, offset, count):
        return struct.pack("<IIQQQQIIQQ", name, kind, 0, 0, offset, count, 0, 0, 1, 0)

    header = b"\x7fELF\x02\x01\x01" + bytes(9)
    header += struct.pack("<HHIQQQIHHHHHH", 2, 62, 1, base + 64 + 112 + len(note), 64, sections_at, 0, 64, 56, 2, 64, 3, 2)
    body = header + program(1, 5, 0, loaded) + program(4, 4, 64 + 112, len(note)) + note + code + module_hashes
    whole = body + symbols + names + section(0, 0, 0, 0)
    whole += section(1, 1, hashes_at, len(module_hashes)) + section(16, 3, names_at, len(names))
    trimmed = bytearray(body)
    trimmed[40:48] = bytes(8)
    trimmed[58:64] = bytes(6)
    trimmed[64 + 112 + 16 : 64 + 112 + 36] = bytes(20)
    trimmed[hashes_at:loaded] = bytes(16)
    return whole, bytes(trimmed)


def newc(files):
    """A newc archive of (name, mode, content, rdev)."""
    out = b""
    for inode, (name, mode, content, device) in enumerate(files + [("TRAILER!!!", 0, b"", (0, 0))], 1):
        last = name == "TRAILER!!!"
        links = 2 if mode & 0o170000 == 0o040000 else 1
        fields = [0 if last else inode, mode, 0, 0, links, 0, len(content), 0, 0, device[0], device[1], len(name) + 1, 0]
        out += b"070701" + b"".join(b"%08x" % field for field in fields) + name.encode() + b"\0"
        out += bytes(-len(out) % 4)
        out += content
        out += bytes(-len(out) % 4)
    return out


def huffman(content):
    """One gzip stream: empty stored blocks up to a multiple of four bytes, then literals of the fixed code."""
    bits = [1, 1, 0]  # last block; type 01, lowest bit first
    for byte in content:
        code, count = (0x30 + byte, 8) if byte < 144 else (0x190 + byte - 144, 9)
        bits += [code >> (count - 1 - index) & 1 for index in range(count)]
    bits += [0] * 7
    bits += [0] * (-len(bits) % 8)
    block = bytes(sum(bits[at + index] << index for index in range(8)) for at in range(0, len(bits), 8))
    trailer = struct.pack("<II", binascii.crc32(content), len(content) & 0xFFFFFFFF)
    stream = b"\x1f\x8b\x08\0\0\0\0\0\0\xff"
    padding = b""
    while (len(stream) + len(padding) + len(block) + len(trailer)) % 4:
        padding += b"\0\0\0\xff\xff"
    stream += padding + block + trailer
    assert gzip.decompress(stream) == content, "zlib reads it otherwise"
    return stream


def eif(sections):
    """An image of (type, content)."""
    offsets, at = [], 548
    for _, content in sections:
        offsets.append(at)
        at += 12 + len(content)
    zeros = [0] * (32 - len(sections))
    head = b".eif" + struct.pack(">HHQQHH", 4, 0, 1 << 30, 2, 0, len(sections))
    head += struct.pack(">32Q", *(offsets + zeros)) + struct.pack(">32Q", *([len(c) for _, c in sections] + zeros))
    head += bytes(4)
    body = b"".join(struct.pack(">HHQ", kind, 0, len(content)) + content for kind, content in sections)
    return head + struct.pack(">I", binascii.crc32(head + body)) + body


def register(content):
    return hashlib.sha384(bytes(48) + hashlib.sha384(content).digest()).digest()


def cbor(value):
    """CBOR of what a signature section holds."""

    def head(major, number):
        if number < 24:
            return bytes([major << 5 | number])
        if number < 256:
            return bytes([major << 5 | 24, number])
        return bytes([major << 5 | 25]) + struct.pack(">H", number)

    if isinstance(value, int):
        return head(0, value)
    if isinstance(value, bytes):
        return head(2, len(value)) + value
    if isinstance(value, str):
        return head(3, len(value)) + value.encode()
    if isinstance(value, list):
        return head(4, len(value)) + b"".join(cbor(item) for item in value)
    return head(5, len(value)) + b"".join(cbor(key) + cbor(item) for key, item in value.items())


def certificate(key):
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "image test")])
    start = datetime.datetime(2026, 1, 1)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(7).not_valid_before(start).not_valid_after(start + datetime.timedelta(days=3650))
    builder = builder.add_extension(x509.BasicConstraints(False, None), True)
    return builder.sign(key, hashes.SHA384())


def signature_section(pcr0, key, signer):
    payload = cbor({"register_index": 0, "register_value": list(pcr0)})
    protected = bytes.fromhex("a1013822")
    signed = cbor(["Signature1", protected, b"", payload])
    r, s = utils.decode_dss_signature(key.sign(signed, ec.ECDSA(hashes.SHA384())))
    envelope = cbor([protected, {}, payload, r.to_bytes(48, "big") + s.to_bytes(48, "big")])
    pem = signer.public_bytes(serialization.Encoding.PEM)
    return cbor([{"signing_certificate": list(pem), "signature": list(envelope)}])


def main():
    whole, trimmed = executable()
    kernel = bytes(index * 7 & 0xFF for index in range(997))
    modules = [("one", b"\x7fELF" + b"\1" * 30), ("two_b", b"\x7fELF" + bytes(range(256)))]
    folders = [(name, 0o040755, b"", (0, 0)) for name in ["dev", "proc", "sys", "modules"]]
    first = [folders[0], ("dev/console", 0o020600, b"", (5, 1))] + folders[1:]
    first += [("modules/%02d-%s.ko" % (index, name), 0o100444, content, (0, 0)) for index, (name, content) in enumerate(modules)]
    arguments = b"".join(line + b"\n" for line in [COMMAND_LINE] + ARGUMENTS)
    ramdisks = [huffman(newc(first)), newc([("init", 0o100755, trimmed, (0, 0)), ("enclave.arguments", 0o100444, arguments, (0, 0))])]
    metadata = (
        '{"ImageName":"ephml-enclave","ImageVersion":"1","BuildMetadata":{"BuildTime":"1970-01-01T00:00:00Z",'
        '"BuildTool":"ephml-client","BuildToolVersion":"1","OperatingSystem":"Linux","KernelVersion":"unknown"},'
        '"DockerInfo":{},"CustomMetadata":{}}'
    ).encode()
    sections = [(1, kernel), (2, COMMAND_LINE), (5, metadata), (3, ramdisks[0]), (3, ramdisks[1])]
    pcr0 = register(kernel + COMMAND_LINE + ramdisks[0] + ramdisks[1])
    key = ec.derive_private_key(int.from_bytes(hashlib.sha384(b"image test").digest(), "big") >> 1, ec.SECP384R1())
    signer = certificate(key)
    answers = {
        "pcr0": pcr0.hex(),
        "pcr1": register(kernel + COMMAND_LINE + ramdisks[0]).hex(),
        "pcr2": register(ramdisks[1]).hex(),
        "pcr8": register(signer.public_bytes(serialization.Encoding.DER)).hex(),
        "crc32": {text: "%08x" % binascii.crc32(text.encode()) for text in ["", "a", "123456789", "enclave0123456789"]},
    }
    files = {
        "small.eif": eif(sections),
        "signed.eif": eif(sections + [(4, signature_section(pcr0, key, signer))]),
        "executable.elf": whole,
        "trimmed.elf": trimmed,
        "answers.json": (json.dumps(answers, indent=2) + "\n").encode(),
    }
    for name, content in files.items():
        with open(os.path.join(HERE, name), "wb") as file:
            file.write(content)


if __name__ == "__main__":
    main()
