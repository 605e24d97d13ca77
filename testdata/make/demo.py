#!/usr/bin/env python3
"""testdata/demo: the backup of one small machine, web01, with two checkpoints.

A base disk and two differencing disks, laid out as Hyper-V exports them, and expected.json with
what each state holds. The story: ana writes a thesis; a week later a chapter is revised and a
letter is thrown away; in the running state everything has been overwritten for ransom.
"""

import io
import json
import struct
import uuid
import zipfile
import zlib

import demo_text as text
import filetime
import gpt
import hives
import vhdx
from content import noise, prose
from ntfs_links import junction
from volume import HIDDEN, KIB, MIB, OUTPUT, Volume, entry, entry_lines, sha256

DEMO = OUTPUT.parent / "demo"
DISKS = DEMO / "web01" / "Virtual Hard Disks"
GUEST_FOLDER = r"D:\VMs\web01\Virtual Hard Disks"
HOST_VOLUME = r"\\?\Volume{6d0a8a3c-51b9-4f0f-9c55-0d5b6e2f7a41}\VMs\web01\Virtual Hard Disks"

DISK_SIZE = 6 * MIB
MSR_FIRST, NTFS_FIRST, NTFS_SIZE = 1 * MIB, 2 * MIB, 4 * MIB - 64 * KIB
USED_CLUSTERS = MIB // 4096

INSTALLED = "2024-02-01T09:00:00.0000001Z"
FIRST_WEEK = "2024-05-06T08:15:30.1234567Z"
SECOND_WEEK = "2024-05-13T17:42:05.7654321Z"
ATTACK = "2024-05-20T03:14:15.9265358Z"

DOCUMENTS = "/Users/ana/Documents"
THESIS = f"{DOCUMENTS}/thesis"


def guid(name):
    """The same GUID for the same name, on every run."""
    return uuid.uuid5(uuid.UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8"), f"hvrestore/web01/{name}")


CHAIN = [
    ("first checkpoint", "web01.vhdx"),
    ("second checkpoint", f"web01_{str(guid('first avhdx')).upper()}.avhdx"),
    ("now", f"web01_{str(guid('second avhdx')).upper()}.avhdx"),
]


class Guest:
    """The Windows volume, told when each document was made and last saved."""

    def __init__(self):
        self.volume = Volume("web01", "", NTFS_SIZE, label="Windows", start_sector=NTFS_FIRST // 512)

    def save(self, path, content, when):
        """Makes or overwrites a file; its creation time is kept."""
        data = content.encode() if isinstance(content, str) else content
        before = self.volume.nodes.get(path)
        node = self.volume.file(path, data)
        saved = filetime.ticks(when)
        created = before.times[0] if before else saved
        node.times = (created, saved, saved, saved)

    def folder(self, path):
        self.volume.dirs(path)
        for node in self.volume.nodes.values():
            node.times = node.times or (filetime.ticks(INSTALLED),) * 4

    def entries(self):
        nodes = sorted(self.volume.nodes.items())
        return [entry(path, node, 1) for path, node in nodes]


def base(guest):
    volume = guest.volume
    for path in ("/Windows/System32/drivers/etc", "/Program Files", "/ProgramData", "/inetpub/wwwroot",
                 "/Users/Public/Documents", THESIS, "/Users/ana/Desktop", "/Users/ana/Downloads",
                 "/Users/ana/Pictures"):
        guest.folder(path)
    guest.save("/Windows/System32/drivers/etc/hosts", text.HOSTS, INSTALLED)
    guest.save("/Windows/win.ini", text.WIN_INI, INSTALLED)
    guest.save("/Windows/System32/license.rtf", prose("license", 24_000), INSTALLED)
    guest.save("/inetpub/wwwroot/index.html", text.INDEX_PAGE, INSTALLED)
    guest.save("/inetpub/wwwroot/logo.png", picture(64, 64), INSTALLED)
    guest.save("/Users/ana/Pictures/pier.png", picture(320, 200), FIRST_WEEK)
    guest.save("/Users/ana/Desktop/todo.txt", text.TODO, FIRST_WEEK)
    guest.save(f"{THESIS}/outline.txt", text.OUTLINE, FIRST_WEEK)
    guest.save(f"{THESIS}/chapter1.txt", text.CHAPTER_1, FIRST_WEEK)
    guest.save(f"{THESIS}/thesis.docx", document(text.OUTLINE, text.CHAPTER_1), FIRST_WEEK)
    guest.save(f"{DOCUMENTS}/letter to the landlord.txt", text.LETTER, FIRST_WEEK)
    guest.save(f"{DOCUMENTS}/accounts.csv", text.ACCOUNTS, FIRST_WEEK)
    guest.save("/Users/ana/Downloads/tide-tables-1911-1963.csv", tide_table(), FIRST_WEEK)
    zone = b"[ZoneTransfer]\r\nZoneId=3\r\nHostUrl=https://archive.example.org/tides.csv\r\n"
    volume.stream("/Users/ana/Downloads/tide-tables-1911-1963.csv", "Zone.Identifier", zone)
    junction(volume, "/Documents and Settings", r"\??\C:\Users", r"C:\Users")
    volume.set_attributes("/ProgramData", HIDDEN)
    volume.nodes["/Documents and Settings"].times = (filetime.ticks(INSTALLED),) * 4
    registry(guest)


def registry(guest):
    """The guest knows D:, a disk that nobody put into the backup, and E:, a CD drive."""
    mounted = {
        "\\DosDevices\\C:": hives.gpt_device(guid("windows")),
        "\\DosDevices\\D:": hives.gpt_device(guid("data")),
        "\\DosDevices\\E:": hives.path_device(r"\??\SCSI#CdRom&Ven_Msft&Prod_Virtual_DVD-ROM#000001"),
        f"\\??\\Volume{{{guid('volume')}}}": hives.gpt_device(guid("windows")),
    }
    config = "/Windows/System32/config"
    guest.folder(config)
    system = hives.system("web01", "porttides.example", mounted, services=[("W3SVC", 2)])
    guest.save(f"{config}/SYSTEM", hives.make(system), INSTALLED)
    guest.save(f"{config}/SOFTWARE", hives.make(hives.software()), INSTALLED)


def second_week(guest):
    guest.save(f"{THESIS}/chapter1.txt", text.CHAPTER_1_REVISED, SECOND_WEEK)
    guest.save(f"{THESIS}/chapter2.txt", text.CHAPTER_2, SECOND_WEEK)
    guest.save(f"{THESIS}/chapter3.txt", text.CHAPTER_3, SECOND_WEEK)
    both = document(text.OUTLINE, text.CHAPTER_1_REVISED, text.CHAPTER_2)
    guest.save(f"{THESIS}/thesis.docx", both, SECOND_WEEK)
    guest.save(f"{DOCUMENTS}/accounts.csv", text.ACCOUNTS_MORE, SECOND_WEEK)
    guest.save("/inetpub/wwwroot/index.html", text.INDEX_PAGE_CHANGED, SECOND_WEEK)
    guest.volume.remove(f"{DOCUMENTS}/letter to the landlord.txt")


def attack(guest):
    """Every document of ana's is overwritten in place; a note appears beside them."""
    for path, node in list(guest.volume.nodes.items()):
        if path.startswith("/Users/ana/") and node.kind == "file":
            size = node.streams[""]["size"]
            stream = node.streams.get("Zone.Identifier")
            guest.save(path, b"LOCKED!\0" + noise(path, size), ATTACK)
            if stream:
                guest.volume.nodes[path].streams["Zone.Identifier"] = stream
    for folder in (DOCUMENTS, THESIS, "/Users/ana/Desktop"):
        guest.save(f"{folder}/HOW TO GET YOUR FILES BACK.txt", text.RANSOM_NOTE, ATTACK)
    guest.volume.remove("/Users/ana/Pictures/pier.png")


def document(*parts):
    """A minimal .docx, one paragraph a line."""
    lines = "\n".join(parts).replace("&", "&amp;").replace("<", "&lt;").splitlines()
    body = "\n".join(f"<w:p><w:r><w:t>{line}</w:t></w:r></w:p>" for line in lines)
    members = {
        "[Content_Types].xml": text.CONTENT_TYPES_XML,
        "_rels/.rels": text.RELATIONS_XML,
        "word/document.xml": text.DOCUMENT_XML.format(paragraphs=body),
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name, (2024, 5, 6, 8, 0, 0)), content)
    return buffer.getvalue()


def picture(width, height):
    """A PNG: a grey sky over a striped sea."""
    rows = b"".join(
        b"\0" + bytes((200 - y if y * 2 < height else 40 + (x * y) % 50) % 256 for x in range(width))
        for y in range(height)
    )
    parts = [
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows, 0)),
        (b"IEND", b""),
    ]
    chunks = (struct.pack(">I", len(d)) + t + d + struct.pack(">I", zlib.crc32(t + d)) for t, d in parts)
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def tide_table():
    """One line a week for fifty-three years."""
    lines = [f"{1911 + n // 52},{n % 52 + 1},{312 + n * 37 % 91},{44 + n * 17 % 60}" for n in range(2_756)]
    return "year,week,high_cm,low_cm\n" + "\n".join(lines) + "\n"


def flat(volume):
    """The whole disk around the volume, as bytes."""
    disk = bytearray(DISK_SIZE)
    first, last = NTFS_FIRST // 512, (NTFS_FIRST + NTFS_SIZE) // 512 - 1
    gpt.write(disk, guid("disk"), [
        gpt.entry(gpt.MICROSOFT_RESERVED, guid("msr"), MSR_FIRST // 512, first - 1,
                  "Microsoft reserved partition"),
        gpt.entry(gpt.BASIC_DATA, guid("windows"), first, last, "Basic data partition"),
    ])
    with open(volume.image, "rb") as file:
        disk[NTFS_FIRST : NTFS_FIRST + NTFS_SIZE] = file.read()
    return bytes(disk)


def write_disk(position, disk, below):
    """The chain's file number `position`, over the disk `below`."""
    _, name = CHAIN[position]
    identity = vhdx.Identity(guid(f"file write {position}"), guid(f"data write {position}"), guid("virtual disk"))
    parent = None
    if position:
        _, parent_name = CHAIN[position - 1]
        parent = vhdx.Parent(
            guid(f"data write {position - 1}"), f".\\{parent_name}",
            f"{GUEST_FOLDER}\\{parent_name}", f"{HOST_VOLUME}\\{parent_name}",
        )
    vhdx.write(DISKS / name, disk, identity, parent=parent, parent_disk=below)


def write_expected(states):
    """expected.json: per state the disk's hash, then the entries of its NTFS volume."""
    texts = []
    for state in states:
        entries = entry_lines(state.pop("entries"))
        texts.append(json.dumps(state)[:-1] + f', "entries": {entries}}}')
    text = '{"states": [\n' + ",\n".join(texts) + "\n]}\n"
    (DEMO / "expected.json").write_text(text, encoding="utf-8", newline="\n")


def main():
    DISKS.mkdir(parents=True, exist_ok=True)
    guest, below, states = Guest(), None, []
    for position, change in enumerate((base, second_week, attack)):
        # Everything in the volume's first MiB: few payload blocks change, and the files stay small.
        with guest.volume.keeping_off(lambda n: 0 if n < USED_CLUSTERS // 8 else 0xFF):
            with guest.volume.mounted():
                change(guest)
        disk = flat(guest.volume)
        write_disk(position, disk, below)
        state, name = CHAIN[position]
        states.append({
            "state": state, "file": f"web01/Virtual Hard Disks/{name}", "size": len(disk),
            "sha256": sha256(disk), "partition": 2, "partition_offset": NTFS_FIRST,
            "entries": guest.entries(),
        })
        print(f"demo: {name}: {(DISKS / name).stat().st_size / MIB:.1f} MiB")
        below = disk
    write_expected(states)


if __name__ == "__main__":
    main()
