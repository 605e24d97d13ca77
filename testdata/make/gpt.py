"""Writes a GPT disk with a protective MBR, after UEFI 2.10 chapter 5."""

import struct
import uuid
import zlib

SECTOR = 512
ENTRIES, ENTRY_SIZE = 128, 128
TABLE_SECTORS = ENTRIES * ENTRY_SIZE // SECTOR

MICROSOFT_RESERVED = uuid.UUID("E3C9E316-0B5C-4DB8-817D-F92DF00215AE")
BASIC_DATA = uuid.UUID("EBD0A0A2-B9E5-4433-87C0-68B6B72699C7")


def protective_mbr(sectors):
    """One partition of type 0xEE over the whole disk."""
    size = min(sectors - 1, 0xFFFFFFFF)
    entry = struct.pack("<B3sB3sII", 0, b"\0\2\0", 0xEE, b"\xff\xff\xff", 1, size)
    return bytes(446) + entry + bytes(48) + b"\x55\xaa"


def entry(kind, identity, first, last, name):
    """A partition from sector `first` to `last`, both included."""
    text = name.encode("utf-16-le").ljust(72, b"\0")
    return kind.bytes_le + identity.bytes_le + struct.pack("<QQQ", first, last, 0) + text


def header(own, other, sectors, table_at, disk_id, table):
    """The header that lies at sector `own`, 92 bytes padded to a sector."""

    def fields(crc):
        return struct.pack(
            "<8sIIIIQQQQ16sQIII", b"EFI PART", 0x10000, 92, crc, 0, own, other,
            2 + TABLE_SECTORS, sectors - TABLE_SECTORS - 2, disk_id.bytes_le,
            table_at, ENTRIES, ENTRY_SIZE, zlib.crc32(table),
        )

    return fields(zlib.crc32(fields(0))).ljust(SECTOR, b"\0")


def write(disk, disk_id, entries):
    """Puts both tables into `disk` (a bytearray of whole sectors)."""
    sectors = len(disk) // SECTOR
    table = b"".join(entries).ljust(ENTRIES * ENTRY_SIZE, b"\0")
    last = sectors - 1
    first_part = protective_mbr(sectors) + header(1, last, sectors, 2, disk_id, table) + table
    last_part = table + header(last, 1, sectors, last - TABLE_SECTORS, disk_id, table)
    disk[: len(first_part)] = first_part
    disk[-len(last_part) :] = last_part
