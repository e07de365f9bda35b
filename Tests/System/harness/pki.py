"""A test chain with the shape and the names of the real one, made by the openssl command.

Root, region, zonal, instance, leaf; all P-384, ecdsa-with-SHA384; path lengths 2, 1, 0. The
leaf's common name begins with the module id, its issuer's with the instance id, as
Spec/Attestation.md §4.1 asks. Nothing here outlives the temporary folder.
"""

import hashlib
import pathlib
import secrets
import subprocess

from .processes import must

CONFIGURATION = """
[req]
distinguished_name = name
prompt = no
[name]
C = US
O = EphemeralML
OU = Test
CN = {name}
[extensions]
basicConstraints = {constraints}
keyUsage = critical, {usage}
subjectKeyIdentifier = hash
"""


def instance_id():
    """A fresh instance id of the usual form."""
    return "i-" + secrets.token_hex(8) + "0"


def module_id(instance):
    """A fresh enclave id on an instance."""
    return f"{instance}-enc{secrets.token_hex(8)}0"


class Authority:
    """A key and a certificate, in files."""

    def __init__(self, folder, label, name, issuer, *, path_length=None, leaf=False, days=1):
        folder = pathlib.Path(folder)
        self.key, self.pem, self.der = (folder / f"{label}.{end}" for end in ("key", "pem", "der"))
        authority = "critical, CA:TRUE" + ("" if path_length is None else f", pathlen:{path_length}")
        text = CONFIGURATION.format(
            name=name, constraints="critical, CA:FALSE" if leaf else authority,
            usage="digitalSignature" if leaf else "keyCertSign, cRLSign, digitalSignature")
        configuration = folder / f"{label}.cnf"
        configuration.write_text(text)
        signing = ["-CA", issuer.pem, "-CAkey", issuer.key] if issuer else []
        must([
            "openssl", "req", "-x509", "-new", "-newkey", "ec", "-pkeyopt",
            "ec_paramgen_curve:P-384", "-noenc", "-sha384", "-days", days, "-set_serial",
            f"0x{secrets.randbits(127) | 1 << 126:x}", "-config", configuration, "-extensions",
            "extensions", "-keyout", self.key, "-out", self.pem, *signing])
        must(["openssl", "x509", "-in", self.pem, "-outform", "DER", "-out", self.der])


class Root:
    """A test root; each `identity` is a machine's chain below it."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir()
        self.certificate = Authority(
            self.folder, "root", "test.nitro-enclaves", None, days=30)
        self.region = Authority(
            self.folder, "region", f"{secrets.token_hex(8)}.test-1.test.nitro-enclaves",
            self.certificate, path_length=2, days=20)
        self.zonal = Authority(
            self.folder, "zonal", f"{secrets.token_hex(8)}.zonal.test-1.test.nitro-enclaves",
            self.region, path_length=1, days=6)

    @property
    def digest(self):
        """SHA-256 of the certificate: what a policy names under `roots`."""
        return hashlib.sha256(self.certificate.der.read_bytes()).hexdigest()

    def identity(self, instance, module):
        """A folder of key.pem, cert.der and cabundleN.der for the security module."""
        folder = self.folder / module
        folder.mkdir()
        authority = Authority(
            folder, "instance", f"{instance}.test-1.test.nitro-enclaves", self.zonal, path_length=0)
        leaf = Authority(folder, "leaf", f"{module}.test-1.test", authority, leaf=True)
        (folder / "key.pem").write_bytes(leaf.key.read_bytes())
        (folder / "cert.der").write_bytes(leaf.der.read_bytes())
        for number, above in enumerate([self.certificate, self.region, self.zonal, authority]):
            (folder / f"cabundle{number}.der").write_bytes(above.der.read_bytes())
        return folder


def sign(key, data):
    """An ES384 signature over `data`, as the 96 bytes r ‖ s."""
    der = subprocess.run(
        ["openssl", "dgst", "-sha384", "-sign", str(key)], input=data, capture_output=True,
        check=True, timeout=30).stdout
    # SEQUENCE { INTEGER r, INTEGER s }, all lengths short.
    assert der[0] == 0x30 and der[1] == len(der) - 2 and der[2] == 2
    first = der[4 : 4 + der[3]]
    rest = der[4 + der[3] :]
    assert rest[0] == 2
    second = rest[2 : 2 + rest[1]]
    return b"".join(int.from_bytes(part, "big").to_bytes(48, "big") for part in (first, second))
