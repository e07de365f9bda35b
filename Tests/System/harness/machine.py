"""One emulated Nitro machine: QEMU, its vsock device, the heartbeat's listener, the console."""

import json
import os
import pathlib
import socket
import threading
import time

from . import processes
from .processes import Failure

#: What a complete folder of the emulator holds.
PARTS = [
    "qemu-system-x86_64", "vhost-device-vsock", "vmlinuz", "share/qemu", "share/seabios",
    "modules/virtio_mmio.ko", "modules/vsock.ko", "modules/vmw_vsock_virtio_transport_common.ko",
    "modules/vmw_vsock_virtio_transport.ko", "modules/nsm.ko",
]

#: The modules that the enclave needs, in the order of loading: the bus first, then sockets, then
#: the security module. The loopback transport is for a guest that calls itself: not needed.
MODULES = [
    "virtio_mmio", "vsock", "vmw_vsock_virtio_transport_common", "vmw_vsock_virtio_transport", "nsm",
]

#: The byte of the start-up heartbeat and its port (Spec/Boot.md).
HEARTBEAT = b"\xb7"
HEARTBEAT_PORT = 9000


class Emulator:
    """The folder that Tests/System/emulator/build.sh makes."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)

    @classmethod
    def place(cls):
        """The folder's path, and whether somebody named it."""
        named = os.environ.get("EPHML_NITRO_EMULATOR")
        if named:
            return pathlib.Path(named), True
        cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
        return pathlib.Path(cache) / "ephml" / "nitro-emulator", False

    def missing(self):
        """What a complete folder would hold and this one does not."""
        return [part for part in [*PARTS, ".complete"] if not (self.folder / part).exists()]

    @property
    def kernel(self):
        """Debian's kernel."""
        return self.folder / "vmlinuz"

    def modules(self):
        """Paths of the kernel modules in the order of loading."""
        return [self.folder / "modules" / f"{name}.ko" for name in MODULES]

    def environment(self, temporary):
        """The programs' environment: their libraries, and a place for temporary files."""
        return {
            **os.environ, "LD_LIBRARY_PATH": str(self.folder / "lib"), "TMPDIR": str(temporary)}


def early_frequency():
    """The clock's frequency for the kernel: without it about one emulated boot in twelve hangs."""
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as file:
        for line in file:
            if "MHz" in line:
                return f"tsc_early_khz={int(float(line.split(':')[1]) * 1000)}"
    raise Failure("/proc/cpuinfo names no frequency: an x86-64 machine is needed")


class Heartbeat:
    """The parent's end of the heartbeat: reads one byte, echoes it, remembers it."""

    def __init__(self, path):
        self.received = b""
        self.seconds = None
        self.started = time.monotonic()
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(path))
        self.listener.listen(4)
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        try:
            while True:
                connection, _ = self.listener.accept()
                with connection:
                    connection.settimeout(10)
                    byte = connection.recv(1)
                    if byte and self.seconds is None:
                        self.seconds = time.monotonic() - self.started
                    self.received += byte
                    connection.sendall(byte)
        except OSError:
            return

    def close(self):
        """Ends listening."""
        self.listener.close()


class Machine:
    """A booting or booted machine. Its sockets lie in a folder of its own."""

    count = 0

    def __init__(self, emulator, children, folder, image, name, *, identity=None, module="",
                 instance="", role="", memory=768, append="", console=True):
        Machine.count += 1
        self.name, self.module, self.instance, self.role = name, module, instance, role
        self.folder = pathlib.Path(folder) / f"m{Machine.count}"
        self.folder.mkdir()
        self.socket = self.folder / "vsock"
        self.heartbeat = Heartbeat(f"{self.socket}_{HEARTBEAT_PORT}")
        environment = emulator.environment(self.folder)
        control = self.folder / "vhost"
        self.vsock = children.start(f"{name}.vsock", [
            emulator.folder / "vhost-device-vsock", "--vm",
            f"guest-cid={3 + Machine.count},socket={control},uds-path={self.socket}",
        ], environment)
        processes.wait_until(control.exists, 10, "vhost-device-vsock")
        options = f"nitro-enclave,vsock=c,acpi=on,memory-backend=m,id={module}"
        options += f",parent-id={instance},parent-role={role}" if role else f",parent-id={instance}"
        arguments = [
            emulator.folder / "qemu-system-x86_64", "-M", options, "-accel", "tcg", "-cpu", "max",
            "-m", f"{memory}M", "-object", f"memory-backend-memfd,id=m,size={memory}M,share=on",
            "-nodefaults", "-no-reboot", "-display", "none", "-serial", "stdio",
            "-qmp", f"unix:{self.folder / 'qmp'},server=on,wait=off",
            "-L", emulator.folder / "share/qemu", "-L", emulator.folder / "share/seabios",
            "-chardev", f"socket,id=c,path={control}", "-kernel", image,
            "-append", " ".join(filter(None, [early_frequency(), append])),
        ]
        if identity:
            arguments += ["-global", f"virtio-nsm-device.x-identity={identity}"]
        self.console = children.start(name, arguments, environment)
        self.shutdown = None
        self.watcher = threading.Thread(target=self._watch, daemon=True)
        self.watcher.start()

    def _watch(self):
        """Follows the machine's own events: why it went down is the last word on a refusal."""
        try:
            path = str(self.folder / "qmp")
            processes.wait_until(lambda: os.path.exists(path), 10, "QEMU")
            with socket.socket(socket.AF_UNIX) as monitor:
                monitor.connect(path)
                monitor.sendall(b'{"execute": "qmp_capabilities"}\n')
                for line in monitor.makefile("rb"):
                    event = json.loads(line)
                    if event.get("event") == "SHUTDOWN":
                        self.shutdown = event["data"]["reason"]
        except (OSError, ValueError, Failure):
            return

    def await_listening(self, seconds=60):
        """Waits until the enclave says that it listens; seconds from the machine's start."""
        return self.console.await_line("listening", seconds)

    def shutdown_reason(self):
        """Why the machine went down, in QEMU's word: `guest-shutdown` is a power-off from inside."""
        self.watcher.join(2)
        return self.shutdown

    def stop(self):
        """Ends the machine and its device."""
        self.console.stop()
        self.vsock.stop()
        self.heartbeat.close()

    def call(self, port, seconds=10):
        """A stream to a port of the enclave, past the hybrid handshake."""
        return call(self.socket, port, seconds)


def call(path, port, seconds=10):
    """Connects to a hybrid vsock socket: CONNECT, then OK, then bytes flow."""
    stream = socket.socket(socket.AF_UNIX)
    stream.settimeout(seconds)
    stream.connect(str(path))
    stream.sendall(f"CONNECT {port}\n".encode())
    answer = b""
    while not answer.endswith(b"\n"):
        byte = stream.recv(1)
        if not byte or len(answer) > 32:
            stream.close()
            raise ConnectionRefusedError(f"port {port}: {answer!r}")
        answer += byte
    if not answer.startswith(b"OK "):
        stream.close()
        raise ConnectionRefusedError(f"port {port}: {answer!r}")
    return stream
