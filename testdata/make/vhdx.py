"""Writes dynamic and differencing VHDX files, after [MS-VHDX]; independent of the Rust code.

A file gets one header state, no pending log, and its payload blocks in the order of the disk.
A differencing file holds only the sectors that differ from the parent's: a block that differs in
every sector is fully present, one that became all zero is of state Zero, any other is partially
present with its sectors marked in the chunk's bitmap. Everything is determined by the arguments.
"""

import dataclasses
import struct
import uuid

KIB, MIB = 1 << 10, 1 << 20
SECTOR = 512

NOT_PRESENT, ZERO, FULLY_PRESENT, PARTIALLY_PRESENT = 0, 2, 6, 7

LOG_OFFSET, BAT_OFFSET, PAYLOAD_OFFSET = 1 * MIB, 2 * MIB, 4 * MIB

BAT_REGION = uuid.UUID("2DC27766-F623-4200-9D64-115E9BFD4A08")
METADATA_REGION = uuid.UUID("8B7CA206-4790-4B9A-B8FE-575F050F886E")

FILE_PARAMETERS = uuid.UUID("CAA16737-FA36-4D43-B3B6-33F0AA44E76B")
VIRTUAL_DISK_SIZE = uuid.UUID("2FA54224-CD1B-4876-B211-5DBED83BF4B8")
VIRTUAL_DISK_ID = uuid.UUID("BECA12AB-B2E6-4523-93EF-C309E000C746")
LOGICAL_SECTOR_SIZE = uuid.UUID("8141BF1D-A96F-4709-BA47-F233A8FAAB5F")
PHYSICAL_SECTOR_SIZE = uuid.UUID("CDA348C7-445D-4471-9CC9-E9885251C556")
PARENT_LOCATOR = uuid.UUID("A8D35F2D-B30B-454D-ABF7-D3D84834AB0C")
VHDX_PARENT_LOCATOR = uuid.UUID("B04AEFB7-D19E-4A81-B789-25B8E9445913")

IS_VIRTUAL_DISK, IS_REQUIRED = 2, 4
HAS_PARENT = 2


@dataclasses.dataclass
class Parent:
    """What the parent locator says of the file below."""

    data_write_guid: uuid.UUID
    relative_path: str
    absolute_win32_path: str
    volume_path: str


@dataclasses.dataclass
class Identity:
    """The GUIDs of one file; `virtual_disk_id` is the same through the whole chain."""

    file_write_guid: uuid.UUID
    data_write_guid: uuid.UUID
    virtual_disk_id: uuid.UUID


def _crc_table():
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
        table.append(byte)
    return table


_CRC_TABLE = _crc_table()


def crc32c(data):
    """CRC-32C (Castagnoli), as headers and region tables carry it."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ _CRC_TABLE[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


def _sealed(data):
    """`data` with its CRC-32C in bytes 4 to 8."""
    return data[:4] + struct.pack("<I", crc32c(data)) + data[8:]


def _file_identifier():
    return b"vhdxfile" + "hvrestore testdata".encode("utf-16-le")


def _header(sequence, identity):
    """One header, 4 KiB. MS-VHDX 2.2.2."""
    fields = struct.pack("<4sIQ", b"head", 0, sequence)
    fields += identity.file_write_guid.bytes_le + identity.data_write_guid.bytes_le
    fields += uuid.UUID(int=0).bytes_le + struct.pack("<HHIQ", 0, 1, MIB, LOG_OFFSET)
    return _sealed(fields.ljust(4 * KIB, b"\0"))


def _region_table(bat_length):
    """The region table, 64 KiB: the metadata lie behind the BAT. MS-VHDX 2.2.3."""
    table = struct.pack("<4sIII", b"regi", 0, 2, 0)
    regions = ((BAT_REGION, BAT_OFFSET, bat_length), (METADATA_REGION, BAT_OFFSET + bat_length, MIB))
    for region, offset, length in regions:
        table += region.bytes_le + struct.pack("<QII", offset, length, 1)
    return _sealed(table.ljust(64 * KIB, b"\0"))


def _locator(parent):
    """The parent locator item. MS-VHDX 2.6.2.6."""
    pairs = {
        "parent_linkage": f"{{{parent.data_write_guid}}}",
        "relative_path": parent.relative_path,
        "volume_path": parent.volume_path,
        "absolute_win32_path": parent.absolute_win32_path,
    }
    at = 20 + 12 * len(pairs)
    entries = text = b""
    for key, value in pairs.items():
        key, value = key.encode("utf-16-le"), value.encode("utf-16-le")
        entries += struct.pack("<IIHH", at, at + len(key), len(key), len(value))
        text += key + value
        at += len(key) + len(value)
    return VHDX_PARENT_LOCATOR.bytes_le + struct.pack("<HH", 0, len(pairs)) + entries + text


def _metadata(size, block_size, identity, parent):
    """The metadata region: its table in 64 KiB, then the items. MS-VHDX 2.6."""
    both = IS_VIRTUAL_DISK | IS_REQUIRED
    parameters = struct.pack("<II", block_size, HAS_PARENT if parent else 0)
    items = [
        (FILE_PARAMETERS, IS_REQUIRED, parameters),
        (VIRTUAL_DISK_SIZE, both, struct.pack("<Q", size)),
        (VIRTUAL_DISK_ID, both, identity.virtual_disk_id.bytes_le),
        (LOGICAL_SECTOR_SIZE, both, struct.pack("<I", SECTOR)),
        (PHYSICAL_SECTOR_SIZE, both, struct.pack("<I", 4096)),
    ]
    if parent:
        items.append((PARENT_LOCATOR, IS_REQUIRED, _locator(parent)))
    table, values = struct.pack("<8sHH20x", b"metadata", 0, len(items)), b""
    for item, flags, value in items:
        table += item.bytes_le + struct.pack("<IIII", 64 * KIB + len(values), len(value), flags, 0)
        values += value
    return table.ljust(64 * KIB, b"\0") + values


def _changed_sectors(new, old):
    """A list of bools, one per sector of two blocks of equal length."""
    return [new[at : at + SECTOR] != old[at : at + SECTOR] for at in range(0, len(new), SECTOR)]


def _pack_bits(bits):
    """Sector bitmap bytes: sector n is bit n % 8 of byte n / 8."""
    packed = bytearray(len(bits) // 8)
    for n, bit in enumerate(bits):
        packed[n // 8] |= bit << n % 8
    return bytes(packed)


class _Layout:
    """Collects the payload of a file and the BAT entries that point to it."""

    def __init__(self, block_size, has_parent):
        self.block_size = block_size
        self.has_parent = has_parent
        self.chunk_ratio = (SECTOR << 23) // block_size
        self.bat = []
        self.payload = bytearray()
        self.bitmaps = {}

    def _place(self, data):
        """Appends a block; its offset with the low 20 bits free for the state."""
        offset = PAYLOAD_OFFSET + len(self.payload)
        self.payload += data
        return offset

    def add(self, number, new, old):
        """Decides how a payload block is stored. `old` is the parent's, None without one."""
        self._end_chunk_before(number)
        blank = not any(new)
        if old is None:
            entry = NOT_PRESENT if blank else self._place(new) | FULLY_PRESENT
        else:
            entry = self._difference(number, new, old, blank)
        self.bat.append(entry)

    def _difference(self, number, new, old, blank):
        if new == old:
            return NOT_PRESENT
        if blank:
            return ZERO
        bits = _changed_sectors(new, old)
        if all(bits):
            return self._place(new) | FULLY_PRESENT
        # Sectors that are not marked belong to the parent: filled, so that reading them shows.
        held = (new[n * SECTOR : (n + 1) * SECTOR] if bit else b"\xdb" * SECTOR for n, bit in enumerate(bits))
        entry = self._place(b"".join(held)) | PARTIALLY_PRESENT
        chunk, block = divmod(number, self.chunk_ratio)
        bitmap = self.bitmaps.setdefault(chunk, bytearray(MIB))
        size = self.block_size // SECTOR // 8
        bitmap[block * size : (block + 1) * size] = _pack_bits(bits)
        return entry

    def _end_chunk_before(self, number):
        """After each `chunk_ratio` payload entries comes one for their sector bitmap."""
        if number and number % self.chunk_ratio == 0:
            self.bat.append(self._bitmap_entry(number // self.chunk_ratio - 1))

    def _bitmap_entry(self, chunk):
        bitmap = self.bitmaps.get(chunk)
        return self._place(bitmap) | FULLY_PRESENT if bitmap else NOT_PRESENT

    def finish(self, blocks):
        """The last chunk's bitmap entry stands at its full distance; only a child has it."""
        if self.has_parent:
            self.bat += [NOT_PRESENT] * (-blocks % self.chunk_ratio)
            self.bat.append(self._bitmap_entry((blocks - 1) // self.chunk_ratio))
        return struct.pack(f"<{len(self.bat)}Q", *self.bat)


def head(size, block_size, identity, parent=None, bat_length=MIB):
    """All of a file but BAT and payload, by offset, for a disk of `size` bytes.

    The BAT belongs at BAT_OFFSET, `bat_length` (whole MiB) after which come the metadata, 1 MiB.
    """
    return {
        0: _file_identifier(),
        64 * KIB: _header(1, identity),
        128 * KIB: _header(2, identity),
        192 * KIB: _region_table(bat_length),
        256 * KIB: _region_table(bat_length),
        BAT_OFFSET + bat_length: _metadata(size, block_size, identity, parent),
    }


def write(path, disk, identity, block_size=MIB, parent=None, parent_disk=None):
    """Writes `disk` (bytes, whole blocks) as a VHDX; over `parent_disk` when there is a `parent`."""
    layout = _Layout(block_size, parent is not None)
    blocks = len(disk) // block_size
    for number in range(blocks):
        span = slice(number * block_size, (number + 1) * block_size)
        layout.add(number, disk[span], parent_disk[span] if parent else None)
    parts = head(len(disk), block_size, identity, parent) | {
        BAT_OFFSET: layout.finish(blocks),
        PAYLOAD_OFFSET: layout.payload,
    }
    with open(path, "wb") as file:
        for offset, data in parts.items():
            file.seek(offset)
            file.write(data)
        file.truncate(PAYLOAD_OFFSET + len(layout.payload))
