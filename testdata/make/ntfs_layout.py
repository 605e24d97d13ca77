"""Moves data runs between a base record and its extension record, as Windows lays them out.

ntfs-3g always fills the base record first and then makes the attribute list non-resident. Windows
also keeps lists resident, and moves every fragment out of the base record.
"""

import struct

from ntfs_edit import ATTRIBUTE_LIST, RECORD_MASK, Attribute

_LIST_ENTRY = "<IHBBQQH"


def encode_runs(runs):
    """Mapping pairs of [(vcn, lcn or None, clusters)], with the end byte."""
    out, last = bytearray(), 0
    for _, lcn, clusters in runs:
        size = _signed(clusters)
        delta = b"" if lcn is None else _signed(lcn - last)
        out += bytes([len(size) | len(delta) << 4]) + size + delta
        last = last if lcn is None else lcn
    return bytes(out) + b"\0"


def _signed(value):
    width = 1
    while not -(1 << 8 * width - 1) <= value < 1 << 8 * width - 1:
        width += 1
    return value.to_bytes(width, "little", signed=True)


def replace(attribute, new):
    """Puts `new` (b"" removes it) where the attribute was; what follows moves up or down."""
    record = attribute.record
    in_use = struct.unpack_from("<I", record.data, 0x18)[0]
    tail = record.data[attribute.offset + attribute.length : in_use]
    changed = record.data[: attribute.offset] + new + tail
    if len(changed) > len(record.data):
        raise ValueError(f"record {record.number} is full")
    struct.pack_into("<I", changed, 0x18, len(changed))
    record.data[:] = changed.ljust(len(record.data), b"\0")


def with_runs(attribute, runs, header=None):
    """The bytes of a non-resident attribute that holds just `runs`."""
    header = bytearray(header or attribute.record.data[attribute.offset :][: attribute.u16(0x20)])
    packed = header + encode_runs(runs)
    packed += bytes(-len(packed) % 8)
    last_vcn = runs[-1][0] + runs[-1][2] - 1
    struct.pack_into("<I", packed, 4, len(packed))
    struct.pack_into("<QQ", packed, 0x10, runs[0][0], last_vcn)
    return bytes(packed)


def move_runs(image, base, type, keep):
    """Leaves `keep` runs of the unnamed attribute in the base record, the rest moves to the next.

    With `keep` 0 the sizes move as well, and the base record no longer has the attribute.
    """
    first = base.find(type)
    listed = sorted(image.listed(base, type))
    extension = image.record(next(number for *_, number in listed if number != base.number))
    second = extension.find(type)
    runs, old_vcn = first.runs(), second.u64(0x10)
    moved = runs[keep:] + second.runs()
    sizes = None if keep else bytes(base.data[first.offset :][: first.u16(0x20)])
    instance = second.u16(0x0E)
    if sizes:
        sizes = sizes[:0x0E] + struct.pack("<H", instance) + sizes[0x10:]
    replace(second, with_runs(second, moved, sizes))
    image.save(extension)
    replace(first, with_runs(first, runs[:keep]) if keep else b"")
    _relist(image, base, type, old_vcn, moved[0][0], drop_first=not keep)
    image.save(base)


def _list_entries(image, base):
    """The raw entries of the attribute list."""
    content, at, found = image.content(base.find(ATTRIBUTE_LIST)), 0, []
    while at + 26 <= len(content):
        length = struct.unpack_from("<H", content, at + 4)[0]
        found.append(bytearray(content[at : at + length]))
        at += length
    return found


def _relist(image, base, type, old_vcn, new_vcn, drop_first):
    """Writes the new lowest VCN into the list; drops the base record's own entry if asked."""
    kept = []
    for entry in _list_entries(image, base):
        entry_type, _, chars, _, vcn, reference, _ = struct.unpack_from(_LIST_ENTRY, entry)
        ours = entry_type == type and chars == 0
        if ours and drop_first and reference & RECORD_MASK == base.number:
            continue
        if ours and vcn == old_vcn and reference & RECORD_MASK != base.number:
            struct.pack_into("<Q", entry, 8, new_vcn)
        kept.append(entry)
    _store_list(image, base, b"".join(kept))


def _store_list(image, base, content):
    """The same non-resident list with new content, in the clusters that it has."""
    attribute = base.find(ATTRIBUTE_LIST)
    image.write_content(attribute, content)
    attribute.put("<QQ", 0x30, len(content), len(content))


def make_list_resident(image, base):
    """Takes a non-resident attribute list into the base record, and frees its clusters."""
    attribute = base.find(ATTRIBUTE_LIST)
    content, runs = image.content(attribute), attribute.runs()
    header = struct.pack("<IIBBHHHIHBB", ATTRIBUTE_LIST, 0, 0, 0, 0x18, 0, attribute.u16(0x0E),
                         len(content), 0x18, 0, 0)
    packed = bytearray(header + content + bytes(-len(content) % 8))
    struct.pack_into("<I", packed, 4, len(packed))
    replace(attribute, bytes(packed))
    assert Attribute(base, attribute.offset).resident
    image.save(base)
    for _, lcn, clusters in runs:
        image.free(lcn, clusters)
