"""Child processes that never outlive the test, and waits that never wait for ever."""

import os
import signal
import subprocess
import threading
import time


class Failure(Exception):
    """A step did not do what it must; the text says what was seen."""


def wait_until(condition, seconds, what, every=0.02):
    """Polls `condition` until it gives something true, which is returned."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise Failure(f"{what}: not within {seconds} s")
        time.sleep(every)


class Child:
    """A process with its own group, whose output is gathered line by line as it comes.

    `ended` is the time from its start to its end, in seconds; None before that.
    """

    def __init__(self, name, arguments, environment=None, echo=False):
        self.name = name
        self.lines = []
        self.times = []
        self.echo = echo
        self.started = time.monotonic()
        self.ended = None
        self.process = subprocess.Popen(
            arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env=environment, start_new_session=True)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            text = line.decode("utf-8", "replace").rstrip("\r\n")
            self.times.append(time.monotonic() - self.started)
            self.lines.append(text)
            if self.echo:
                print(f"    {self.name}| {text}", flush=True)
        self.ended = time.monotonic() - self.started

    def running(self):
        """Whether it still runs."""
        return self.process.poll() is None

    def time_of(self, word):
        """Seconds from the start to the first line that holds `word`; None before that."""
        for index, line in enumerate(list(self.lines)):
            if word in line:
                return self.times[index]
        return None

    def await_line(self, word, seconds):
        """Waits for a line that holds `word`, and gives the seconds from the start to it."""
        def seen():
            found = self.time_of(word)
            if found is None and not self.running():
                self.reader.join(2)
                found = self.time_of(word)
                if found is None:
                    raise Failure(
                        f"{self.name} ended ({self.process.returncode}) without “{word}”\n"
                        + self.log())
            return found
        try:
            return wait_until(seen, seconds, f"{self.name}: “{word}”")
        except Failure as failure:
            raise Failure(f"{failure}\n{self.log()}") from None

    def await_end(self, seconds):
        """Waits for the end and gives the seconds from start to end."""
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise Failure(
                f"{self.name} did not end within {seconds} s\n{self.log()}") from None
        self.reader.join(5)
        if self.ended is None:
            raise Failure(f"{self.name} ended and left its output open")
        return self.ended

    def log(self, last=60):
        """The last lines of output, indented for a report."""
        lines = self.lines[-last:]
        return "\n".join(f"    {self.name}| {line}" for line in lines) or f"    {self.name}| (silent)"

    def stop(self):
        """Ends the whole group."""
        for sign, seconds in ((signal.SIGTERM, 1), (signal.SIGKILL, 5)):
            if self.process.poll() is not None:
                break
            try:
                os.killpg(self.process.pid, sign)
                self.process.wait(seconds)
            except (ProcessLookupError, subprocess.TimeoutExpired):
                pass


class Children:
    """All processes of a run; `stop` ends them, last started first."""

    def __init__(self, echo=False):
        self.all = []
        self.echo = echo

    def start(self, name, arguments, environment=None):
        """Starts a process that `stop` will end."""
        child = Child(name, [str(part) for part in arguments], environment, self.echo)
        self.all.append(child)
        return child

    def stop(self):
        """Ends everything that was started."""
        while self.all:
            self.all.pop().stop()


#: Commands that run just now, on whichever thread.
COMMANDS = set()


def end_commands():
    """Ends every command that `run` waits for, with all that it started."""
    for process in list(COMMANDS):
        end_group(process)


def end_group(process):
    """Ends a process that leads a group, and the group, at once."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def run(arguments, seconds=60, environment=None, cwd=None):
    """Runs a command to its end: exit code, standard output, standard error."""
    arguments = [str(part) for part in arguments]
    process = subprocess.Popen(
        arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env=environment, cwd=cwd, start_new_session=True)
    COMMANDS.add(process)
    try:
        output, errors = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        raise Failure(f"{' '.join(arguments)}: not done within {seconds} s") from None
    finally:
        if process.poll() is None:
            end_group(process)
            process.communicate()
        COMMANDS.discard(process)
    return process.returncode, output, errors.decode("utf-8", "replace")


def must(arguments, seconds=60, environment=None, cwd=None):
    """Runs a command that must end with 0 and gives its standard output."""
    code, output, errors = run(arguments, seconds, environment, cwd)
    if code != 0:
        shown = " ".join(str(part) for part in arguments)
        raise Failure(f"{shown}: exit code {code}\n{errors}{output.decode('utf-8', 'replace')[-4000:]}")
    return output
