#!/usr/bin/env python3
"""broken-*: one fault an image. The item that it hits is an error, everything else is read.

`lost` of an entry says what must be reported: "listing" (a directory whose own index cannot be
read whole), "data" (some or all of the unnamed stream), "record" (nothing but the name is left),
"path" (no way leads there any more).
`found_by_scan` marks what only a scan of $MFT still finds.
"""

import struct

from content import pattern, prose
from ntfs_edit import (ATTRIBUTE_LIST, DATA, FILE_NAME, INDEX_ALLOCATION, INDEX_ROOT,
                       VOLUME_INFORMATION, apply_fixups, undo_fixups)
from volume import MIB, Volume, stream

VOLUME_RECORD, DIRTY = 3, 1
INDEX_BLOCK = 4096


def tree(name, shows):
    """The same small tree for each fault."""
    volume = Volume(f"broken-{name}", shows, 2 * MIB)
    with volume.mounted():
        volume.dirs("/folder/inner")
        volume.file("/folder/victim.bin", pattern("victim", 40_000))
        volume.file("/folder/beside.bin", pattern("beside", 30_000))
        volume.file("/folder/inner/deep.txt", prose("deep", 900))
        volume.file("/small.txt", prose("small", 300))
        volume.dir("/many")
        for n in range(120):
            volume.file(f"/many/entry number {n:03} in this directory.txt", prose(f"b{n % 3}", 40))
        volume.file("/last.txt", prose("last", 5_000))
    return volume


def victim(volume, image, path="/folder/victim.bin"):
    return image.record(volume.nodes[path].record)


def lose(volume, path, what):
    volume.nodes[path].lost = what


def fixup(volume, image):
    """The last sector of the record was not written: its check bytes do not match."""
    number = volume.nodes["/folder/victim.bin"].record
    raw = bytearray(image.raw_record(number))
    raw[1022:1024] = b"\xee\xee"
    image.write_raw_record(number, raw)
    lose(volume, "/folder/victim.bin", "record")


def signature(volume, image):
    """chkdsk's mark for a record that it gave up, and a record of random bytes."""
    number = volume.nodes["/folder/victim.bin"].record
    raw = bytearray(image.raw_record(number))
    raw[:4] = b"BAAD"
    image.write_raw_record(number, raw)
    image.write_raw_record(volume.nodes["/last.txt"].record, pattern("garbage", image.record_size))
    lose(volume, "/folder/victim.bin", "record")
    lose(volume, "/last.txt", "record")


def attribute_length(volume, image):
    """An attribute of length 0, and one that ends far behind the record."""
    for path, length in (("/folder/victim.bin", 0), ("/last.txt", 0xFFFF_FFF0)):
        record = victim(volume, image, path)
        record.find(DATA).put("<I", 4, length)
        image.save(record)
        lose(volume, path, "data")


def self_parent(volume, image):
    """A directory whose index lists itself, and whose $FILE_NAME names itself as parent."""
    folder = volume.nodes["/folder/inner"].record
    record = image.record(folder)
    name = record.find(FILE_NAME)
    at = name.value_offset() - name.offset
    own = folder | struct.unpack_from("<H", record.data, 0x10)[0] << 48
    name.put("<Q", at, own)
    root = record.find(INDEX_ROOT, "$I30")
    entry = root.value_offset() - root.offset + 32
    root.put("<Q", entry, own)
    image.save(record)
    # Its one entry, deep.txt, now leads back to the directory itself; the file's own record tells.
    lose(volume, "/folder/inner", "listing")
    volume.note("/folder/inner/deep.txt", found_by_scan=True)


def extension_cycle(volume, image):
    """An attribute list that leads to the base record, and to one that belongs to another file."""
    record = victim(volume, image)
    data = record.find(DATA)
    own = record.number | struct.unpack_from("<H", record.data, 0x10)[0] << 48
    other = image.record(volume.nodes["/last.txt"].record)
    foreign = other.number | struct.unpack_from("<H", other.data, 0x10)[0] << 48
    entries = b"".join(
        struct.pack("<IHBBQQH6x", DATA, 32, 0, 26, vcn, reference, data.u16(0x0E))
        for vcn, reference in ((0, own), (4, own), (8, foreign))
    )
    header = struct.pack("<IIBBHHHIHBB", ATTRIBUTE_LIST, 24 + len(entries), 0, 0, 24, 0, 60,
                         len(entries), 24, 0, 0)
    insert_before(record, FILE_NAME, header + entries)
    data = record.find(DATA)
    data.put("<Q", 0x18, 3)  # highest VCN of a first part that is all there is
    image.save(record)
    lose(volume, "/folder/victim.bin", "data")


def insert_before(record, type, new):
    at = record.find(type).offset
    in_use = struct.unpack_from("<I", record.data, 0x18)[0]
    changed = record.data[:at] + new + record.data[at:in_use]
    struct.pack_into("<I", changed, 0x18, len(changed))
    record.data[:] = changed.ljust(len(record.data), b"\0")


def run_beyond(volume, image):
    """The second of two runs lies behind the end of the volume: the first is still good."""
    record = victim(volume, image)
    data = record.find(DATA)
    (_, lcn, clusters), = data.runs()
    runs = bytes([0x21, 4]) + struct.pack("<H", lcn)
    runs += bytes([0x41, clusters - 4]) + struct.pack("<i", 0x0012_0000) + b"\0"
    packed = bytearray(record.data[data.offset : data.offset + data.u16(0x20)]) + runs
    packed += bytes(-len(packed) % 8)
    struct.pack_into("<I", packed, 4, len(packed))
    in_use = struct.unpack_from("<I", record.data, 0x18)[0]
    changed = record.data[: data.offset] + packed + record.data[data.offset + data.length : in_use]
    struct.pack_into("<I", changed, 0x18, len(changed))
    record.data[:] = changed.ljust(len(record.data), b"\0")
    image.save(record)
    lose(volume, "/folder/victim.bin", "data")
    volume.note("/folder/victim.bin", good=stream(pattern("victim", 40_000)[: 4 * 4096]))


def run_negative(volume, image):
    """The run list begins in front of the volume."""
    record = victim(volume, image)
    data = record.find(DATA)
    at = data.u16(0x20)
    assert record.data[data.offset + at] == 0x21
    data.put("<h", at + 2, -5)
    image.save(record)
    lose(volume, "/folder/victim.bin", "data")


def absurd_size(volume, image):
    """Sizes near 2^63 over ten clusters; and a resident value longer than its record."""
    record = victim(volume, image)
    record.find(DATA).put("<QQQ", 0x28, 1 << 62, (1 << 63) - 1, (1 << 63) - 1)
    image.save(record)
    small = victim(volume, image, "/small.txt")
    small.find(DATA).put("<I", 0x10, 0x7FFF_FFFF)
    image.save(small)
    lose(volume, "/folder/victim.bin", "data")
    lose(volume, "/small.txt", "data")
    del volume.nodes["/folder/victim.bin"].streams[""]
    del volume.nodes["/small.txt"].streams[""]


def index_block(volume, image):
    """One index block of /many is overwritten: what only it listed is found by scanning $MFT."""
    record = image.record(volume.nodes["/many"].record)
    (_, lcn, clusters), *_ = record.find(INDEX_ALLOCATION, "$I30").runs()
    assert clusters >= 2
    block, at = read_index_block(image, lcn + 1)
    image.write(at, pattern("index block", INDEX_BLOCK))
    lose(volume, "/many", "listing")
    left_to_the_scan(volume, block)


def index_cycle(volume, image):
    """The last child pointer of an index node of /many leads back to the node itself."""
    record = image.record(volume.nodes["/many"].record)
    (_, lcn, _), *_ = record.find(INDEX_ALLOCATION, "$I30").runs()
    own_vcn = first_child(image.attribute(record, INDEX_ROOT, "$I30"))
    node, at = read_index_block(image, lcn + own_vcn)
    pointer = 0x18 + struct.unpack_from("<I", node, 0x1C)[0] - 8
    below, _ = read_index_block(image, lcn + struct.unpack_from("<Q", node, pointer)[0])
    struct.pack_into("<Q", node, pointer, own_vcn)
    image.write(at, apply_fixups(node))
    lose(volume, "/many", "listing")
    left_to_the_scan(volume, below)


def read_index_block(image, lcn):
    """An index block with its fixups undone, and where it lies."""
    at = lcn * image.cluster_size
    block = bytearray(image.read(at, INDEX_BLOCK))
    assert block[:4] == b"INDX"
    undo_fixups(block)
    return block, at


def first_child(root):
    """VCN that the first entry of an index root leads to."""
    at = root.value_offset() - root.offset + 16
    at += root.u32(at)
    assert root.u16(at + 12) & 1
    return root.u64(at + root.u16(at + 8) - 8)


def left_to_the_scan(volume, block):
    """Marks what only this block of /many listed."""
    for path in volume.nodes:
        if path.startswith("/many/") and path[6:].encode("utf-16-le") in block:
            volume.note(path, found_by_scan=True)


def mft_record_0(volume, image):
    """Record 0 of $MFT is gone: $MFTMirr has it."""
    image.write(image.mft_lcn * image.cluster_size, bytes(image.record_size))


def boot_sector(volume, image):
    """The first boot sector is gone: its copy is behind the last sector of the volume."""
    image.write(0, bytes(512))


def dirty(volume, image):
    """Volume flag 1, as on every machine that was running when it was backed up."""
    record = image.record(VOLUME_RECORD)
    information = record.find(VOLUME_INFORMATION)
    at = information.value_offset() - information.offset + 10
    information.put("<H", at, information.u16(at) | DIRTY)
    image.save(record)
    volume.dirty = True


def stale_size(volume, image):
    """The index says 7 bytes, 1601 and hidden; the file record is right."""
    record = victim(volume, image)
    name = record.find(FILE_NAME)
    at = name.value_offset() - name.offset + 8
    name.put("<4QQQI", at, 0, 0, 0, 0, 8, 7, 2)
    image.save(record)
    folder = image.record(volume.nodes["/folder"].record)
    root = folder.find(INDEX_ROOT, "$I30")
    where = folder.data.find("victim.bin".encode("utf-16-le"), root.offset) - 66
    struct.pack_into("<4QQQI", folder.data, where + 8, 0, 0, 0, 0, 8, 7, 2)
    image.save(folder)


FAULTS = {
    "fixup": fixup,
    "signature": signature,
    "attribute-length": attribute_length,
    "self-parent": self_parent,
    "extension-cycle": extension_cycle,
    "run-beyond": run_beyond,
    "run-negative": run_negative,
    "absurd-size": absurd_size,
    "index-block": index_block,
    "index-cycle": index_cycle,
    "mft-record-0": mft_record_0,
    "boot-sector": boot_sector,
    "dirty": dirty,
    "stale-size": stale_size,
}


def main():
    for name, fault in FAULTS.items():
        volume = tree(name, fault.__doc__.strip().rstrip("."))
        with volume.edited() as image:
            fault(volume, image)
        volume.pack()


if __name__ == "__main__":
    main()
