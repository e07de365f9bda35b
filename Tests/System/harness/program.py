"""The command line, the order of the steps, and every way out."""

import argparse
import concurrent.futures
import os
import shutil
import signal
import sys
import tempfile

from . import acceptance, receipts, refusals, sessions
from .machine import Emulator
from .processes import end_commands
from .report import Report
from .world import World

#: Nothing may take longer than this, in seconds: a hang is a failure.
WHOLE_SECONDS = 1800

#: The steps in their order. Those with a third part boot a machine of their own, which is started
#: one step ahead, so that at most two boot at once.
STEPS = [
    ("build", sessions.build),
    ("image", sessions.image),
    ("boot-time", acceptance.boot_time),
    ("boot", sessions.boot),
    ("attest", sessions.attest),
    ("digits", sessions.digits),
    ("receipt", receipts.receipt),
    ("untrusted-root", refusals.unpinned_root),
    ("unsigned", refusals.unsigned),
    ("debug", refusals.debug),
    ("splice", refusals.splice),
    ("relay", refusals.relay),
    ("ramdisk-crc", refusals.ramdisk_crc),
    ("signed", sessions.signed, sessions.start_signed),
    ("command-line", refusals.command_line, refusals.start_command_line),
    ("ramdisk-byte", refusals.ramdisk_byte, refusals.start_ramdisk_byte),
    ("appended", refusals.appended, refusals.start_appended),
    ("boundary", refusals.boundary, refusals.start_boundary),
    ("minilm", sessions.minilm),
    ("stays-up", sessions.stays_up),
]
NAMES = [step[0] for step in STEPS]


class Overdue(BaseException):
    """The whole run took too long; no step catches this."""


def arguments(description):
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="Tests/System/run", description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="Steps: " + ", ".join(NAMES) + ".\nEnds with 0 if nothing failed, else with 1.")
    parser.add_argument(
        "--only", action="append", choices=NAMES, metavar="NAME",
        help="do this step alone, with what it needs; may be repeated")
    parser.add_argument(
        "--keep", action="store_true", help="keep the temporary folder and print its name")
    parser.add_argument("--json", metavar="FILE", help="write outcomes, times and figures to FILE")
    parser.add_argument(
        "--binaries", metavar="DIR", help="use these Production binaries and build nothing")
    parser.add_argument(
        "--verbose", action="store_true", help="show what the processes say as they say it")
    return parser.parse_args()


def ready():
    """Whether the emulator is there; says loudly when it is not."""
    folder, named = Emulator.place()
    missing = Emulator(folder).missing()
    if not missing:
        return True, 0
    fails = named and os.environ.get("CI") == "true"
    print(
        f"*** THE SYSTEM TEST {'FAILS' if fails else 'IS SKIPPED'}: {folder} holds no complete "
        f"emulator ({', '.join(missing[:3])}{', …' if len(missing) > 3 else ''} not there).\n"
        f"*** Make it with: Tests/System/emulator/build.sh {folder}\n"
        "*** (Debian; about five minutes), or name its folder in EPHML_NITRO_EMULATOR.",
        file=sys.stderr)
    return False, 1 if fails else 0


def steps(world, report, only):
    """All steps, or those that were asked for. A failed build or image ends the run."""
    chosen = [step for step in STEPS if not only or step[0] in only]
    with concurrent.futures.ThreadPoolExecutor(1) as background:
        # Reference outputs are computed beside the steps that come first, but for the timed one.
        prepared = None

        def minilm_files():
            return (prepared or background.submit(sessions.minilm_prepare, world)).result(300)

        world.minilm_files = minilm_files
        for place, (name, action, *_) in enumerate(chosen):
            if name not in ("build", "image", "boot-time") and prepared is None and any(
                step[0] == "minilm" for step in chosen
            ):
                prepared = background.submit(sessions.minilm_prepare, world)
            try:
                done = report.step(name, lambda: begin(world, chosen, place, action))
            except BaseException:
                end_commands()  # or leaving this block would wait for the background
                raise
            if not done and name in ("build", "image"):
                return


def begin(world, chosen, place, action):
    """Starts this step's machine and the next step's, but beside no timed step; then does the step."""
    ahead = 1 if chosen[place][0] == "boot-time" else 2
    for name, _, *start in chosen[place : place + ahead]:
        if start and name not in world.machines:
            start[0](world)
    return action(world)


def main(description):
    """The test; gives the exit code."""
    options = arguments(description)
    is_ready, code = ready()
    if not is_ready:
        return code

    def interrupted(number, _):
        raise KeyboardInterrupt(signal.Signals(number).name)

    def overdue(*_):
        raise Overdue(f"not done within {WHOLE_SECONDS} s")

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupted)
    signal.signal(signal.SIGALRM, overdue)
    signal.alarm(WHOLE_SECONDS)
    report = Report()
    # A short name: a Unix socket's path has at most 107 bytes.
    place = tempfile.gettempdir()
    folder = tempfile.mkdtemp(prefix="ephml-", dir=place if len(place) <= 48 else "/tmp")
    world = World(folder, options.binaries, options.verbose)
    world.figures = report.figures
    try:
        steps(world, report, options.only)
    except KeyboardInterrupt as interruption:
        print(f"interrupted: {interruption}", file=sys.stderr)
        return 130
    except Overdue as overrun:
        print(f"FAILED: {overrun}", file=sys.stderr)
        for child in world.children.all:
            print(child.log(20), file=sys.stderr)
        return 1
    finally:
        world.close()
        if options.keep:
            print(f"kept: {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    return report.finish(options.json)
