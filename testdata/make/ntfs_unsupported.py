#!/usr/bin/env python3
"""unsupported: files whose data lies elsewhere or is encoded in a way that is not read yet.

Each must fail as "not supported" and name the reason, never give zeros or an empty file; but for
WOF's, whose content is on the volume.
"""

import struct

from content import noise, prose
from ntfs_edit import DATA, STANDARD_INFORMATION
from volume import Volume, stream

WOF, DEDUP, HSM, HSM2 = 0x80000017, 0x80000013, 0xC0000004, 0x80000006
CLOUD, CLOUD_6, APP_EXEC_LINK = 0x9000001A, 0x9000601A, 0x8000001B
VENDOR = 0x00001234
XPRESS4K = 0
ENCRYPTED = 0x4000


def main():
    shows = "deduplicated, cloud, HSM, vendor and EFS files: named, never zeros; one that WOF keeps is read"
    volume = Volume("unsupported", shows)
    with volume.mounted():
        volume.file("/ordinary.txt", prose("ordinary", 2_000))
        wof(volume, "/wof.txt", prose("wof", 10_000))
        elsewhere(volume, "/dedup.bin", DEDUP, noise("dedup", 124), "dedup", 300_000)
        elsewhere(volume, "/cloud.docx", CLOUD, noise("cloud", 200), "cloud", 50_000)
        elsewhere(volume, "/cloud-6.docx", CLOUD_6, noise("cloud6", 200), "cloud", 50_000)
        elsewhere(volume, "/hsm.bin", HSM, noise("hsm", 80), "hsm", 70_000)
        elsewhere(volume, "/hsm2.bin", HSM2, noise("hsm2", 80), "hsm", 70_000)
        vendor = bytes.fromhex("5e0bd1a1c2f34e4b9d5a7c8e9f001122")
        elsewhere(volume, "/vendor.bin", VENDOR, noise("vendor", 40), "reparse", 40_000, guid=vendor)
        volume.file("/efs.txt", noise("efs", 12_288))
        volume.file("/efs-small.txt", noise("efs small", 200))
        volume.dir("/folder")
        volume.file("/folder/ordinary too.txt", prose("ordinary too", 300))
    with volume.edited() as image:
        for path in ("/efs.txt", "/efs-small.txt"):
            encrypt(volume, image, path)
    volume.pack()


def elsewhere(volume, path, tag, data, reason, size, guid=b""):
    """A file of `size` that holds nothing itself, and a reparse point."""
    node = volume.sparse_file(path, size)
    node.streams[""] = {"size": size}
    node.unsupported = reason
    volume.set_reparse(path, tag, data, guid=guid)


def wof(volume, path, data):
    """All chunks stored as they are, which WOF allows when they do not shrink."""
    node = volume.sparse_file(path, len(data))
    ends = range(4096, len(data), 4096)
    table = b"".join(struct.pack("<I", end) for end in ends)
    volume.stream(path, "WofCompressedData", table + data)
    node.streams = {"": stream(data)}
    node.kept = "wof"
    volume.set_reparse(path, WOF, struct.pack("<IIII", 1, 2, 1, XPRESS4K))


def encrypt(volume, image, path):
    """Flags the file and its data as encrypted; the bytes stand for ciphertext."""
    node = volume.nodes[path]
    record = image.record(node.record)
    standard = record.find(STANDARD_INFORMATION)
    at = standard.value_offset() - standard.offset + 0x20
    standard.put("<I", at, standard.u32(at) | ENCRYPTED)
    data = record.find(DATA)
    data.put("<H", 0x0C, data.u16(0x0C) | ENCRYPTED)
    image.save(record)
    node.streams[""] = {"size": node.streams[""]["size"]}
    node.unsupported = "efs"


if __name__ == "__main__":
    main()
