"""What was done, how it ended, how long it took."""

import json
import sys
import time


class Skipped(Exception):
    """A step could not be done for want of something from outside; the text says what."""


class Report:
    """The steps of a run. Each prints one line when it is over."""

    def __init__(self):
        self.started = time.monotonic()
        self.steps = []
        self.figures = {}

    def step(self, name, action):
        """Runs one step and keeps its outcome; true unless it failed."""
        print(f"… {name}", flush=True)
        start = time.monotonic()
        outcome, detail = "passed", ""
        try:
            detail = action() or ""
        except Skipped as reason:
            outcome, detail = "skipped", str(reason)
        except Exception as failure:  # a failed step is a result, whatever it failed of
            outcome = "failed"
            detail = f"{type(failure).__name__}: {failure}"
        seconds = time.monotonic() - start
        self.steps.append(
            {"name": name, "outcome": outcome, "seconds": round(seconds, 2), "detail": detail})
        mark = {"passed": "passed ", "failed": "FAILED ", "skipped": "SKIPPED"}[outcome]
        print(f"{mark} {name:<16} {seconds:7.1f} s  {detail}", flush=True)
        return outcome != "failed"

    def finish(self, file):
        """Prints the sum, writes the JSON file, and gives the exit code."""
        seconds = time.monotonic() - self.started
        counts = {
            outcome: sum(step["outcome"] == outcome for step in self.steps)
            for outcome in ("passed", "failed", "skipped")}
        skipped = [step for step in self.steps if step["outcome"] == "skipped"]
        for step in skipped:
            print(f"*** SKIPPED {step['name']}: {step['detail']} ***", file=sys.stderr)
        print(
            f"\n{counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped "
            f"in {seconds:.0f} s")
        if file:
            with open(file, "w", encoding="utf-8") as out:
                json.dump(
                    {"steps": self.steps, "figures": self.figures, "seconds": round(seconds, 1),
                     **counts}, out, indent=2)
                out.write("\n")
        return 1 if counts["failed"] else 0
