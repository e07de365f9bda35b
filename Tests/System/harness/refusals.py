"""What must not work. Each enemy is refused by the name of the check that it fails, or its machine
never listens."""

import json
import time

from . import eif, pki
from .enemies import ABORT, KEY_EXCHANGE, SEALED, DebugEnclave, Splicer
from .processes import Failure
from .world import PORT

#: The client's exit codes.
REFUSED = 3
#: The abort code keyExchangeFailed (Spec/Protocol.md §12.1).
KEY_EXCHANGE_FAILED = 5
#: The longest that a machine which must not serve may run before it powers off, in seconds.
DOWN_SECONDS = 45


def refused(world, host, policy, check, exactly=False):
    """Asks an enclave with `attest` and `infer`; both must refuse by the check's name."""
    code, report = world.attest(host, policy)
    if code != REFUSED or report["verdict"] != "refused" or check not in report["failed"]:
        raise Failure(f"attest: exit code {code}, failed {report['failed']}, not {check}")
    if exactly and report["failed"] != [check]:
        raise Failure(f"attest: failed {report['failed']}, not {check} alone")
    code, output, errors = world.infer_digits(host, policy)
    if code != REFUSED or output or check not in errors:
        raise Failure(f"infer: exit code {code}: {errors}{output}")
    return f"refused: {', '.join(report['failed'])}"


def never_serves(machine, reason=None):
    """The machine must power itself off, without ever having listened or sent a heartbeat; where
    it has a console, it must say the reason there."""
    end = time.monotonic() + DOWN_SECONDS
    while machine.console.running():
        if machine.console.time_of("listening") is not None:
            raise Failure(f"it listens\n{machine.console.log()}")
        try:
            machine.call(PORT, 2).close()
        except OSError:
            pass
        else:
            raise Failure(f"port {PORT} answers\n{machine.console.log()}")
        if time.monotonic() > end:
            raise Failure(f"still running after {DOWN_SECONDS} s\n{machine.console.log()}")
        time.sleep(0.1)
    seconds = machine.console.await_end(5)
    if machine.console.time_of("listening") is not None:
        raise Failure(f"it listened\n{machine.console.log()}")
    if machine.heartbeat.received:
        raise Failure(f"it sent a heartbeat\n{machine.console.log()}")
    # A kernel that panics or resets is no refusal: the enclave itself must have powered off.
    if machine.shutdown_reason() != "guest-shutdown":
        raise Failure(f"it ended by {machine.shutdown}\n{machine.console.log()}")
    if reason and machine.console.time_of(reason) is None:
        raise Failure(f"it does not say “{reason}”\n{machine.console.log()}")
    return seconds


def unpinned_root(world):
    """A policy that names no root trusts AWS's alone."""
    policy = world.path("policy-aws.json")
    policy.write_bytes(world.measured(world.image))
    return refused(world, world.first, policy, "untrustedRoot", exactly=True)


def unsigned(world):
    """A security module that does not sign."""
    machine = world.enclave("unsigned", signed=False)
    address, _ = world.host("unsigned", machine.socket)
    answer = refused(world, address, world.policy, "envelope")
    machine.stop()
    return answer


def start_command_line(world):
    """Boots an image that differs in its command line alone, and says so to itself."""
    image = world.build_image(
        "command-line.eif", command_line=world.parsed.content(eif.COMMAND_LINE).decode() + " loglevel=7")
    return world.boot("command-line", image)


def command_line(world):
    """Another command line, in section and ramdisk alike: it serves, and is not what was pinned."""
    return served_and_refused(world, "command-line", start_command_line, "measurements")


def ramdisk_changed(world, crc):
    """The image with one byte of the application ramdisk changed: a digit of a file's time, so
    that it boots and behaves as before."""
    ramdisk = bytearray(world.parsed.content(eif.RAMDISK, 1))
    # A newc header: 6 bytes of magic, then 8 digits each: inode, mode, uid, gid, links, mtime.
    at = 6 + 5 * 8 + 7
    assert ramdisk[:6] == b"070701"
    ramdisk[at] ^= 1
    changed = world.parsed.replacing(eif.RAMDISK, bytes(ramdisk), 1)
    if crc:
        return changed.write()
    original = world.image.read_bytes()
    whole = changed.write()
    return original[: eif.HEADER.size] + whole[eif.HEADER.size :]


def start_ramdisk_byte(world):
    """Boots the image with the changed byte and a CRC that holds."""
    path = world.path("ramdisk-byte.eif")
    path.write_bytes(ramdisk_changed(world, crc=True))
    return world.boot("ramdisk-byte", path)


def ramdisk_byte(world):
    """One changed byte in the ramdisk: it serves, and is not what was pinned."""
    return served_and_refused(world, "ramdisk-byte", start_ramdisk_byte, "measurements")


def ramdisk_crc(world):
    """The same without mending the CRC: the image is refused before it is measured."""
    path = world.path("ramdisk-crc.eif")
    path.write_bytes(ramdisk_changed(world, crc=False))
    code, output, errors = world.client("image", "measure", path)
    if code != 1 or output or "checksum" not in errors.lower():
        raise Failure(f"image measure: exit code {code}: {errors}{output}")
    return errors.strip().splitlines()[0]


def served_and_refused(world, name, start, check):
    """Boots, waits, asks, ends the machine."""
    machine = world.machines.get(name) or start(world)
    machine.await_listening()
    address, _ = world.host(name, machine.socket)
    answer = refused(world, address, world.policy, check, exactly=True)
    machine.stop()
    return answer


def start_appended(world):
    """Boots the very image, with a word more on the command line, which no register shows."""
    return world.boot("appended", world.image, append="init=/init")


def appended(world):
    """An unmeasured addition to the command line: the enclave's own check powers off."""
    machine = world.machines.get("appended") or start_appended(world)
    seconds = never_serves(machine, "the kernel's command line has a word")
    return f"powered off by itself after {seconds:.1f} s, never listened"


def boundary_image(world):
    """An image of equal PCR0–2 whose kernel's tail has moved in front of the command line.

    The registers hash plain concatenations. The moved bytes begin with a zero byte, so that the
    loader's command line is empty: no `panic=-1`, no `quiet`, whatever an attacker gains by it.
    """
    kernel = world.parsed.content(eif.KERNEL)
    line = world.parsed.content(eif.COMMAND_LINE)
    cut = moved_bytes(kernel)
    return world.parsed.replacing(eif.KERNEL, kernel[:cut]).replacing(
        eif.COMMAND_LINE, kernel[cut:] + line), len(kernel) - cut


def moved_bytes(kernel):
    """Where to cut: at the last zero byte, so that the kernel loses least."""
    cut = kernel.rindex(0)
    if len(kernel) - cut > 4096:
        raise Failure("the kernel's last page has no zero byte")
    return cut


def start_boundary(world):
    """Boots the image with the moved boundary twice: as it is, with an empty line and so without a
    console; and with a console, to read why it goes down."""
    image, _ = boundary_image(world)
    path = world.variant("boundary", image)
    world.boot("boundary-console", path, append="console=ttyS0")
    return world.boot("boundary", path)


def boundary(world):
    """Equal registers, another boundary: it boots, and must never serve."""
    image, moved = boundary_image(world)
    if image.registers() != world.pins:
        raise Failure("the registers differ: the test proves nothing")
    path = world.path("boundary.eif")
    machine = world.machines.get("boundary") or start_boundary(world)
    # The builder's own tool shows the equal registers, and gives no policy for such an image.
    code, output, _ = world.client("image", "inspect", path, "--json")
    registers = json.loads(output)["measurements"]
    if code != 1 or [registers[f"pcr{number}"] for number in range(3)] != world.pins:
        raise Failure(f"image inspect: exit code {code}, {registers}")
    code, output, errors = world.client("image", "measure", path)
    if code != 1 or output or "command line" not in errors:
        raise Failure(f"image measure: exit code {code}: {errors}{output}")
    seconds = never_serves(machine)
    never_serves(world.machines["boundary-console"], "the kernel's command line is not the image's")
    return f"{moved} bytes moved, PCR0–2 equal; powered off by itself after {seconds:.1f} s"


def debug(world):
    """Evidence of an enclave in debug mode, otherwise perfect."""
    instance = pki.instance_id()
    module = pki.module_id(instance)
    identity = world.root.identity(instance, module)
    socket = world.path("debug.vsock")
    enclave = DebugEnclave(socket, identity, instance, module)
    address, _ = world.host("debug", socket)
    answer = refused(world, address, world.policy, "debugMode")
    # An Abort tells it that it failed; nothing secret was sent, not even a KeyExchange.
    if set(enclave.notes) != {f"frame {ABORT}"}:
        raise Failure(f"after its evidence the forger heard: {enclave.notes}")
    enclave.close()
    # The forger itself is no reason to refuse: with the pinned registers all of it is accepted.
    socket = world.path("forged.vsock")
    pins = [bytes.fromhex(pin) for pin in world.pins]
    control = DebugEnclave(socket, identity, instance, module, registers=pins)
    address, _ = world.host("forged", socket)
    code, report = world.attest(address, world.policy)
    control.close()
    if code != 0:
        raise Failure(f"the control was refused: {report['failed']}")
    return answer + "; the control with pinned registers is accepted"


def splice(world):
    """A second enclave's document in the first's evidence."""
    socket = world.path("splice.vsock")
    first, second = world.enclave("first"), world.enclave("second")
    enemy = Splicer(socket, first.socket, second.socket, PORT, whole=False)
    address, _ = world.host("splice", socket)
    answer = refused(world, address, world.policy, "userDataMismatch")
    enemy.close()
    if enemy.notes.count("document of B spliced") != 2:
        raise Failure(f"the splicer says: {enemy.notes}")
    if f"client: frame {KEY_EXCHANGE}" in enemy.notes:
        raise Failure("a KeyExchange was sent")
    return answer


def relay(world):
    """B's whole evidence is an honest session with B; its KeyExchange diverted to A opens nothing."""
    socket = world.path("relay.vsock")
    first, second = world.enclave("first"), world.enclave("second")
    enemy = Splicer(socket, first.socket, second.socket, PORT, whole=True)
    address, _ = world.host("relay", socket)
    code, output, errors = world.infer_digits(address, world.policy)
    enemy.close()
    if code == 0 or output or "keyExchangeFailed" not in errors:
        raise Failure(f"infer: exit code {code}: {errors}{output}\n{enemy.notes}")
    opened = f"enclave A: frame {SEALED}" in enemy.notes
    if opened or f"enclave A: frame {ABORT} {KEY_EXCHANGE_FAILED}" not in enemy.notes:
        raise Failure(f"the relay says: {enemy.notes}")
    return f"exit code {code}: {errors.strip().splitlines()[-1]}"
