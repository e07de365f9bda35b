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
    """Counts the distinct lines, and for each row those in which it is some role's last row.

    Lines are told apart by half of their SHA-256, and kept themselves only where asked."""

    def __init__(self, keep=False):
        self.names = {role: row_names(role) for role in ROLES.values()}
        self.seen, self.sum, self.rows = set(), 0, {}
        self.lines = [] if keep else None
        self.without = {}  # world Role's states, by the row that is deleted

    def add(self, text):
        value = json.loads(text.replace("<<", "[").replace(">>", "]"))
        if isinstance(value[1][0], int):
            without = value[1][0]
            self.without[without] = self.without.get(without, 0) + 1
            return
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
        name = hashlib.sha256(line.encode()).digest()[:16]
        if name in self.seen:
            return
        self.seen.add(name)
        self.sum += int.from_bytes(name[:8], "big")
        if self.lines is not None:
            self.lines.append(line)
        for row in last:
            if not row.endswith(".-"):
                self.rows[row] = self.rows.get(row, 0) + 1

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
        return f"{self.sum % 2**64:016x}"


def values(lines):
    """The texts of the values that `Project` printed, and every other line as None and itself."""
    value = None
    for line in lines:
        line = line.rstrip("\n")
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
