"""Makes registry hives with hivex, and the transaction logs that a running machine leaves.

Only the empty hive and the logs are written here, after the "Windows registry file format
specification" by Maxim Suhanov; all keys and values are hivex's work.
"""

import os
import struct
import subprocess
import tempfile

BASE_BLOCK, BLOCK = 4096, 4096
LOG_SEED = 14219357686671994754
# Owner and group SYSTEM, and a DACL that lets everyone read.
_SECURITY = bytes.fromhex(
    "01000480300000003c000000000000001400000002001c000100000000001400190002000101000000000001000000000101"
    "000000000005120000000101000000000005120000000000000000000000"
)


def text(value):
    return (1, value.encode("utf-16-le") + b"\0\0")


def number(value):
    return (4, struct.pack("<I", value & 0xFFFFFFFF))


def binary(value):
    return (3, value)


def make(keys):
    """A hive with `keys`: path -> name -> (type, data)."""
    with tempfile.TemporaryDirectory(prefix="hvrestore-hive-") as folder:
        hive, merge = os.path.join(folder, "hive"), os.path.join(folder, "merge.reg")
        with open(hive, "wb") as file:
            file.write(_empty())
        with open(merge, "w", encoding="utf-8", newline="\r\n") as file:
            file.write(_reg_file(keys))
        command = ["hivexregedit", "--merge", "--prefix", r"HKEY_LOCAL_MACHINE\ROOT", hive, merge]
        subprocess.run(command, check=True)
        with open(hive, "rb") as file:
            return _settled(file.read())


def _reg_file(keys):
    lines = ["Windows Registry Editor Version 5.00", ""]
    for path, values in keys.items():
        lines.append(f"[HKEY_LOCAL_MACHINE\\ROOT\\{path}]")
        for name, (kind, data) in values.items():
            quoted = name.replace("\\", "\\\\").replace('"', '\\"')
            lines.append(f'"{quoted}"=hex({kind:x}):' + ",".join(f"{byte:02x}" for byte in data))
        lines.append("")
    return "\n".join(lines) + "\n"


def _empty():
    """A hive of a root key and its security item, as a start for hivex."""
    security = struct.pack("<HHIIII", 0x6B73, 0, 0x80, 0x80, 1, len(_SECURITY)) + _SECURITY
    root = struct.pack(
        "<2sHQIIIIIIIIIIIIIIIHH", b"nk", 0x2C, 0, 0, 0xFFFFFFFF, 0, 0, 0xFFFFFFFF, 0xFFFFFFFF,
        0, 0xFFFFFFFF, 0x80, 0xFFFFFFFF, 0, 0, 0, 0, 0, 4, 0,
    ) + b"ROOT"
    bins = bytearray(BLOCK)
    struct.pack_into("<4sII", bins, 0, b"hbin", 0, BLOCK)
    _cell(bins, 0x20, 0x60, root)
    _cell(bins, 0x80, 0x80, security)
    struct.pack_into("<i", bins, 0x100, BLOCK - 0x100)
    base = bytearray(BASE_BLOCK)
    struct.pack_into("<4sIIQIIIIIII", base, 0, b"regf", 1, 1, 0, 1, 5, 0, 1, 0x20, BLOCK, 1)
    return bytes(_sealed(base) + bins)


def _cell(bins, at, size, content):
    struct.pack_into("<i", bins, at, -size)
    bins[at + 4 : at + 4 + len(content)] = content


def _sealed(base):
    """The base block with its checksum."""
    total = 0
    for (word,) in struct.iter_unpack("<I", base[:508]):
        total ^= word
    struct.pack_into("<I", base, 508, total)
    return base


def _settled(hive):
    """hivex leaves the numbers of what it did in the base block: the same ones, on every run."""
    base = bytearray(hive[:BASE_BLOCK])
    struct.pack_into("<IIQ", base, 4, 10, 10, 133_500_000_000_000_000)
    return bytes(_sealed(base)) + hive[BASE_BLOCK:]


def being_written(hive):
    """`hive` as it is on disk while its logs are ahead of it."""
    base = bytearray(hive[:BASE_BLOCK])
    struct.pack_into("<II", base, 4, 11, 10)
    return bytes(_sealed(base)) + hive[BASE_BLOCK:]


def log(hive, entries):
    """A log of the format since Windows 8.1: `entries` are (sequence, before, after)."""
    base = bytearray(hive[:512])
    sequence = entries[0][0]
    struct.pack_into("<II", base, 4, sequence, sequence)
    struct.pack_into("<I", base, 28, 6)
    return bytes(_sealed(base)) + b"".join(_entry(*entry) for entry in entries)


def _entry(sequence, before, after):
    before, after = before[BASE_BLOCK:], after[BASE_BLOCK:]
    changed = [at for at in range(0, len(after), BLOCK) if before[at : at + BLOCK] != after[at : at + BLOCK]]
    content = b"".join(struct.pack("<II", at, BLOCK) for at in changed)
    content += b"".join(after[at : at + BLOCK] for at in changed)
    size = -(-(40 + len(content)) // 512) * 512
    content = content.ljust(size - 40, b"\0")
    head = struct.pack("<4sIIIII", b"HvLE", size, 0, sequence, len(after), len(changed)) + _marvin(content)
    return head + _marvin(head) + content


def _marvin(data):
    """Marvin32, as the eight bytes that are stored."""
    low, high = LOG_SEED & 0xFFFFFFFF, LOG_SEED >> 32
    padded = data + b"\x80" + bytes(-(len(data) + 1) % 4) + bytes(4)
    for (word,) in struct.iter_unpack("<I", padded):
        low = (low + word) & 0xFFFFFFFF
        high ^= low
        low = (_rotate(low, 20) + high) & 0xFFFFFFFF
        high = _rotate(high, 9) ^ low
        low = (_rotate(low, 27) + high) & 0xFFFFFFFF
        high = _rotate(high, 19)
    return struct.pack("<II", low, high)


def _rotate(number, bits):
    return (number << bits | number >> (32 - bits)) & 0xFFFFFFFF


def mbr_device(signature, offset):
    """How MountedDevices names a partition of an MBR disk."""
    return binary(struct.pack("<IQ", signature, offset))


def gpt_device(identity):
    """How MountedDevices names a partition of a GPT disk."""
    return binary(b"DMIO:ID:" + identity.bytes_le)


def path_device(path):
    """How MountedDevices names what has no partition, a CD drive say."""
    return binary(path.encode("utf-16-le"))


def system(computer, domain, mounted, control_set=1, services=()):
    """The keys of a SYSTEM hive."""
    own = f"ControlSet{control_set:03}"
    keys = {
        "Select": {"Current": number(control_set), "Default": number(control_set)},
        "MountedDevices": mounted,
        own: {},
        f"{own}\\Control": {},
        f"{own}\\Control\\ComputerName": {},
        f"{own}\\Control\\ComputerName\\ComputerName": {"ComputerName": text(computer.upper())},
        f"{own}\\Control\\ProductOptions": {"ProductType": text("ServerNT")},
        f"{own}\\Control\\Session Manager": {},
        f"{own}\\Control\\Session Manager\\Environment": {
            "PROCESSOR_ARCHITECTURE": text("AMD64"),
            "PROCESSOR_IDENTIFIER": text("Intel64 Family 6 Model 85 Stepping 7, GenuineIntel"),
            "NUMBER_OF_PROCESSORS": text("2"),
        },
        f"{own}\\Control\\TimeZoneInformation": {
            "Bias": number(-60), "TimeZoneKeyName": text("W. Europe Standard Time"),
        },
        f"{own}\\Control\\Windows": {"ShutdownTime": binary(struct.pack("<Q", 133_580_000_000_000_000))},
        f"{own}\\Services": {},
        f"{own}\\Services\\Tcpip": {},
        f"{own}\\Services\\Tcpip\\Parameters": {
            "Hostname": text(computer), "NV Hostname": text(computer), "Domain": text(domain),
        },
    }
    for name, start in services:
        keys[f"{own}\\Services\\{name}"] = {"Start": number(start)}
    return keys


def software():
    """The keys of a SOFTWARE hive."""
    return {
        "Microsoft": {},
        "Microsoft\\Windows NT": {},
        "Microsoft\\Windows NT\\CurrentVersion": {
            "ProductName": text("Windows Server 2022 Standard"),
            "EditionID": text("ServerStandard"),
            "InstallationType": text("Server"),
            "DisplayVersion": text("21H2"),
            "CurrentBuild": text("20348"),
            "UBR": number(2402),
            "InstallDate": number(1_706_778_000),
        },
    }
