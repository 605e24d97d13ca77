#!/usr/bin/env python3
"""testdata/guest: a machine with two disks, for drive letters by the guest's own registry.

The system disk is GPT, C: on it; the data disk is MBR with two volumes. Up to the checkpoint the
first of these is D:; in the running state D: and F: have changed places, which stands in the logs of a
SYSTEM that was being written. E: is a disk that is not here.
"""

import json
import subprocess
import uuid

import gpt
import hives
import vhdx
from volume import KIB, MIB, OUTPUT, Volume

GUEST = OUTPUT.parent / "guest"
CONFIG = "/Windows/System32/config"
DISK_SIZE = 5 * MIB
SYSTEM_FIRST, SYSTEM_SIZE = 1 * MIB, 4 * MIB - 64 * KIB
SIGNATURE = 0x1D5EA5ED
DATA = [("first", 1 * MIB), ("second", 3 * MIB)]
DATA_SIZE = 2 * MIB - 64 * KIB


def guid(name):
    """The same GUID for the same name, on every run."""
    return uuid.uuid5(uuid.UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8"), f"hvrestore/guest/{name}")


def system(letters):
    """The hive of a machine that knows the data disk's volumes by `letters`."""
    mounted = {
        r"\DosDevices\C:": hives.gpt_device(guid("system")),
        r"\DosDevices\E:": hives.mbr_device(0x0BADD15C, 1 * MIB),
    }
    for letter, (_, offset) in zip(letters, DATA):
        mounted[f"\\DosDevices\\{letter}:"] = hives.mbr_device(SIGNATURE, offset)
    services = [("MSSQLSERVER", 2), ("NTDS", 2), ("vmms", 4)]
    return hives.make(hives.system("dc02", "corp.example", mounted, 2, services))


def system_disk(volume):
    disk = bytearray(DISK_SIZE)
    first, last = SYSTEM_FIRST // 512, (SYSTEM_FIRST + SYSTEM_SIZE) // 512 - 1
    gpt.write(disk, guid("disk"), [
        gpt.entry(gpt.BASIC_DATA, guid("system"), first, last, "Basic data partition"),
    ])
    with open(volume.image, "rb") as file:
        disk[SYSTEM_FIRST : SYSTEM_FIRST + SYSTEM_SIZE] = file.read()
    return bytes(disk)


def data_disk():
    """MBR with two primary partitions."""
    disk = bytearray(DISK_SIZE)
    disk[440:444] = SIGNATURE.to_bytes(4, "little")
    disk[510:512] = b"\x55\xaa"
    for number, (label, offset) in enumerate(DATA):
        at = 446 + 16 * number
        disk[at + 4] = 7
        disk[at + 8 : at + 12] = (offset // 512).to_bytes(4, "little")
        disk[at + 12 : at + 16] = (DATA_SIZE // 512).to_bytes(4, "little")
        volume = Volume(f"guest-{label}", "", DATA_SIZE, label=label, start_sector=offset // 512)
        with volume.mounted():
            volume.file(f"/{label}.txt", f"the {label} volume\n".encode())
        with open(volume.image, "rb") as file:
            disk[offset : offset + DATA_SIZE] = file.read()
    return bytes(disk)


def identity(name):
    return vhdx.Identity(guid(f"{name} file write"), guid(f"{name} data write"), guid(f"{name} disk"))


def write(name, disk, own, **parent):
    """One disk, packed."""
    path = GUEST / name
    vhdx.write(path, disk, own, **parent)
    subprocess.run(["zstd", "-q", "-f", "-19", "--rm", path], check=True)


def main():
    GUEST.mkdir(exist_ok=True)
    volume = Volume("guest-system", "", SYSTEM_SIZE, label="System", start_sector=SYSTEM_FIRST // 512)
    before, between, after = system("DF"), system("DG"), system("FD")
    with volume.mounted():
        volume.dirs(CONFIG)
        volume.dirs("/Windows/NTDS")
        volume.file("/Windows/NTDS/ntds.dit", b"not read\n")
        volume.file(f"{CONFIG}/SYSTEM", before)
        volume.file(f"{CONFIG}/SOFTWARE", hives.make(hives.software()))
    base = system_disk(volume)
    write("system.vhdx", base, identity("system"))
    with volume.mounted():
        volume.file(f"{CONFIG}/SYSTEM", hives.being_written(before))
        volume.file(f"{CONFIG}/SYSTEM.LOG1", hives.log(before, [(11, before, between)]))
        volume.file(f"{CONFIG}/SYSTEM.LOG2", hives.log(before, [(12, between, after)]))
    own = vhdx.Identity(guid("leaf file write"), guid("leaf data write"), guid("system disk"))
    parent = vhdx.Parent(guid("system data write"), r".\system.vhdx", r"D:\VMs\system.vhdx",
                         r"\\?\Volume{6d0a8a3c-51b9-4f0f-9c55-0d5b6e2f7a41}\VMs\system.vhdx")
    write("system_now.avhdx", system_disk(volume), own, parent=parent, parent_disk=base)
    write("data.vhdx", data_disk(), identity("data"))
    for path in sorted(GUEST.glob("*.zst")):
        print(f"guest: {path.name}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
