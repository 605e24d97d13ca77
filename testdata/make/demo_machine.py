#!/usr/bin/env python3
"""The configuration of testdata/demo: the machine web01 and its two checkpoints, beside their disks.

A machine of Generation 2 with configuration 9.0, as Windows Server 2019 makes them: one disk and one DVD
drive on a SCSI controller, one network adapter. Two checkpoints were taken, each at the end of a day on
which ana worked; the machine was off when it was saved, and none of the three has memory in its .vmrs.
"""

import struct
import uuid
import zlib

import filetime
import vmcx
from demo import CHAIN, DEMO, GUEST_FOLDER, guid

MACHINE = str(guid("virtual machine")).upper()
FOLDER = r"D:\VMs\web01"
SWITCH = str(guid("switch")).upper()
VERSION = 9 << 8

MADE = "2024-02-01T08:31:07.4402019Z"
TURNED_ON = "2024-05-13T06:58:40.1189303Z"
TURNED_OFF = "2024-05-20T06:02:11.8030450Z"
CHECKPOINTS = [
    ("before the thesis revision", "2024-05-06T18:02:44.9170382Z"),
    ("before the web server update", "2024-05-13T18:30:09.2265144Z"),
]

BIOS, RUNTIME_STATE = "ac6b8dc1-3257-4a70-b1b2-a9c9215659ad", "917bd8cb-3bb6-4124-9383-b7d21ac07f79"
NETWORK, SCSI = "2fc216b0-d2e2-4967-9b6d-b8a5c9ca2778", "d422512d-2bf2-4752-809d-7b82b5fcb1b4"
# Devices of which there is one, in the order of the manifest: id, name, version of their keys.
DEVICES = [
    ("d41a1872-3740-41ce-a1ee-4522ab82f991", "Microsoft VmBus", 771),
    (BIOS, "Microsoft Virtual BIOS", 2048),
    ("e3c82929-edb4-475e-85a4-29aaa2a30c2d", "Microsoft Dynamic Memory Controller", 512),
    (RUNTIME_STATE, "Microsoft Guest Runtime State", 256),
    ("58f75a6d-d949-4320-99e1-a2a2576d581c", "Microsoft Synthetic Mouse", 512),
    ("197f74e3-b84b-46de-8ae6-82f1cd181cdc", "Microsoft Synthetic Keyboard", 256),
    ("f3cf6965-e8d3-44a9-9b7d-a04245ea7525", "Microsoft Synthetic Video", 768),
    ("6c09bb55-d683-4da0-8931-c9bf705f6480", "Microsoft Guest Interface Component", 256),
    ("84eaae65-2f2e-45f5-9bb5-0e857dc8eb47", "Microsoft Heartbeat Component", 256),
    ("2a34b1c2-fd73-4043-8a5b-dd2159bc743f", "Microsoft Key-Value Pair Exchange Component", 256),
    ("9f8233ac-be49-4c79-8ee3-e7e1985b2077", "Microsoft Shutdown Component", 256),
    ("2497f4de-e9fa-4204-80e4-4b75c46419c0", "Microsoft Time Synchronization Component", 256),
    ("5ced1297-4598-4915-a5fc-ad21bb4d02a4", "Microsoft VSS Component", 512),
]


def ticks(when):
    return filetime.ticks(when)


def manifest():
    devices = [(device, device, name) for device, name, _ in DEVICES]
    devices += [(NETWORK, str(guid("adapter")), "Synthetic Ethernet Port"),
                (SCSI, str(guid("scsi")), "Synthetic SCSI Controller")]
    keys = {"version": 512, "size": len(devices)}
    for number, (device, instance, name) in enumerate(devices, 1):
        keys[f"vdev{number:03}"] = {"device": device, "instance": instance, "name": name, "flags": 1}
    return keys


def firmware():
    serial = "4471-9120-3358-2206-7719-0384-15"
    return {
        "VDEVVersion": 2048, "bios_guid": f"{{{str(guid('bios')).upper()}}}", "bios_serial_number": serial,
        "base_board": {"serial_number": serial},
        "chassis": {"asset_tag": serial, "serial_number": serial},
        "boot": {"device0": "Optical", "device1": "HardDrive", "device2": "Network", "device3": "Floppy"},
        "num_lock": False, "nvram": {}, "pause_after_boot_failure": False, "pxe_preferred_protocol": 4,
        "secure_boot_enabled": True,
        "secure_boot_template_id": "1734C6E8-3154-4DDA-BA5F-A874CC483422",
    }


def disk_drive(path):
    return {
        "type": "VHD", "pathname": path, "iops_limit": 0, "iops_reservation": 0, "weight": 100,
        "qos_policy_id": str(uuid.UUID(int=0)),
        "persistent_reservations_supported": False, "ignore_flushes": False, "caching_mode": 0,
        "write_hardening_method": 0,
    }


def adapter():
    return {
        "VDEVVersion": 768, "FriendlyName": "Network Adapter", "MacAddress": "00-15-5D-0A-14-03",
        "MacAddressIsStatic": False, "IsConnected": True, "SwitchName": SWITCH,
        "PortName": str(guid("port")).upper(), "ChannelInstanceGuid": f"{{{guid('adapter channel')}}}",
        "VpciInstanceGuid": f"{{{str(guid('adapter vpci')).upper()}}}", "ClusterMonitored": True,
        "Connection": {
            "AltPortName": "Dynamic Ethernet Switch Port", "AltSwitchName": "Port Ellan LAN", "PoolId": "",
            "TestReplicaPoolId": "", "TestReplicaSwitchName": "", "AuthorizationScope": "",
            "HostResources": {"HostResource": SWITCH},
        },
    }


def devices(disk, state_file):
    nodes = {f"_{device}_": {"VDEVVersion": version} for device, _, version in DEVICES}
    nodes[f"_{BIOS}_"] = firmware()
    nodes[f"_{RUNTIME_STATE}_"] |= {
        "StateFilePath": state_file, "FileIsPlatformManaged": True, "UseTransient": False,
    }
    nodes[f"_{guid('adapter')}_"] = adapter()
    nodes[f"_{guid('scsi')}_"] = {
        "VDEVVersion": 512, "ChannelInstanceGuid": f"{{{guid('scsi channel')}}}",
        "controller0": {
            "drive0": disk_drive(f"{GUEST_FOLDER}\\{disk}"),
            "drive1": {"type": "ISO", "pathname": ""},
        },
    }
    return nodes


def global_settings():
    return {
        "owner": {"sid": "S-1-5-21-1904210587-2746183310-418820966-500"},
        "devices": {"cpu_architecture": 1, "generation_id": guid("generation").hex, "lock_on_disconnect": False},
        "power": {"host_startup": {"action": 1}, "host_shutdown": {"action": 1}},
        "unexpected_termination": {"action": 1}, "critical_error": {"action": 1, "timeout": 1800},
        "snapshots": {"list": {"size": len(CHECKPOINTS)}, "user_type": 3, "enable_automatic": False},
        "disk_merge_pending": False, "vhd_path_acled": True,
    }


def settings():
    return {
        "global": {"logical_id": MACHINE},
        "memory": {
            "bank": {"size": 2048, "reservation": 512, "limit": 1048576, "priority": 5000,
                     "target_memory_buffer": 20, "dynamic_memory_enabled": False, "backing_type": 0},
            "sgx": {"enabled": False, "size": 0}, "vnuma": {"max_size_per_node": 31654},
        },
        "processors": {
            "count": 2, "limit": 100000, "limit_cpuid": False, "reservation": 0, "weight": 100,
            "features": {"limit": False}, "nested_virtualization": {"enabled": False},
        },
        "topology": {"low_mmio_gap_mb": 128, "high_mmio_gap_mb": 512}, "vnuma": {"enabled": True},
    }


def configuration(identity, name, notes, kind, made, disk, folder):
    """The keys of the machine, or of a checkpoint."""
    properties = {
        "name": name, "notes": notes, "global_id": identity, "type_id": kind, "subtype": 1,
        "version": VERSION, "creation_time": struct.pack("<Q", ticks(made)), "highly_available": False,
        "last_powered_on_time": ticks(TURNED_ON), "last_powered_off_time": ticks(TURNED_OFF),
        "last_state_change_time": ticks(TURNED_OFF),
    }
    if kind == "Snapshots":
        for key in ("last_powered_on_time", "last_powered_off_time", "last_state_change_time"):
            properties[key] = 0
    keys = {
        "properties": properties, "settings": settings(), "global_settings": global_settings(),
        "manifest": manifest(), **devices(disk, f"{FOLDER}\\{folder}\\{identity}.vmgs"),
    }
    return {"configuration": keys}


def guest_state():
    """A .vmgs without content: two headers and an empty table of files. Real ones have 4 MiB."""
    def header(sequence):
        fields = struct.pack("<8sIIIIIIH", b"GUESTRTS", 0x30000, 0, sequence, 168, 2, 1, 0).ljust(168, b"\0")
        sum_ = struct.pack("<I", zlib.crc32(fields))
        return (fields[:12] + sum_ + fields[16:]).ljust(4096, b"\0")

    files = struct.pack("<IIQ", 2, 1, 4096).ljust(4096, b"\0")
    return header(1) + header(0) + files


def write(folder, identity, keys):
    """The three files of one configuration; there is no memory to be saved in the second."""
    place = DEMO / "web01" / folder
    place.mkdir(parents=True, exist_ok=True)
    off = {"configuration": {"properties": {"version": VERSION}}}
    for suffix, content in ((".vmcx", vmcx.container(keys)), (".vmrs", vmcx.container(off)),
                            (".vmgs", guest_state())):
        (place / f"{identity}{suffix}").write_bytes(content)
        print(f"demo: {folder}/{identity}{suffix}: {len(content) // 1024} KiB")


def main():
    _, leaf = CHAIN[-1]
    notes = "web server and ana's desk"
    keys = configuration(MACHINE, "web01", notes, "Virtual Machines", MADE, leaf, "Virtual Machines")
    write("Virtual Machines", MACHINE, keys)
    for (name, made), (_, disk) in zip(CHECKPOINTS, CHAIN):
        identity = str(guid(f"checkpoint {name}")).upper()
        keys = configuration(identity, name, "", "Snapshots", made, disk, "Snapshots")
        write("Snapshots", identity, keys)


if __name__ == "__main__":
    main()
