"""The projection lines of World.md, from what TLC prints for each state.

`Project` in the modules prints <<"@", ...>> for each state. TLC breaks long values into lines;
what follows a value's first line begins with a space.
"""

import hashlib
import json
import re
from pathlib import Path

SPEC = Path(__file__).resolve().parent.parent
ROLES = {"c": "client", "h": "host", "e": "enclave"}


def row_names(role):
    """A role's rows in the order of the model's Rows, "-" before the first."""
    text = (SPEC / "Tables" / f"{role}.expanded").read_text(encoding="utf-8")
    return ["-"] + [line.split(" | ")[0] for line in text.splitlines() if not line.startswith("#")]


class Projection:
    """Collects the distinct lines, and the rows that are some role's last row in each."""

    def __init__(self):
        self.names = {role: row_names(role) for role in ROLES.values()}
        self.lines = set()
        self.rows = {}

    def add(self, text):
        value = json.loads(text.replace("<<", "[").replace(">>", "]"))
        if isinstance(value[1][0], str):
            kind, state, place = value[1]
            row = self.names[kind][place]
            self.put(f"{state}|{row}", {f"{kind}.{row}"})
            return
        roles, rest = value[1], value[2:]
        parts, last = [], set()
        for role in roles:
            kind = ROLES[role[0][0]]
            row = self.names[kind][role[2]]
            last.add(f"{kind}.{row}")
            parts.append(self.role(role, kind, row))
        self.put(" ; ".join(parts + [self.tail(part) for part in rest]), last)

    def put(self, line, last):
        if line not in self.lines:
            self.lines.add(line)
            for name in last:
                if not name.endswith(".-"):
                    self.rows[name] = self.rows.get(name, 0) + 1

    def role(self, role, kind, row):
        cells = [role[1], row]
        for cell in role[3:]:
            if isinstance(cell, list):
                cells.append(self.sequence(cell))
            else:
                cells.append(str(cell))
        return f"{role[0]}={'|'.join(cells)}"

    @staticmethod
    def sequence(cell):
        """Claims, frames, or the progress of chunks, which begins with a number."""
        if not cell:
            return "-"
        if isinstance(cell[0], int):
            return "/".join(str(part) for part in cell[:3]) + "".join(cell[3])
        if isinstance(cell[0], list):
            return ",".join(">".join(pair) for pair in cell)
        return ",".join(cell)

    @staticmethod
    def tail(part):
        if isinstance(part, int):
            return f"spent={part}"
        queues = [f"{name}:{','.join(members) or '-'}"
                  for name, members in zip(("ch", "hc", "he", "eh"), part)]
        return "q=" + "/".join(queues)

    def digest(self):
        total = sum(int.from_bytes(hashlib.sha256(line.encode()).digest()[:8], "big")
                    for line in self.lines)
        return f"{total % 2**64:016x}"


def values(lines):
    """The texts of the values that `Project` printed, and every other line as None and itself."""
    value = None
    for line in lines:
        if value is not None and line.startswith(" "):
            value.append(line)
            continue
        if value is not None:
            yield "".join(value), None
            value = None
        if re.match(r'<< ?"@"', line):
            value = [line]
        else:
            yield None, line
    if value is not None:
        yield "".join(value), None
