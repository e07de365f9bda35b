"""How long a boot takes, beside the same kernel with an init that only powers off."""

from statistics import median

from . import eif
from .processes import Failure

#: The acceptance: boot to listening, as a multiple of the baseline.
MOST = 1.3
PAIRS = 3


def boot_time(world):
    """Alternates baseline and enclave; nothing else of the test runs meanwhile."""
    world.image, world.root  # made before the clock runs
    baseline = world.variant("baseline", eif.powering_off(world.parsed))
    baselines, enclaves = [], []
    # The machines that later steps need anyhow, one of them with a module that does not sign.
    for name, signed in [("first", True), ("second", True), ("unsigned", False)][:PAIRS]:
        machine = world.boot(f"baseline-{name}", baseline, signed=False)
        baselines.append(machine.console.await_end(60))
        if machine.shutdown_reason() != "guest-shutdown":
            raise Failure(f"the baseline ended by {machine.shutdown}\n{machine.console.log()}")
        machine.stop()
        machine = world.boot(name, world.image, signed=signed)
        enclaves.append(machine.await_listening())
    ratio = median(enclaves) / median(baselines)
    world.figures["boot"] = {
        "baselineSeconds": baselines, "listeningSeconds": enclaves, "ratioOfMedians": ratio}
    shown = " ".join(f"{a:.2f}/{b:.2f}" for a, b in zip(enclaves, baselines))
    text = f"listening/baseline in s: {shown}; ratio of medians {ratio:.2f}, at most {MOST}"
    if ratio > MOST:
        raise Failure(text)
    return text
