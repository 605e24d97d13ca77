"""Writes the key-value container of .vmcx and .vmrs files, version 4.0; independent of the Rust code.

Keys are given as a tree of dicts and values: str, bool, int, bytes, or a dict of further keys. They are
packed depth first, parents before children, into tables of 4 KiB, each value with twelve spare bytes as
Hyper-V leaves them. The log is empty. Everything is determined by the arguments.
"""

import struct
import zlib

PAGE = 0x1000
OBJECT_TABLE, FIRST_KEY_TABLE = 2 * PAGE, 3 * PAGE
SLOTS = 227

KEY_TABLE_OBJECT, IN_USE = 2, 1
FREE, INT, STRING, ARRAY, BOOL, NODE = 1, 3, 6, 7, 8, 9

ENTRY = struct.Struct("<BBIHIIIB")
TABLE_HEADER = 10
SPARE = 12


def _sealed(data, field):
    """`data` with its CRC-32 at `field`, itself taken as zero."""
    data = data[:field] + bytes(4) + data[field + 4 :]
    return data[:field] + struct.pack("<I", zlib.crc32(data)) + data[field + 4 :]


def _encoded(value):
    """Type and data of a value."""
    if isinstance(value, dict):
        return NODE, struct.pack("<QI", 0, len(value) + 1 if value else 0)
    if isinstance(value, bool):
        return BOOL, struct.pack("<I", value)
    if isinstance(value, int):
        return INT, struct.pack("<q", value)
    kind, data = (STRING, value.encode("utf-16-le")) if isinstance(value, str) else (ARRAY, value)
    if len(data) >= 2048:
        raise ValueError("a value that would lie outside of the tables")
    return kind, struct.pack("<I", len(data)) + data


class _Tables:
    """Tables of keys that fill up."""

    def __init__(self):
        self.tables = []
        self.last = None

    def add(self, name, value, parent, sequence):
        """Puts one key; where it is, as its children refer to it."""
        kind, data = _encoded(value)
        name = name.encode() + b"\0"
        size = ENTRY.size + len(name) + len(data) + (0 if kind == NODE else SPARE)
        if not self.tables or len(self.tables[-1]) + size > PAGE:
            self.close()
            header = struct.pack("<HHHI", 2, len(self.tables) + 1, 1, 0)
            self.tables.append(bytearray(_sealed(header, 6)))
        table = self.tables[-1]
        self.last = (len(table), kind, size, parent, sequence, name, data)
        table += self._entry(size)
        return len(self.tables), self.last[0]

    def _entry(self, size):
        _, kind, _, parent, sequence, name, data = self.last
        header = ENTRY.pack(kind, 0, size, *parent, 0, sequence, len(name))
        return _sealed(header + name + data, 12).ljust(size, b"\0")

    def close(self):
        """Gives away what is left of the last table: too little for an entry belongs to the last one."""
        if not self.tables:
            return
        table = self.tables[-1]
        rest = PAGE - len(table)
        if rest > ENTRY.size:
            table += ENTRY.pack(FREE, 0, rest, 0, 0, 0, 0, 0).ljust(rest, b"\0")
        elif rest:
            table[self.last[0] :] = self._entry(self.last[2] + rest)


def _pack(keys):
    tables = _Tables()
    below = [(name, value, (0, 0), number) for number, (name, value) in enumerate(keys.items(), 1)][::-1]
    while below:
        name, value, parent, sequence = below.pop()
        place = tables.add(name, value, parent, sequence)
        if isinstance(value, dict):
            children = [(child, value[child], place, number) for number, child in enumerate(value, 1)]
            below += children[::-1]
    tables.close()
    return tables.tables


def _object_table(count):
    used = [(KEY_TABLE_OBJECT, FIRST_KEY_TABLE + n * PAGE, PAGE, IN_USE) for n in range(count)]
    if count >= SLOTS:
        raise ValueError("more tables than one table of objects has room for")
    table = struct.pack("<II", 0x01110001, SLOTS)
    for kind, offset, size, flags in used + [(0, 0, 0, 0)] * (SLOTS - count):
        table += _sealed(struct.pack("<BIQIB", kind, 0, offset, size, flags), 1)
    return table.ljust(PAGE, b"\0")


def _log():
    return _sealed(struct.pack("<IIIBIBQII", 0x01110003, 0, 0, 0, 145, 0, 0, 0, 0), 4).ljust(PAGE, b"\0")


def _header(sequence, log):
    fields = struct.pack("<IIHIIIIQQI", 0x01282014, 0, sequence, 0x400, 0, 0, PAGE, log, PAGE, PAGE)
    return _sealed(fields, 4).ljust(PAGE, b"\0")


def container(keys):
    """The bytes of a container with `keys` below its root."""
    tables = _pack(keys)
    log = FIRST_KEY_TABLE + len(tables) * PAGE
    parts = [_header(1, log), _header(0, log), _object_table(len(tables)), *tables, _log()]
    return b"".join(parts)
