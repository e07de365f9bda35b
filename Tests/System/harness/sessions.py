"""What must work: attestation that equals the prediction, and inference."""

import json
import os

from . import eif, npy, pki, processes
from .machine import HEARTBEAT
from .processes import Failure, must
from .report import Skipped
from .world import FIXTURES, ROLE, ROOT, variable

#: Largest differences that are float32 arithmetic in another order (Tests/SystemTests have the same).
DIGITS_TOLERANCE = 1e-4
MINILM_TOLERANCE = 1e-3
#: Sentences of the MiniLM reference that are asked: an emulated processor is slow.
SENTENCES = ["3", "0"]


def build(world):
    """The static Production binaries."""
    sizes = {name: world.program(name).stat().st_size for name in ("enclave", "host", "client")}
    for name, size in sizes.items():
        if size < 1 << 20:
            raise Failure(f"ephml-{name} has {size} bytes")
    return f"in {world.binaries}"


def image(world):
    """The image: built, measured, inspected, and measured again by the test's own reader."""
    size = world.image.stat().st_size
    if size > 30 * 1000 * 1000:
        raise Failure(f"the image has {size} bytes, more than 30 MB")
    if world.parsed.registers() != world.pins:
        raise Failure(f"image measure says {world.pins}, the reader {world.parsed.registers()}")
    ramdisks = [content for kind, content in world.parsed.sections if kind == eif.RAMDISK]
    files = eif.files(ramdisks[1])
    if len(ramdisks) != 2 or len(files) > 2:
        raise Failure(f"{len(ramdisks)} ramdisks; the application's holds {files}")
    must([world.program("client"), "image", "inspect", world.image])
    world.figures["imageBytes"] = size
    return f"{size / 1e6:.1f} MB; application ramdisk: {', '.join(files)}"


def boot(world):
    """The first machine boots, sends its heartbeat and listens."""
    machine = world.enclave("first")
    if machine.heartbeat.received != HEARTBEAT:
        raise Failure(f"heartbeat {machine.heartbeat.received!r}\n{machine.console.log()}")
    return f"listening after {machine.console.time_of('listening'):.2f} s, heartbeat echoed"


def attest(world):
    """The document's registers are exactly the predicted ones, and so are role and instance."""
    machine = world.enclave("first")
    code, report = world.attest(world.first, world.policy)
    if code != 0 or report["verdict"] != "accepted" or not report["pinned"]:
        raise Failure(f"exit code {code}: {json.dumps(report, indent=1)}")
    registers = report["measurements"]
    expected = {f"pcr{number}": pin for number, pin in enumerate(world.pins)}
    expected["pcr3"] = eif.extended(ROLE.encode())
    expected["pcr4"] = eif.extended(machine.instance.encode())
    for name, value in expected.items():
        if registers.get(name) != value:
            raise Failure(f"{name} is {registers.get(name)}, predicted {value}")
    if report["moduleID"] != machine.module:
        raise Failure(f"module {report['moduleID']}")
    named_evaluation(world, report)
    return "accepted; PCR0–2 equal image measure, PCR3 and PCR4 the machine's"


def start_signed(world):
    """Boots the image with a signature over PCR0, by a key of the owner's."""
    owner = pki.Authority(world.root.folder, "owner", "image owner", None, leaf=True)
    world.owner = owner
    return world.boot("signed", world.build_image(
        "signed.eif", "--sign-key", owner.key, "--sign-certificate", owner.pem))


def signed(world):
    """A signed image has a PCR8, pinned with the others; the unsigned twin does not match it."""
    machine = world.machines.get("signed") or start_signed(world)
    machine.await_listening()
    policy = world.path("signed.json")
    policy.write_bytes(
        world.measured(world.path("signed.eif"), "--root", world.root.certificate.der))
    pin = json.loads(policy.read_text())["measurements"][0]
    expected = eif.register(world.owner.der.read_bytes())
    if [pin["pcr0"], pin["pcr1"], pin["pcr2"]] != world.pins or pin.get("pcr8") != expected:
        raise Failure(f"the signed image measures as {pin}, PCR8 should be {expected}")
    address, _ = world.host("signed", machine.socket)
    code, report = world.attest(address, policy)
    if code != 0 or report["measurements"].get("pcr8") != expected:
        raise Failure(f"exit code {code}: {json.dumps(report, indent=1)}")
    code, report = world.attest(world.first, policy)
    if code != 3 or report["failed"] != ["measurements"]:
        raise Failure(f"the unsigned twin: exit code {code}, failed {report['failed']}")
    machine.stop()
    return "PCR8 as predicted and pinned; the unsigned twin is refused: measurements"


def named_evaluation(world, report):
    """A root that is not AWS's is named in every output, with the mode that follows from it."""
    root = f"custom root {world.root.digest}"
    if report["root"] != root or report.get("securityMode") != "evaluation":
        raise Failure(f"root {report['root']}, mode {report.get('securityMode')}")
    code, output, _ = world.client(
        "attest", "--host", world.first, "--policy", world.policy)
    if code != 0 or root not in output or "evaluation" not in output.lower():
        raise Failure(f"attest names no custom root:\n{output}")


def digits(world):
    """All held-out digits: the reference's outputs."""
    results = world.path("digits-results")
    code, output, errors = world.infer_digits(
        world.first, world.policy, "--output", results, "--json")
    if code != 0:
        raise Failure(f"exit code {code}: {errors}\n{world.machines['first'].console.log()}")
    answer = json.loads(output)
    root = f"custom root {world.root.digest}"
    if answer.get("root") != root or answer.get("securityMode") != "evaluation":
        raise Failure(f"infer names root {answer.get('root')}, mode {answer.get('securityMode')}")
    worst = 0.0
    for name in ("probabilities", "logits"):
        apart = npy.difference(results / f"{name}.npy", FIXTURES / f"digits-{name}.npy")
        if apart > DIGITS_TOLERANCE:
            raise Failure(f"{name} differ by {apart}")
        worst = max(worst, apart)
    infer = next(part for part in answer["phases"] if part["name"] == "infer")["milliseconds"]
    return f"360 digits within {worst:.1e} of ONNX Runtime; infer {infer:.0f} ms, emulated"


def minilm_needs():
    """The interpreter and the script that makes the MiniLM graph."""
    peers = variable("EPHML_PEERS")
    bench = variable("EPHML_BENCH") or ROOT.parent / "shared/bench"
    script = f"{bench}/make_minilm_onnx.py"
    if not peers or not os.path.exists(script):
        words = (
            "MiniLM needs EPHML_PEERS (a Python environment with onnxruntime) and EPHML_BENCH (a "
            "folder with make_minilm_onnx.py)")
        raise (Failure if variable("CI") == "true" else Skipped)(words)
    return f"{peers}/bin/python", script


def minilm_prepare(world):
    """The graph, the reference hidden states and the split model, made outside of the machine."""
    python, script = minilm_needs()
    graph, reference = world.path("minilm.onnx"), world.path("reference")
    must([python, script, graph], 120)
    must([python, ROOT / "Tests/SystemTests/Peers/minilm_reference.py", graph, reference], 120)
    return (*world.model("minilm", graph), reference)


def minilm(world):
    """A sentence encoder of 22 million parameters: the reference's hidden states."""
    topology, blob, reference = world.minilm_files()
    world.push(world.first, blob)
    worst, times = 0.0, []
    for sentence in SENTENCES:
        results = world.path(f"minilm-{sentence}")
        inputs = []
        for name in ("input_ids", "attention_mask", "token_type_ids"):
            inputs += ["--input", f"{name}={reference / sentence / name}.npy"]
        code, output, errors = world.client(
            "infer", "--host", world.first, "--topology", topology, "--policy", world.policy,
            *inputs, "--output", results, "--json", seconds=240)
        if code != 0:
            raise Failure(f"exit code {code}: {errors}\n{world.machines['first'].console.log()}")
        apart = npy.difference(
            results / "last_hidden_state.npy", reference / sentence / "last_hidden_state.npy")
        if apart > MINILM_TOLERANCE:
            raise Failure(f"sentence {sentence} differs by {apart}")
        worst = max(worst, apart)
        times += [part["milliseconds"] for part in json.loads(output)["phases"]]
    return (
        f"hidden states of {len(SENTENCES)} sentences within {worst:.1e} of ONNX Runtime; "
        f"{sum(times) / 1000:.1f} s in the sessions, emulated")


def stays_up(world):
    """After everything the first machine still serves."""
    machine = world.enclave("first")
    if not machine.console.running():
        raise Failure(f"the first machine is down\n{machine.console.log()}")
    code, report = world.attest(world.first, world.policy)
    if code != 0:
        raise Failure(f"exit code {code}: {report['failed']}")
    processes.wait_until(lambda: machine.vsock.running(), 1, "vsock")
    return "the first machine still serves"
