"""As much CBOR as the protocol needs (RFC 8949): deterministic out, a little more in."""


def head(major, value):
    """A data item's head with the shortest argument."""
    if value < 24:
        return bytes([major << 5 | value])
    for extra, width in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if value < 1 << (8 * width):
            return bytes([major << 5 | extra]) + value.to_bytes(width, "big")
    raise ValueError("too large for CBOR")


def encode(value):
    """The deterministic encoding of None, integers, bytes, text, lists and dictionaries."""
    if value is None:
        return b"\xf6"
    if isinstance(value, int):
        return head(0, value) if value >= 0 else head(1, -1 - value)
    if isinstance(value, bytes):
        return head(2, len(value)) + value
    if isinstance(value, str):
        return head(3, len(value.encode())) + value.encode()
    if isinstance(value, (list, tuple)):
        return head(4, len(value)) + b"".join(encode(part) for part in value)
    if isinstance(value, dict):
        pairs = sorted((encode(key), encode(part)) for key, part in value.items())
        return head(5, len(pairs)) + b"".join(key + part for key, part in pairs)
    raise TypeError(f"no CBOR for {type(value)}")


def decode(data):
    """The one item that `data` is."""
    value, end = _item(data, 0)
    if end != len(data):
        raise ValueError("bytes after the item")
    return value


def _item(data, at):
    major, extra = data[at] >> 5, data[at] & 31
    at += 1
    if data[at - 1] == 0xF6:
        return None, at
    if data[at - 1] in (0x9F, 0xBF):
        parts = []
        while data[at] != 0xFF:
            part, at = _item(data, at)
            parts.append(part)
        value = parts if major == 4 else dict(zip(parts[::2], parts[1::2]))
        return value, at + 1
    if extra >= 24:
        width = {24: 1, 25: 2, 26: 4, 27: 8}[extra]
        extra, at = int.from_bytes(data[at : at + width], "big"), at + width
    if major == 0:
        return extra, at
    if major == 1:
        return -1 - extra, at
    if major in (2, 3):
        content = data[at : at + extra]
        if len(content) != extra:
            raise ValueError("cut off")
        return (content if major == 2 else content.decode()), at + extra
    if major == 6:
        return _item(data, at)
    if major in (4, 5):
        parts = []
        for _ in range(extra * (major - 3)):
            part, at = _item(data, at)
            parts.append(part)
        return (parts if major == 4 else dict(zip(parts[::2], parts[1::2]))), at
    raise ValueError(f"unknown item {data[at - 1]:#x}")
