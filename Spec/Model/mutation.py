"""Reads mutants.txt, and makes folders in which one fault is put into the model."""

import re
import shutil
from pathlib import Path

MODEL = Path(__file__).resolve().parent
NAMES = [f"S{n}" for n in range(1, 10)] + ["L1", "L2", "L3"]


class NotViable(Exception):
    """A mutant whose text does not stand in the model (exactly once), or that says too little."""


class Mutant:
    def __init__(self, fields, edits):
        try:
            self.id, self.breaks = fields["id"], fields["breaks"]
            self.configuration, self.what = fields["in"], fields["what"]
        except KeyError as missing:
            raise NotViable(f"{fields.get('id', '?')}: no {missing}") from None
        if self.breaks not in NAMES + ["figure"]:
            raise NotViable(f"{self.id}: breaks {self.breaks}")
        self.only = fields.get("only") == "yes"
        self.edits = edits  # (file, row or None, old, new), or ("delete", role and row)

    def make(self, folder):
        """Copies the model into a folder, the fault put in."""
        for path in [*MODEL.glob("*.tla"), *MODEL.glob("*.cfg")]:
            shutil.copy(path, folder)
        for edit in self.edits:
            if edit[0] == "delete":
                path = Path(folder, "Tables.tla")
                path.write_text(self.deleted(path.read_text(encoding="utf-8"), edit[1]),
                                encoding="utf-8")
                continue
            file, row, old, new = edit
            path = Path(folder, file)
            text = path.read_text(encoding="utf-8")
            begin, end = self.line(text, row) if row else (0, len(text))
            if text.count(old, begin, end) != 1:
                raise NotViable(f"{self.id}: {text.count(old, begin, end)} times in {file}: {old}")
            at = text.index(old, begin, end)
            path.write_text(text[:at] + new + text[at + len(old):], encoding="utf-8")

    def line(self, text, row):
        """Where the line of a role's row begins and ends."""
        role, name = row.split()
        start = text.index(f"{role.capitalize()}Rows == <<")
        begin = text.find(f'  [id |-> "{name}",', start)
        if begin < 0:
            raise NotViable(f"{self.id}: no row {row}")
        return begin, text.index("\n", begin)

    def deleted(self, text, row):
        """The tables without the entry that finds a row."""
        begin, _ = self.line(text, row)
        role = row.split()[0].capitalize()
        place = text.count('\n  [id |->', text.index(f"{role}Rows == <<"), begin)
        start = text.index(f"{role}Find == [")
        end = text.find("\n\n", start)
        find = text[start:end] if end > 0 else text[start:]
        alone = re.subn(rf"\n    \w+ \|-> \[\w+ \|-> {place}\],", "", find)
        several = re.subn(rf"\w+ \|-> {place}, |, \w+ \|-> {place}(?=\])", "", find)
        after, count = alone if alone[1] else several
        if count != 1:
            raise NotViable(f"{self.id}: the entry of {row} cannot be taken out")
        return text[:start] + after + text[start + len(find):]


def mutants():
    """All mutants of mutants.txt, in its order."""
    found, ids = [], set()
    text = (MODEL / "mutants.txt").read_text(encoding="utf-8")
    for block in re.split(r"\n\n+", text):
        fields, edits, row, old, new = {}, [], None, [], []

        def close():
            if old:
                edits.append((fields.get("file"), row, "\n".join(old), "\n".join(new)))
            old.clear()
            new.clear()

        lines = [line for line in block.splitlines() if line and not line.startswith("#")]
        for line in lines:
            if line.startswith("- "):
                if new:
                    close()
                old.append(line[2:])
            elif line.startswith("+"):
                new.append(line[2:])
            else:
                close()
                name, _, value = line.partition(": ")
                if name == "row":
                    row = value
                elif name == "delete":
                    edits.append(("delete", value))
                fields[name] = value
        close()
        if not lines:
            continue
        mutant = Mutant(fields, edits)
        if mutant.id in ids or not edits:
            raise NotViable(f"{mutant.id}: twice, or without an edit")
        ids.add(mutant.id)
        found.append(mutant)
    return found
