"""What the steps share: binaries, test root, image, policy, machines, hosts. Made when first asked
for, so that `--only` prepares no more than it needs."""

import functools
import json
import os
import pathlib

from . import eif, pki
from .machine import Emulator, Machine
from .processes import Children, Failure, must, run

ROOT = pathlib.Path(__file__).resolve().parents[3]
FIXTURES = ROOT / "Tests" / "Fixtures"
#: Where the enclave listens, and how it reaches the machine that runs it: under emulation the
#: parent's CID is 2 where Nitro has 3.
PORT = 7100
ARGUMENTS = ["serve", "--listen", f"vsock://any:{PORT}", "--parent", "2"]
ROLE = "arn:aws:iam::000000000000:role/system-test"
PRODUCTION = [
    "--disable-default-traits", "--traits", "Production", "-c", "release", "--scratch-path"]


class World:
    """One run's world, in one temporary folder."""

    def __init__(self, folder, binaries=None, echo=False):
        self.folder = pathlib.Path(folder)
        self.children = Children(echo)
        self.emulator = Emulator(Emulator.place()[0])
        self.given = binaries
        self.machines = {}
        self.figures = {}

    def path(self, name):
        """A file in the temporary folder."""
        return self.folder / name

    def close(self):
        """Ends all processes."""
        self.children.stop()

    # Binaries.

    @functools.cached_property
    def binaries(self):
        """The folder of the Production build."""
        if self.given:
            return pathlib.Path(self.given).resolve()
        scratch = ROOT / ".build-production"
        for product in ("ephml-enclave", "ephml-host", "ephml-client"):
            must(
                ["swift", "build", *PRODUCTION, scratch, "--product", product], 1200, cwd=ROOT)
        return scratch / "release"

    def program(self, name):
        """The path of ephml-`name`."""
        return self.binaries / f"ephml-{name}"

    def client(self, *arguments, seconds=60):
        """Runs the client: exit code, output, errors."""
        code, output, errors = run([self.program("client"), *arguments], seconds)
        return code, output.decode(), errors

    # What is trusted.

    @functools.cached_property
    def root(self):
        """The test root."""
        return pki.Root(self.path("pki"))

    # The image.

    def build_image(self, name, *options, command_line=None):
        """An image of the Production enclave; gives its path."""
        image = self.path(name)
        arguments = [
            "image", "build", "--kernel", self.emulator.kernel, "--enclave",
            self.program("enclave"), "--out", image]
        for module in self.emulator.modules():
            arguments += ["--module", module]
        for argument in ARGUMENTS:
            arguments += ["--argument", argument]
        if command_line:
            arguments += ["--command-line", command_line]
        must([self.program("client"), *arguments, *options], 60)
        return image

    @functools.cached_property
    def image(self):
        """The image under test."""
        return self.build_image("enclave.eif")

    @functools.cached_property
    def parsed(self):
        """Its sections, read by the test's own reader."""
        return eif.Image.read(self.image.read_bytes())

    def measured(self, image, *options):
        """What `image measure` prints of an image: the policy's text."""
        return must([self.program("client"), "image", "measure", image, *options], 60)

    @functools.cached_property
    def policy(self):
        """The policy that pins the image and names the test root."""
        path = self.path("policy.json")
        path.write_bytes(
            self.measured(self.image, "--root", self.root.certificate.der))
        return path

    @functools.cached_property
    def pins(self):
        """PCR0, 1 and 2 of that policy."""
        pin = json.loads(self.policy.read_text())["measurements"][0]
        return [pin["pcr0"], pin["pcr1"], pin["pcr2"]]

    def variant(self, name, image):
        """Writes a cut image and gives its path."""
        path = self.path(f"{name}.eif")
        path.write_bytes(image.write())
        return path

    # Machines and hosts.

    def boot(self, name, image, *, signed=True, **options):
        """Starts a machine with names of its own, signed by the test root unless told otherwise."""
        instance = pki.instance_id()
        module = pki.module_id(instance)
        identity = self.root.identity(instance, module) if signed else None
        machine = Machine(
            self.emulator, self.children, self.folder, image, name, identity=identity,
            instance=instance, module=module, role=ROLE, **options)
        self.machines[name] = machine
        return machine

    def enclave(self, name, signed=True):
        """A machine that serves the image under test; booted when first asked for."""
        machine = self.machines.get(name) or self.boot(name, self.image, signed=signed)
        machine.await_listening()
        return machine

    def host(self, name, socket, port=PORT):
        """A host before an enclave's socket; gives its address and its process."""
        child = self.children.start(f"{name}.host", [
            self.program("host"), "serve", "--listen", "tcp://127.0.0.1:0", "--enclave",
            f"unix:{socket}:{port}", "--store", self.path(f"store-{name}")])
        child.await_line("listening ", 20)
        address = next(line for line in child.lines if line.startswith("listening "))
        return address.split()[1], child

    @functools.cached_property
    def first(self):
        """The host before the first enclave."""
        return self.host("first", self.enclave("first").socket)[0]

    # Questions to enclaves.

    def attest(self, host, policy=None):
        """`attest --json`: exit code and report."""
        policy = ["--policy", policy] if policy else ["--no-pins"]
        code, output, errors = self.client("attest", "--host", host, *policy, "--json")
        try:
            return code, json.loads(output)
        except ValueError:
            raise Failure(f"attest: exit code {code}: {errors or output}") from None

    def model(self, name, graph):
        """Splits a model; gives topology and blob."""
        must([self.program("client"), "decompose", graph, "--out", self.path(name)], 120)
        return self.path(f"{name}.ephk"), self.path(f"{name}.ephw")

    def push(self, host, blob):
        """Stores a blob at the host."""
        must([self.program("client"), "push", "--host", host, blob], 120)

    @functools.cached_property
    def digits(self):
        """The digits model's topology; its blob is in the hosts' store."""
        topology, blob = self.model("digits", FIXTURES / "digits.onnx")
        self.push(self.first, blob)
        return topology

    def infer_digits(self, host, policy, *options, seconds=120):
        """`infer` with all held-out digits: exit code, output, errors."""
        return self.client(
            "infer", "--host", host, "--topology", self.digits, "--policy", policy, "--input",
            f"image={FIXTURES / 'digits-images.npy'}", *options, seconds=seconds)


def variable(name):
    """An environment variable's value, unless empty."""
    return os.environ.get(name) or None
