"""Replays the logs that `--trace` writes against the model: the part of Spec/check that reads them.

A log is hostile input: everything in it is bounded and of a known form before it becomes TLA+, and
what is not is a `Refusal` that names file and line. Whether the lines are steps of the model is
not judged here but by TLC, which runs Trace.tla over the module that `module()` writes.

Only the standard library is used.
"""

import json
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from tlc import ToolError

MODEL = Path(__file__).resolve().parent
ROLES = ("client", "host", "enclave")
FILE_BYTES = 1 << 28  # of one log
LINE_BYTES = 1 << 16  # of one line, as the writer bounds it
LINES = 200_000  # of all logs together
FRAMES = 1024  # that leave by one transition
NUMBER = (1 << 31) - 1  # TLC's integers have 32 bits
SECONDS = 1800  # for TLC

# Each claim's digests in the order in which Trace.tla reads them, and whether it has a number.
CLAIMS = {
    "evidenceVerified": (False, ("sessionID", "key")),
    "keysAgreed": (False, ("transcript",)),
    "topologySent": (False, ("transcript",)),
    "modelAgreed": (False, ("model",)),
    "resultAccepted": (True, ("request", "response")),
    "completed": (False, ("sessionID",)),
    "keysAccepted": (False, ("sessionID", "transcript")),
    "topologyReceived": (False, ("sessionID",)),
    "assembled": (False, ("model",)),
    "inferred": (True, ("request", "response")),
    "wiped": (False, ()),
}
DIGEST = re.compile(r"[0-9a-f]{32}")
RUN = re.compile(r"[0-9a-f]{16}")
ROW = re.compile(r"([A-Za-z]{1,40})-([A-Za-z]{1,40})-([A-Za-z]{1,40})")
FRAME = re.compile(r"(?:(client|enclave)/)?([A-Za-z]{1,40}):([0-9a-f]{32})")
WORD = re.compile(r"[A-Za-z]{1,40}")


class Refusal(Exception):
    """A log that is not of the form that the writer gives it."""


class Line:
    """One transition as it is logged, of the right form."""

    def __init__(self, place, fields):
        self.place = place
        self.run, self.sequence, self.role = fields["session"], fields["sequence"], fields["role"]
        self.row, self.wiped = fields["row"], fields["wiped"]
        digests = fields["digests"]
        self.hello, self.arrived = digests.get("hello"), digests.get("in")
        self.sent, self.claims = digests.get("out", []), digests.get("claims", {})


class Run:
    """All lines of one machine."""

    def __init__(self, role, name, path):
        self.role, self.name, self.path, self.lines = role, name, path, []

    @property
    def hello(self):
        return next((line.hello for line in self.lines if line.hello), None)


class Session:
    """The runs that share a ClientHello; a run without one stands alone."""

    def __init__(self, name):
        self.name, self.runs = name, []


class Case:
    """Logs that belong together."""

    def __init__(self, name, paths):
        self.name, self.paths, self.sessions, self.given = name, paths, [], set()


# MARK: Reading


def members(pairs):
    names = [name for name, _ in pairs]
    if len(set(names)) != len(names):
        raise Refusal("a name stands twice in an object")
    return dict(pairs)


def integer(text):
    if len(text) > 10:
        raise Refusal("a number is too large")
    return int(text)


def no_number(text):
    raise Refusal("a number is not whole")


def need(condition, reason):
    if not condition:
        raise Refusal(reason)


def word_of(pattern, value, reason):
    need(isinstance(value, str) and pattern.fullmatch(value), reason)
    return value


def frame_of(value, role):
    word_of(FRAME, value, "a frame is not written as its type and digest")
    side, kind, digest = FRAME.fullmatch(value).groups()
    need((side is not None) == (role == "host"), "a frame's side does not fit the role")
    return side or "host", kind, digest


def claims_of(value):
    need(isinstance(value, dict) and 0 < len(value) <= len(CLAIMS), "`claims` is no object")
    claims = {}
    for name, fields in value.items():
        need(name in CLAIMS, "an unknown claim")
        counted, digests = CLAIMS[name]
        need(isinstance(fields, dict) and
             set(fields) == set(digests) | ({"number"} if counted else set()),
             f"the claim {name} does not have exactly its digests")
        number = fields.get("number", 0)
        need(type(number) is int and 0 <= number <= NUMBER, "a claim's number is no number")
        claims[name] = number, [word_of(DIGEST, fields[d], "a digest is not 32 digits")
                                for d in digests]
    return claims


def digests_of(value, role):
    need(isinstance(value, dict) and set(value) <= {"hello", "in", "out", "claims"},
         "`digests` has other members than hello, in, out, claims")
    digests = dict(value)
    if "hello" in value:
        word_of(DIGEST, value["hello"], "`hello` is not 32 digits")
    if "in" in value:
        digests["in"] = frame_of(value["in"], role)
    if "out" in value:
        out = value["out"]
        need(isinstance(out, list) and 0 < len(out) <= FRAMES, "`out` is no list of frames")
        digests["out"] = [frame_of(frame, role) for frame in out]
    if "claims" in value:
        digests["claims"] = claims_of(value["claims"])
    return digests


def parse(raw):
    """A line's fields, checked; raises Refusal."""
    try:
        text = raw.decode("ascii")
    except UnicodeDecodeError:
        raise Refusal("not ASCII") from None
    try:
        fields = json.loads(text, object_pairs_hook=members, parse_int=integer,
                            parse_float=no_number, parse_constant=no_number)
    except (ValueError, RecursionError):
        raise Refusal("not JSON") from None
    names = {"session", "sequence", "role", "row", "digests", "wiped"}
    need(isinstance(fields, dict) and set(fields) == names,
         "not an object with exactly session, sequence, role, row, digests, wiped")
    word_of(RUN, fields["session"], "`session` is not 16 hexadecimal digits")
    need(type(fields["sequence"]) is int and 0 <= fields["sequence"] <= NUMBER,
         "`sequence` is no number, or beyond its bound")
    need(fields["role"] in ROLES, "`role` is not client, host or enclave")
    fields["row"] = ROW.fullmatch(
        word_of(ROW, fields["row"], "`row` is no row's identifier")).groups()
    fields["digests"] = digests_of(fields["digests"], fields["role"])
    wiped = fields["wiped"]
    need(isinstance(wiped, list) and len(wiped) <= 16 and all(
        isinstance(name, str) and WORD.fullmatch(name) for name in wiped) and
        len(set(wiped)) == len(wiped), "`wiped` is no list of secrets' names")
    return fields


def lines_of(path, budget):
    """A log's lines; `budget` is how many more there may be."""
    try:
        if path.stat().st_size > FILE_BYTES:
            raise Refusal(f"{path}: longer than {FILE_BYTES} bytes")
        with path.open("rb") as log:
            number = 0
            while raw := log.readline(LINE_BYTES + 1):
                number += 1
                place = f"{path.name}:{number}"
                if number > budget:
                    raise Refusal(f"{place}: more than {LINES} lines in all")
                if not raw.endswith(b"\n"):
                    raise Refusal(f"{place}: the line is " + (
                        "too long" if len(raw) > LINE_BYTES else "cut short"))
                try:
                    yield Line(place, parse(raw[:-1]))
                except Refusal as refusal:
                    raise Refusal(f"{place}: {refusal}") from None
    except OSError as error:
        raise ToolError(f"{path}: {error.strerror}") from None


def read(case):
    """Fills a case with the sessions of its logs; raises Refusal."""
    runs, budget = {}, LINES
    for path in case.paths:
        role = None
        for line in lines_of(path, budget):
            budget -= 1
            if line.role != (role or line.role):
                raise Refusal(f"{line.place}: a log holds the lines of one role")
            role = line.role
            run = runs.setdefault((role, line.run), Run(role, line.run, path))
            if run.path != path:
                raise Refusal(f"{line.place}: this run is in another log, too")
            run.lines.append(line)
        case.given.add(role)
    case.given.discard(None)
    sessions = {}
    for run in runs.values():
        key = run.hello or run.role + run.name
        session = sessions.setdefault(key, Session((run.hello or run.name)[:16]))
        session.runs.append(run)
    for session in sessions.values():
        session.runs.sort(key=lambda run: ROLES.index(run.role))
    case.sessions = list(sessions.values())


# MARK: Writing TLA+


class Numbers:
    """A number for each digest, the same for the same."""

    def __init__(self):
        self.known = {}

    def of(self, digest):
        return self.known.setdefault(digest, len(self.known) + 1) if digest else 0


def sequence(parts):
    return "<<" + ",".join(parts) + ">>"


def tla_frame(frame, numbers):
    side, kind, digest = frame
    return f'<<"{side}","{kind}",{numbers.of(digest)}>>'


def tla_line(line, numbers):
    claims = sequence(
        f'<<"{name}",{number},{sequence(str(numbers.of(d)) for d in digests)}>>'
        for name, (number, digests) in line.claims.items())
    return sequence([
        str(line.sequence), sequence(f'"{part}"' for part in line.row),
        str(numbers.of(line.hello)),
        tla_frame(line.arrived, numbers) if line.arrived else "<<>>",
        sequence(tla_frame(frame, numbers) for frame in line.sent), claims,
        sequence(f'"{name}"' for name in line.wiped)])


def module(cases):
    """The module TraceData: every session of every case, and which sessions are a case's."""
    text, sessions, spans, numbers = [], [], [], Numbers()
    for case in cases:
        first = len(sessions) + 1
        given = "{" + ",".join(f'"{role}"' for role in sorted(case.given)) + "}"
        for session in case.sessions:
            runs = []
            for run in session.runs:
                name = f"Lines{len(text) + 1}"
                text.append(f"{name} == <<\n" + ",\n".join(
                    tla_line(line, numbers) for line in run.lines) + ">>")
                runs.append(f'[role |-> "{run.role}", lines |-> {name}]')
            sessions.append(f"[given |-> {given}, runs |-> {sequence(runs)}]")
        spans.append(f"[first |-> {first}, last |-> {len(sessions)}]")
    return "\n".join(["---- MODULE TraceData ----", *text,
                      "Sessions == <<\n" + ",\n".join(sessions) + ">>",
                      "Cases == <<\n" + ",\n".join(spans) + ">>", "====", ""])


# MARK: Judging

# TLC breaks a long value into lines.
VERDICT = re.compile(
    r'<<\s*"verdict",\s*(\d+),\s*"(\w+)",\s*(\d+),\s*(\d+),\s*"([^"]*)"\s*>>')
OF_CASE = re.compile(r'<<\s*"case",\s*(\d+),\s*"(\w+)"\s*>>')


def run_tlc(jar, text):
    """What TLC prints about a module TraceData; raises ToolError unless it ran to its end."""
    java = shutil.which("java")
    if not java:
        raise ToolError("java is not there: TLC needs Java 17")
    with tempfile.TemporaryDirectory(prefix="ephml-trace-") as folder:
        for name in ("Trace.tla", "Trace.cfg", "Tables.tla"):
            shutil.copy(MODEL / name, folder)
        Path(folder, "TraceData.tla").write_text(text, encoding="ascii")
        try:
            done = subprocess.run(
                # TLC unpacks its standard modules there: two runs must not share a folder.
                [java, "-XX:+UseSerialGC", "-Xss256m", f"-Djava.io.tmpdir={folder}", "-cp",
                 str(jar), "tlc2.TLC", "-deadlock", "-workers", "1", "-metadir",
                 str(Path(folder, "states")), "-config", "Trace.cfg", "Trace.tla"],
                cwd=folder, capture_output=True, text=True, errors="replace", timeout=SECONDS,
                check=False)
        except subprocess.TimeoutExpired:
            raise ToolError(f"TLC did not end within {SECONDS} seconds") from None
        except OSError as error:
            raise ToolError(f"java: {error.strerror}") from None
    if "Model checking completed. No error has been found." not in done.stdout:
        tail = [line for line in done.stdout.splitlines() if line.strip()][-20:]
        raise ToolError("TLC failed:\n" + "\n".join(tail + done.stderr.splitlines()[-5:]))
    return done.stdout


def judge(cases, jar):
    """The verdicts of TLC: by session number, and by case number."""
    sessions = [session for case in cases for session in case.sessions]
    if not sessions:
        return {}, {}
    output = run_tlc(jar, module(cases))
    verdicts = {int(s): (kind, int(run), int(at), reason)
                for s, kind, run, at, reason in VERDICT.findall(output)}
    wholes = {int(c): kind == "accepted" for c, kind in OF_CASE.findall(output)}
    if set(verdicts) != set(range(1, len(sessions) + 1)) or \
            set(wholes) != set(range(1, len(cases) + 1)):
        raise ToolError("TLC did not judge every session")
    return verdicts, wholes


def words_of(session, verdict):
    """A verdict in words, and whether it is one of acceptance, truncation or refusal."""
    kind, run, at, reason = verdict
    if kind == "accepted":
        lengths = ", ".join(f"{run.role} {len(run.lines)}" for run in session.runs)
        return f"accepted ({lengths})"
    run = session.runs[run - 1]
    line = run.lines[at - 1]
    text = f"{kind}: {line.place}: {run.role} {run.name} line {line.sequence} " \
        f"{'-'.join(line.row)}: {reason}"
    if "frame that arrived" in reason and line.arrived:
        text += f": {line.arrived[1]} {line.arrived[2]}"
    return text


def report(case, number, first, verdicts, wholes, incomplete, prefix):
    """Prints a case's verdicts; whether all of them accept."""
    accepted = True
    for index, session in enumerate(case.sessions):
        verdict = verdicts[first + index]
        print(f"{prefix}session {session.name}: {words_of(session, verdict)}")
        accepted &= verdict[0] == "accepted" or (incomplete and verdict[0] == "truncated")
    if not wholes.get(number, True):
        print(f"{prefix}refused: S4: two sessions share a transcript or an enclave's session")
        accepted = False
    missing = [role for role in ROLES if role not in case.given]
    if missing and case.sessions:
        print(f"{prefix}note: without the logs of {' and '.join(missing)} nothing that they "
              "sent or claimed is checked")
    return accepted


def cases_of(paths, batch):
    """The sets of logs that belong together: one, or one for each folder of a folder."""
    if not batch:
        return [Case("", [Path(path) for path in paths])]
    try:
        folders = sorted(path for path in Path(paths[0]).iterdir() if path.is_dir())
        return [Case(folder.name, sorted(path for path in folder.iterdir() if path.is_file()))
                for folder in folders]
    except OSError as error:
        raise ToolError(f"{paths[0]}: {error.strerror}") from None


def main(arguments, jar):
    """Checks the logs that the arguments name; 0 accepted, 1 not accepted, 2 wrong use, 3 not
    judged: a log that cannot be read, or TLC that failed. `jar` gives the path of tla2tools.jar."""
    options = [argument for argument in arguments if argument.startswith("--")]
    paths = [argument for argument in arguments if not argument.startswith("--")]
    batch = "--batch" in options
    if not set(options) <= {"--incomplete", "--batch"} or not paths or batch and len(paths) != 1:
        print("usage: Spec/check --trace [--incomplete] FILE…\n"
              "       Spec/check --trace [--incomplete] --batch FOLDER\n\n"
              "FILE is a log that ephml-client, ephml-host or ephml-enclave wrote with --trace; the\n"
              "logs of all three together are held against one another. --incomplete also accepts\n"
              "runs that a kill cut off. With --batch each folder in FOLDER holds such logs.\n"
              "Exit code: 0 accepted, 1 not accepted, 2 wrong use, 3 not judged.")
        return 2
    try:
        accepted, readable = True, []
        for case in cases_of(paths, batch):
            prefix = f"{case.name}: " if batch else ""
            try:
                read(case)
                if not case.sessions:
                    raise Refusal("no line in any log")
                readable.append(case)
            except Refusal as refusal:
                print(f"{prefix}refused: {refusal}")
                accepted = False
        verdicts, wholes = judge(readable, jar()) if readable else ({}, {})
        first = 1
        for number, case in enumerate(readable, 1):
            prefix = f"{case.name}: " if batch else ""
            accepted &= report(case, number, first, verdicts, wholes,
                               "--incomplete" in options, prefix)
            first += len(case.sessions)
        return 0 if accepted else 1
    except ToolError as error:
        print(f"not judged: {error}")
        return 3
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 3
