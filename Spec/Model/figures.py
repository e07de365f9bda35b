"""The figures that are compared: recorded in figures.json, shown in Spec/README.md."""

import json
import re
from pathlib import Path

import projection
from tlc import Configuration

MODEL = Path(__file__).resolve().parent
FILE = MODEL / "figures.json"
README = MODEL.parent / "README.md"
BEGIN, END = "<!-- figures: written by Spec/check --record -->", "<!-- end of figures -->"
HEADING = (f"{'configuration':15} {'bounds':58} {'states':>8} {'TLC':>8} {'transitions':>11} "
           f"{'depth':>5} {'s':>4}  verdict")


def line(result):
    c = result.configuration
    return (f"{c.name:15} {c.bounds():58} {result.counted:8} {result.states:8} "
            f"{result.generated:11} {result.depth:5} {result.seconds:4.0f}  {result.verdict}")


def of(result):
    """A run's figures. `states` are World.md's, `modelStates` TLC's own, which tell more apart."""
    figures = {"configuration": result.configuration.name, "states": result.counted,
               "modelStates": result.states, "transitions": result.generated,
               "depth": result.depth, "seconds": round(result.seconds)}
    if result.configuration.projects:
        figures["rows"] = dict(sorted(result.projection.rows.items()))
        figures["digest"] = result.projection.digest()
    return figures


def recorded():
    if not FILE.exists():
        return {}
    return {entry["configuration"]: entry
            for entry in json.loads(FILE.read_text(encoding="utf-8"))}


def differences(name, recorded_figures, measured):
    """In words, how the compared figures of two countings differ."""
    found = []
    # The largest worlds are checked without printing their states: they have no digest.
    whole = "digest" in recorded_figures and "digest" in measured
    for key in ("states", "digest") if whole else ("states",):
        if recorded_figures.get(key) != measured.get(key):
            found.append(f"{name}: {key} {recorded_figures.get(key)} recorded, "
                         f"{measured.get(key)} counted")
    if not whole:
        return found
    ours, theirs = recorded_figures["rows"], measured.get("rows", {})
    rows = [row for row in sorted(ours | theirs) if ours.get(row, 0) != theirs.get(row, 0)]
    if rows:
        some = ", ".join(f"{row} {ours.get(row, 0)}/{theirs.get(row, 0)}" for row in rows[:5])
        found.append(f"{name}: {len(rows)} rows are the last in other numbers of states: {some}")
    return found


def compare(measured):
    """How measured figures differ from the recorded ones."""
    known, found = recorded(), []
    for name, figures in measured.items():
        if name not in known:
            found.append(f"{name}: no figures are recorded; run Spec/check --record")
            continue
        found += differences(name, known[name], figures)
        for key in ("modelStates", "transitions"):
            if known[name][key] != figures[key]:
                found.append(f"{name}: {key} {known[name][key]} recorded, {figures[key]} counted")
    return found


def differs(result):
    """Whether a run's compared figures are not the recorded ones."""
    name = result.configuration.name
    return bool(differences(name, recorded().get(name, {}), of(result)))


def unreached(result):
    """Rows that world Role does not reach (L3); empty for other worlds."""
    if result.configuration.module != "Role":
        return []
    kind = result.configuration.name.removeprefix("role-")
    names = projection.row_names(kind)[1:]
    return [name for name in names if f"{kind}.{name}" not in result.projection.rows]


def deletions(result):
    """How many rows were deleted, and those without which the same lines are counted."""
    kind = result.configuration.name.removeprefix("deletion-")
    names = projection.row_names(kind)
    whole = result.projection.without.get(0, 0)
    deleted = {place: count for place, count in result.projection.without.items() if place}
    return len(deleted), [names[place] for place, count in deleted.items() if count >= whole]


def record(measured):
    all_figures = recorded() | measured
    order = sorted(all_figures.values(), key=lambda entry: (
        entry["configuration"].startswith("deep-"), entry["configuration"]))
    FILE.write_text(json.dumps(order, indent=1) + "\n", encoding="utf-8")
    if README.exists():
        README.write_text(with_table(README.read_text(encoding="utf-8")), encoding="utf-8")


def table():
    lines = ["| Configuration | Module | Bounds | Properties | States | TLC's states | Transitions "
             "| Depth | Seconds |", "|---|---|---|---|---:|---:|---:|---:|---:|"]
    for name, entry in recorded().items():
        configuration = Configuration(name)
        properties = " ".join(configuration.properties)
        if configuration.module == "Role":
            properties += " L3"
        lines.append(
            f"| {name} | {configuration.module} | {configuration.bounds()} | {properties} | "
            f"{entry['states']:,} | {entry['modelStates']:,} | {entry['transitions']:,} | "
            f"{entry['depth']} | {entry['seconds']} |")
    return "\n".join(lines)


def with_table(text):
    begin, end = text.index(BEGIN) + len(BEGIN), text.index(END)
    return f"{text[:begin]}\n\n{table()}\n\n{text[end:]}"


def stale():
    """Whether the README's table is not what the recorded figures say."""
    text = README.read_text(encoding="utf-8")
    return re.search(re.escape(BEGIN), text) is None or with_table(text) != text
