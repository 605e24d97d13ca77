"""Edits the structures of an NTFS image in place: what no driver would write for us.

Reads only as much NTFS as the patches need; it shares no code with the reader under test.
All integers are little-endian. Offsets of fields are those of an NTFS 3.1 file record.
"""

import struct

STANDARD_INFORMATION = 0x10
ATTRIBUTE_LIST = 0x20
FILE_NAME = 0x30
VOLUME_INFORMATION = 0x70
DATA = 0x80
INDEX_ROOT = 0x90
INDEX_ALLOCATION = 0xA0
BITMAP = 0xB0
REPARSE_POINT = 0xC0
LOGGED_UTILITY_STREAM = 0x100
END = 0xFFFFFFFF

BITMAP_RECORD = 6
FIXUP_STRIDE = 512
RECORD_MASK = (1 << 48) - 1


class Attribute:
    """One attribute of a record: a window onto the record's bytes."""

    def __init__(self, record, offset):
        self.record = record
        self.offset = offset
        data = record.data
        self.type, self.length = struct.unpack_from("<II", data, offset)
        self.resident = data[offset + 8] == 0
        name_length, name_offset = data[offset + 9], self.u16(0x0A)
        start = offset + name_offset
        self.name = bytes(data[start : start + 2 * name_length]).decode("utf-16-le", "surrogatepass")

    def u16(self, at):
        return struct.unpack_from("<H", self.record.data, self.offset + at)[0]

    def u32(self, at):
        return struct.unpack_from("<I", self.record.data, self.offset + at)[0]

    def u64(self, at):
        return struct.unpack_from("<Q", self.record.data, self.offset + at)[0]

    def put(self, layout, at, *values):
        """Packs `values` at `at` bytes into the attribute."""
        struct.pack_into(layout, self.record.data, self.offset + at, *values)

    def value_offset(self):
        """Where a resident value starts, from the start of the record."""
        return self.offset + self.u16(0x14)

    def value(self):
        start = self.value_offset()
        return bytes(self.record.data[start : start + self.u32(0x10)])

    def runs(self):
        """[(vcn, lcn or None, clusters)] of this one fragment."""
        data, at = self.record.data, self.offset + self.u16(0x20)
        vcn, lcn, found = self.u64(0x10), 0, []
        while data[at]:
            size, width = data[at] & 15, data[at] >> 4
            clusters = int.from_bytes(data[at + 1 : at + 1 + size], "little")
            delta = data[at + 1 + size : at + 1 + size + width]
            lcn += int.from_bytes(delta, "little", signed=True)
            found.append((vcn, lcn if width else None, clusters))
            vcn += clusters
            at += 1 + size + width
        return found


class Record:
    """A file record with its fixups undone."""

    def __init__(self, number, raw):
        self.number = number
        self.data = bytearray(raw)
        if self.data[:4] != b"FILE":
            raise ValueError(f"record {number} has no FILE signature")
        undo_fixups(self.data)

    def attributes(self):
        at = struct.unpack_from("<H", self.data, 0x14)[0]
        while struct.unpack_from("<I", self.data, at)[0] != END:
            attribute = Attribute(self, at)
            yield attribute
            at += attribute.length

    def find(self, type, name=""):
        """The first attribute of that type and name in this record, or None."""
        return next((a for a in self.attributes() if (a.type, a.name) == (type, name)), None)

    def base(self):
        """The record this one extends, 0 when it extends none."""
        return struct.unpack_from("<Q", self.data, 0x20)[0] & RECORD_MASK


def undo_fixups(data):
    """Puts the saved two bytes back at the end of each 512."""
    at, count = struct.unpack_from("<HH", data, 4)
    for n in range(1, count):
        end = n * FIXUP_STRIDE
        data[end - 2 : end] = data[at + 2 * n : at + 2 * n + 2]


def apply_fixups(data):
    """`data` as it must lie on disk."""
    disk = bytearray(data)
    at, count = struct.unpack_from("<HH", data, 4)
    for n in range(1, count):
        end = n * FIXUP_STRIDE
        disk[at + 2 * n : at + 2 * n + 2] = data[end - 2 : end]
        disk[end - 2 : end] = data[at : at + 2]
    return bytes(disk)


class Image:
    """An NTFS volume in a file, opened for patching."""

    def __init__(self, path, offset=0):
        self.file = open(path, "r+b")
        self.offset = offset
        boot = self.read(0, 512)
        self.sector_size = struct.unpack_from("<H", boot, 0x0B)[0]
        per_cluster = boot[0x0D] if boot[0x0D] <= 128 else 1 << (256 - boot[0x0D])
        self.cluster_size = self.sector_size * per_cluster
        self.sectors, self.mft_lcn, self.mirror_lcn = struct.unpack_from("<QQQ", boot, 0x28)
        clusters = struct.unpack_from("<b", boot, 0x40)[0]
        self.record_size = clusters * self.cluster_size if clusters > 0 else 1 << -clusters
        self.mft_runs = []
        self.mft_runs = self._find_mft()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()

    def read(self, at, size):
        self.file.seek(self.offset + at)
        return self.file.read(size)

    def write(self, at, data):
        self.file.seek(self.offset + at)
        self.file.write(data)

    def _find_mft(self):
        base = Record(0, self.read(self.mft_lcn * self.cluster_size, self.record_size))
        self.mft_runs = base.find(DATA).runs()
        return self.fragments(base, DATA)

    def fragments(self, base, type, name=""):
        """All runs of an attribute, over the extension records that `base` lists."""
        first = base.find(type, name)
        runs = first.runs() if first else []
        for _, vcn, number in sorted(self.listed(base, type, name)):
            if number != base.number:
                part = self.record(number)
                runs += next(
                    a.runs() for a in part.attributes()
                    if (a.type, a.name) == (type, name) and a.u64(0x10) == vcn
                )
                if base.number == 0:
                    self.mft_runs = runs
        return runs

    def attribute(self, base, type, name=""):
        """The attribute's first part, in the base record or wherever the list puts it."""
        found = base.find(type, name)
        if found:
            return found
        _, _, number = min(self.listed(base, type, name))
        return self.record(number).find(type, name)

    def listed(self, base, type, name=""):
        """[(type, lowest VCN, record)] of the attribute list's entries for one attribute."""
        found = []
        for entry_type, entry_name, vcn, number in self.list_entries(base):
            if (entry_type, entry_name) == (type, name):
                found.append((entry_type, vcn, number))
        return found

    def list_entries(self, base):
        """[(type, name, lowest VCN, record)] of the whole attribute list, [] without one."""
        attribute = base.find(ATTRIBUTE_LIST)
        if attribute is None:
            return []
        content, at, found = self.content(attribute), 0, []
        while at + 26 <= len(content):
            type, length, chars, name_at, vcn, reference = struct.unpack_from("<IHBBQQ", content, at)
            name = content[at + name_at : at + name_at + 2 * chars].decode("utf-16-le", "surrogatepass")
            found.append((type, name, vcn, reference & RECORD_MASK))
            at += length
        return found

    def content(self, attribute):
        """The bytes of an attribute that lies in one record."""
        if attribute.resident:
            return attribute.value()
        parts = []
        for _, lcn, clusters in attribute.runs():
            size = clusters * self.cluster_size
            parts.append(bytes(size) if lcn is None else self.read(lcn * self.cluster_size, size))
        return b"".join(parts)[: attribute.u64(0x30)]

    def record_pieces(self, number):
        """[(volume offset, size)] of a record, which may straddle runs of $MFT."""
        at, left, pieces = number * self.record_size, self.record_size, []
        while left:
            vcn, skip = divmod(at, self.cluster_size)
            lcn = next(l + vcn - v for v, l, n in self.mft_runs if v <= vcn < v + n)
            size = min(left, self.cluster_size - skip)
            pieces.append((lcn * self.cluster_size + skip, size))
            at, left = at + size, left - size
        return pieces

    def record_offset(self, number):
        """Where a record begins on the volume."""
        return self.record_pieces(number)[0][0]

    def raw_record(self, number):
        return b"".join(self.read(at, size) for at, size in self.record_pieces(number))

    def write_raw_record(self, number, raw):
        for at, size in self.record_pieces(number):
            self.write(at, raw[:size])
            raw = raw[size:]

    def record(self, number):
        return Record(number, self.raw_record(number))

    def save(self, record):
        """Writes a record back with its fixups; one that $MFTMirr repeats, there too."""
        raw = apply_fixups(record.data)
        self.write_raw_record(record.number, raw)
        if record.number < max(4, self.cluster_size // self.record_size):
            self.write(self.mirror_lcn * self.cluster_size + record.number * self.record_size, raw)

    def occupy(self, wanted):
        """Marks clusters as used in $Bitmap, so that the driver keeps off them.

        `wanted(n)` is the byte for clusters 8n to 8n + 7. Returns what `release` needs.
        """
        bitmap = self.record(BITMAP_RECORD).find(DATA)
        before = self.content(bitmap)
        held = bytes(wanted(n) & ~byte for n, byte in enumerate(before))
        self.write_content(bitmap, bytes(map(int.__or__, before, held)))
        return held

    def release(self, held):
        """Frees the clusters again that `occupy` marked."""
        bitmap = self.record(BITMAP_RECORD).find(DATA)
        now = self.content(bitmap)
        self.write_content(bitmap, bytes(byte & ~h for byte, h in zip(now, held, strict=True)))

    def free(self, lcn, clusters):
        """Clears clusters in $Bitmap."""
        bitmap = self.record(BITMAP_RECORD).find(DATA)
        bits = bytearray(self.content(bitmap))
        for n in range(lcn, lcn + clusters):
            bits[n // 8] &= ~(1 << n % 8)
        self.write_content(bitmap, bytes(bits))

    def write_content(self, attribute, data):
        """Replaces a non-resident attribute's bytes, from the first."""
        for _, lcn, clusters in attribute.runs():
            size = clusters * self.cluster_size
            self.write(lcn * self.cluster_size, data[:size])
            data = data[size:]

    def set_serial(self, serial):
        """Volume serial number, in the boot sector and in its copy at the end."""
        for at in (0, self.sectors * self.sector_size):
            self.write(at + 0x48, struct.pack("<Q", serial))

    def set_times(self, number, created, modified, changed, accessed):
        """$STANDARD_INFORMATION of a record; the copies in $FILE_NAME and the index stay stale."""
        record = self.record(number)
        attribute = record.find(STANDARD_INFORMATION)
        at = attribute.value_offset() - attribute.offset
        attribute.put("<4Q", at, created, modified, changed, accessed)
        self.save(record)
