"""Enclave images, read, cut and measured independently of the project's own builder.

The format is Spec/Image.md's: a header of 548 bytes, then sections with 12 bytes of header each;
the CRC-32 covers the header but for its last four bytes, and every section with its header, in order.
"""

import hashlib
import struct
import zlib

HEADER = struct.Struct(">4sHHQQHH32Q32QII")
SECTION = struct.Struct(">HHQ")
KERNEL, COMMAND_LINE, RAMDISK, SIGNATURE, METADATA = 1, 2, 3, 4, 5


class Image:
    """The sections of an image, in order, and the header's other fields."""

    def __init__(self, sections, memory=0, cpus=0, version=4, flags=0):
        self.sections = [(kind, bytes(content)) for kind, content in sections]
        self.memory, self.cpus, self.version, self.flags = memory, cpus, version, flags

    @classmethod
    def read(cls, data):
        """The image in `data`; the CRC must hold."""
        fields = HEADER.unpack_from(data)
        magic, version, flags, memory, cpus, _, count = fields[:7]
        offsets, sizes, crc = fields[7:39], fields[39:71], fields[72]
        assert magic == b".eif" and version == 4 and count <= 32
        sections, sum_ = [], zlib.crc32(data[: HEADER.size - 4])
        for offset, size in zip(offsets[:count], sizes[:count]):
            kind, _, length = SECTION.unpack_from(data, offset)
            assert length == size
            content = data[offset + SECTION.size : offset + SECTION.size + size]
            assert len(content) == size
            sum_ = zlib.crc32(content, zlib.crc32(data[offset : offset + SECTION.size], sum_))
            sections.append((kind, content))
        assert sum_ == crc, "the image's CRC does not hold"
        return cls(sections, memory, cpus, version, flags)

    def write(self):
        """The image's bytes, with a CRC that holds."""
        offset, offsets, parts = HEADER.size, [], []
        for kind, content in self.sections:
            offsets.append(offset)
            parts.append(SECTION.pack(kind, 0, len(content)) + content)
            offset += len(parts[-1])
        fill = [0] * (32 - len(parts))
        sizes = [len(content) for _, content in self.sections]
        head = HEADER.pack(
            b".eif", self.version, self.flags, self.memory, self.cpus, 0, len(parts),
            *offsets, *fill, *sizes, *fill, 0, 0)[:-4]
        crc = zlib.crc32(head)
        for part in parts:
            crc = zlib.crc32(part, crc)
        return head + struct.pack(">I", crc) + b"".join(parts)

    def content(self, kind, number=0):
        """The `number`th section of a kind."""
        return [content for found, content in self.sections if found == kind][number]

    def replacing(self, kind, content, number=0):
        """A copy with another `number`th section of a kind."""
        seen, sections = 0, []
        for found, old in self.sections:
            sections.append((found, content if found == kind and seen == number else old))
            seen += found == kind
        return Image(sections, self.memory, self.cpus, self.version, self.flags)

    def registers(self):
        """PCR0, PCR1 and PCR2 as hexadecimal digits, by the rule of Spec/Image.md."""
        kernel, line = self.content(KERNEL), self.content(COMMAND_LINE)
        ramdisks = [content for kind, content in self.sections if kind == RAMDISK]
        return [
            register(kernel + line + b"".join(ramdisks)),
            register(kernel + line + ramdisks[0]),
            register(b"".join(ramdisks[1:])),
        ]


def register(content):
    """E(x) = SHA-384(48 zero bytes ‖ SHA-384(x)), in hexadecimal digits."""
    return extended(hashlib.sha384(content).digest())


def extended(data):
    """A zero register extended by `data`, in hexadecimal digits."""
    return hashlib.sha384(bytes(48) + data).hexdigest()


def cpio(entries):
    """A newc archive of (name, mode, content) or (name, mode, (major, minor))."""
    out = b""
    for number, (name, mode, content) in enumerate([*entries, ("TRAILER!!!", 0, b"")]):
        major, minor = content if isinstance(content, tuple) else (0, 0)
        body = b"" if isinstance(content, tuple) else content
        path = name.encode() + b"\0"
        fields = [number + 1, mode, 0, 0, 1, 0, len(body), 0, 0, major, minor, len(path), 0]
        out += b"070701" + b"".join(b"%08x" % field for field in fields) + path
        out += bytes(-len(out) % 4) + body
        out += bytes(-len(out) % 4)
    return out


def files(archive):
    """The names of the regular files in a newc archive."""
    names, at = [], 0
    while at + 110 <= len(archive):
        fields = [int(archive[at + 6 + 8 * n : at + 14 + 8 * n], 16) for n in range(13)]
        mode, size, length = fields[1], fields[6], fields[11]
        name = archive[at + 110 : at + 110 + length - 1].decode()
        if name == "TRAILER!!!":
            return names
        if mode & 0o170000 == 0o100000:
            names.append(name)
        at = -(-(at + 110 + length) // 4) * 4 + -(-size // 4) * 4
    raise ValueError("an archive without its trailer")


def power_off_program():
    """A static x86-64 ELF that calls reboot(2) to power off, written as bytes: nothing to compile."""
    code = (
        b"\xbf\xad\xde\xe1\xfe"      # mov edi, 0xfee1dead
        b"\xbe\x69\x19\x12\x28"      # mov esi, 672274793
        b"\xba\xdc\xfe\x21\x43"      # mov edx, LINUX_REBOOT_CMD_POWER_OFF
        b"\xb8\xa9\x00\x00\x00"      # mov eax, SYS_reboot
        b"\x0f\x05"                  # syscall
        b"\xeb\xfe"                  # the kernel does not return here
    )
    base, start = 0x400000, 64 + 56
    head = struct.pack(
        "<4sBBBB8xHHIQQQIHHHHHH", b"\x7fELF", 2, 1, 1, 0, 2, 62, 1, base + start, 64, 0, 0,
        64, 56, 1, 0, 0, 0)
    size = start + len(code)
    return head + struct.pack("<IIQQQQQQ", 1, 5, 0, base, base, size, size, 4096) + code


def powering_off(image):
    """An image of the same kernel and command line whose init does nothing but power off."""
    console = cpio([("dev", 0o40755, b""), ("dev/console", 0o20600, (5, 1))])
    init = cpio([("init", 0o100755, power_off_program())])
    kept = [(kind, content) for kind, content in image.sections if kind in (KERNEL, COMMAND_LINE)]
    return Image([*kept, (RAMDISK, console), (RAMDISK, init)], image.memory, image.cpus)
