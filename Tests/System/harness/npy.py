"""NumPy's file format, as much as the fixtures need: little-endian arrays of numbers."""

import ast
import struct

FORMATS = {"<f4": "f", "<i8": "q"}


def read(path):
    """Shape and values of an array in row-major order."""
    data = open(path, "rb").read()
    assert data[:6] == b"\x93NUMPY" and data[6] in (1, 2)
    width = 2 if data[6] == 1 else 4
    length = int.from_bytes(data[8 : 8 + width], "little")
    start = 8 + width + length
    head = ast.literal_eval(data[8 + width : start].decode("latin-1"))
    assert not head["fortran_order"]
    count = 1
    for size in head["shape"]:
        count *= size
    return head["shape"], struct.unpack_from(f"<{count}{FORMATS[head['descr']]}", data, start)


def difference(path, reference):
    """The largest difference between two arrays of one shape."""
    (shape, mine), (expected, theirs) = read(path), read(reference)
    if shape != expected:
        return float("inf")
    worst = 0.0
    for left, right in zip(mine, theirs):
        apart = abs(left - right)
        worst = max(worst, apart if apart == apart else float("inf"))
    return worst
