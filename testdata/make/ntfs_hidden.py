#!/usr/bin/env python3
"""hidden: encrypted files with their $EFS, and files and folders of the cloud, of storage systems and
of other software.

What is encrypted fails as "not supported" and names who could decrypt it; its ciphertext, down to
the end of the last sector, can be had as it is. A folder's entries are there whatever its tag.
"""

import os

import efs
from content import noise, prose
from ntfs_edit import STANDARD_INFORMATION
from volume import Volume, sha256

AZURE_FILE_SYNC, SIS, NFS = 0x8000001E, 0x80000007, 0x80000014
COMMVAULT, ACRONIS = 0x0000001D, 0x0000006A
CLOUD_7, PROJFS, GLOBAL_REPARSE = 0x9000701A, 0x9000001C, 0xA0000019
RECALL_ON_DATA_ACCESS = 0x400000
NFS_PIPE = (0x4F464946).to_bytes(8, "little")

ANA = efs.holder(
    "ana(ana@corp.example)",
    "S-1-5-21-2025018970-693384732-167712168-1232",
    "1f2e3d4c5b6a79888796a5b4c3d2e1f00f1e2d3c",
    container="d7f0c3c0-6a8f-4c57-9c26-9f5f7a1b2c3d",
    provider="Microsoft Enhanced Cryptographic Provider v1.0",
)
BEN = efs.holder("ben(ben@corp.example)", None, "00112233445566778899aabbccddeeff01234567")
AGENT = efs.holder(
    "Administrator", "S-1-5-21-2025018970-693384732-167712168-500", "ffeeddccbbaa99887766554433221100deadbeef"
)


def main():
    shows = "EFS with $EFS: ciphertext and who could decrypt; folders and stubs of cloud, HSM and other software"
    volume = Volume("hidden", shows)
    with volume.mounted():
        volume.file("/plain.txt", prose("plain", 1_000))
        volume.dir("/secret")
        encrypted(volume, "/secret/payroll.xlsx", 20_001, [ANA, BEN], [AGENT], streams={"notes": 700})
        encrypted(volume, "/secret/one byte.txt", 1, [ANA])
        encrypted(volume, "/secret/whole sectors.bin", 8_192, [BEN])
        folder(volume, "/OneDrive", CLOUD_7, noise("onedrive", 60))
        folder(volume, "/OneDrive later", CLOUD_7, noise("later", 60), elsewhere="cloud")
        folder(volume, "/projected", PROJFS, noise("projected", 40), elsewhere="reparse")
        stub(volume, "/synced.docx", AZURE_FILE_SYNC, "cloud")
        stub(volume, "/single.doc", SIS, "reparse")
        stub(volume, "/archived.pst", COMMVAULT, "hsm", guid=noise("commvault", 16))
        stub(volume, "/archived.zip", ACRONIS, "hsm", guid=noise("acronis", 16))
        stub(volume, "/elsewhere", GLOBAL_REPARSE, "reparse", kind="other")
        volume.file("/pipe")
        volume.set_reparse("/pipe", NFS, NFS_PIPE, kind="other")
    with volume.edited() as image:
        add_attribute_bits(volume, image, "/OneDrive later", RECALL_ON_DATA_ACCESS)
    volume.pack()


def encrypted(volume, path, size, users, recovery=(), streams=None):
    """A file whose streams are encrypted. The manifest keeps what its clusters hold."""
    node = volume.file(path)
    node.streams = {}
    for name, length in {"": size, **(streams or {})}.items():
        stored = efs.ciphertext(f"{path}:{name}", length)
        with open(volume.host(f"{path}:{name}" if name else path), "wb") as file:
            file.write(efs.for_driver(stored, length))
        node.streams[name] = {"size": length, "stored": len(stored), "stored_sha256": sha256(stored)}
    value = efs.attribute(path, users, recovery)
    os.setxattr(volume.host(path), "system.ntfs_efsinfo", value)
    node.unsupported = "efs"
    volume.note(path, efs={"size": len(value), "sha256": sha256(value), "users": users, "recovery": list(recovery)})


def folder(volume, path, tag, data, elsewhere=None):
    """A folder with a tag, and what is in it; `elsewhere` says who may have more of it."""
    volume.dir(path)
    volume.file(f"{path}/here.txt", prose(path, 500))
    volume.set_reparse(path, tag, data)
    if elsewhere:
        volume.note(path, elsewhere=elsewhere)


def stub(volume, path, tag, reason, kind=None, guid=b""):
    """A file of 30,000 bytes that holds nothing itself."""
    node = volume.sparse_file(path, 30_000)
    node.streams[""] = {"size": 30_000}
    node.unsupported = reason
    volume.set_reparse(path, tag, noise(path, 60), kind=kind, guid=guid)


def add_attribute_bits(volume, image, path, bits):
    node = volume.nodes[path]
    record = image.record(node.record)
    standard = record.find(STANDARD_INFORMATION)
    at = standard.value_offset() - standard.offset + 0x20
    standard.put("<I", at, standard.u32(at) | bits)
    image.save(record)


if __name__ == "__main__":
    main()
