#!/usr/bin/env python3
"""security: descriptors of every kind in $Secure, extended attributes, object ids, USNs.

$SDS is more than one block long, so that descriptors lie behind the first mirror copy.
"""

import base64
import os
import uuid

from content import prose
from descriptor import (
    ALLOW, ALLOW_IF, ALLOW_OBJECT, ATTRIBUTE, AUDIT, AUDIT_IF, AUTO_INHERITED, CI, DENY, DENY_IF, FA,
    ID, IO, LABEL, NP, OI, POLICY, PROTECTED, SA, ace, acl, attribute_token, claim, condition,
    descriptor, extended_attributes, sid_list_token, text_token,
)
from ntfs_edit import STANDARD_INFORMATION
from volume import MIB, Volume, sha256

EVERYONE, ADMINS, SYSTEM, USERS = "S-1-1-0", "S-1-5-32-544", "S-1-5-18", "S-1-5-32-545"
ANA = "S-1-5-21-1004336348-1177238915-682003330-1001"
DOMAIN_USERS = "S-1-5-21-1004336348-1177238915-682003330-513"
INSTALLER = "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"
USER_CLASS, PASSWORD = "bf967aba-0de6-11d0-a285-00aa003049e2", "ab721a53-1e2f-11d0-9819-00aa0040529b"
FULL, READ_EXECUTE, MODIFY = 0x1F01FF, 0x1200A9, 0x1301BF

TITLE = condition(attribute_token(0xF9, "Title"), text_token("PM"), b"\x80")
MEMBERS = condition(sid_list_token(ADMINS, DOMAIN_USERS), b"\x89")

# Path: what is stored, and what Windows calls it.
DESCRIPTORS = {
    "/usual.txt": (
        descriptor(ADMINS, SYSTEM, acl(
            ace(ALLOW, 0, FULL, ADMINS), ace(ALLOW, 0, FULL, SYSTEM), ace(ALLOW, 0, READ_EXECUTE, USERS),
        ), control=PROTECTED),
        "O:BAG:SYD:P(A;;FA;;;BA)(A;;FA;;;SY)(A;;0x1200a9;;;BU)"),
    "/inherited": (
        descriptor(ANA, DOMAIN_USERS, acl(
            ace(ALLOW, OI | CI | ID, FULL, SYSTEM), ace(ALLOW, OI | CI | IO | ID, 0x10000000, "S-1-3-0"),
            ace(ALLOW, CI | NP, MODIFY, ANA), ace(ALLOW, OI | CI | IO, 0xE0010000, "S-1-5-11"),
        ), control=AUTO_INHERITED),
        f"O:{ANA}G:{DOMAIN_USERS}D:AI(A;OICIID;FA;;;SY)(A;OICIIOID;GA;;;CO)(A;CINP;0x1301bf;;;{ANA})"
        "(A;OICIIO;SDGXGWGR;;;AU)"),
    "/of windows.dll": (
        descriptor(INSTALLER, INSTALLER, acl(
            ace(ALLOW, 0, READ_EXECUTE, "S-1-15-2-1"), ace(ALLOW, 0, FULL, INSTALLER),
        ), control=PROTECTED | AUTO_INHERITED),
        f"O:{INSTALLER}G:{INSTALLER}D:PAI(A;;0x1200a9;;;AC)(A;;FA;;;{INSTALLER})"),
    "/audited.txt": (
        descriptor(SYSTEM, SYSTEM, acl(ace(DENY, 0, 0x120116, "S-1-5-7"), ace(ALLOW, 0, 0x120089, EVERYONE)),
                   acl(ace(AUDIT, SA | FA, 0xD0000, EVERYONE)), 0x2000),
        "O:SYG:SYD:(D;;FW;;;AN)(A;;FR;;;WD)S:P(AU;SAFA;SDWDWO;;;WD)"),
    "/low integrity.txt": (
        descriptor(ANA, ANA, acl(ace(ALLOW, 0, FULL, ANA)), acl(ace(LABEL, 0, 1, "S-1-16-4096"))),
        f"O:{ANA}G:{ANA}D:(A;;FA;;;{ANA})S:(ML;;NW;;;LW)"),
    "/nobody.txt": (descriptor(ADMINS, ADMINS, acl()), "O:BAG:BAD:"),
    "/objects.txt": (
        descriptor(ADMINS, ADMINS, acl(
            ace(ALLOW_OBJECT, CI, 0x3, "S-1-5-32-548", (USER_CLASS, None)),
            ace(ALLOW_OBJECT, 0, 0x100, EVERYONE, (PASSWORD, USER_CLASS)),
        )),
        f"O:BAG:BAD:(OA;CI;CCDC;{USER_CLASS};;AO)(OA;;CR;{PASSWORD};{USER_CLASS};WD)"),
    "/conditional.txt": (
        descriptor(ADMINS, ADMINS, acl(
            ace(ALLOW_IF, 0, 0x1200A0, EVERYONE, data=TITLE), ace(DENY_IF, 0, FULL, USERS, data=MEMBERS),
        ), acl(ace(AUDIT_IF, SA, FULL, EVERYONE, data=TITLE))),
        f'O:BAG:BAD:(XA;;FX;;;WD;(@User.Title == "PM"))(XD;;FA;;;BU;(Member_of {{SID(BA), SID({DOMAIN_USERS})}}))'
        'S:(XU;SA;FA;;;WD;(@User.Title == "PM"))'),
    "/classified.txt": (
        descriptor(ADMINS, ADMINS, acl(ace(ALLOW, 0, FULL, SYSTEM)), acl(
            ace(ATTRIBUTE, 0, 0, EVERYONE, data=claim("Project", "Windows", "SQL")),
            ace(POLICY, 0, 0, "S-1-17-3260955821-1180564752-550833841-1617862776"),
        )),
        'O:BAG:BAD:(A;;FA;;;SY)S:(RA;;;;;WD;("Project",TS,0x0,"Windows","SQL"))'
        "(SP;;;;;S-1-17-3260955821-1180564752-550833841-1617862776)"),
}
LARGE, LARGE_ENTRIES = 16, 500
OBJECT_ID = {
    "id": "7d1e8c3a-5b52-4f0e-9d5c-0123456789ab",
    "birth_volume": "00112233-4455-6677-8899-aabbccddeeff",
    "birth_object": "7d1e8c3a-5b52-4f0e-9d5c-0123456789ab",
    "domain": "00000000-0000-0000-0000-000000000000",
}
ATTRIBUTES = [("$LXUID", 0, b"\xe8\x03\0\0"), ("$LXMOD", 0, b"\xa4\x81\0\0"), ("NEEDED", 0x80, b"x" * 301)]
USN = 0x1_2345_6780


def main():
    volume = Volume("security", "security descriptors of every kind, 400 KB of them; extended attributes, object id, USN", size=6 * MIB)
    with volume.mounted("permissions"):
        for path, (stored, sddl) in DESCRIPTORS.items():
            add(volume, path, stored, sddl)
        for number in range(LARGE):
            add_large(volume, number)
        # Many share one descriptor, as on every volume.
        for number in range(20):
            add(volume, f"/usual {number}.txt", *DESCRIPTORS["/usual.txt"])
        details(volume)
    with volume.edited() as image:
        record = image.record(volume.nodes["/details.txt"].record)
        attribute = record.find(STANDARD_INFORMATION)
        attribute.put("<Q", attribute.value_offset() - attribute.offset + 0x40, USN)
        image.save(record)
    volume.pack()


def add(volume, path, stored, sddl):
    volume.file(path, prose(path, 50)) if "." in path else volume.dir(path)
    secure(volume, path, stored, sddl)


def secure(volume, path, stored, sddl):
    os.setxattr(volume.host(path), "system.ntfs_acl", stored)
    volume.note(path, security=base64.b64encode(stored).decode(), sddl=sddl)


def add_large(volume, number):
    """A descriptor of some 20 KB."""
    who = [f"S-1-5-21-1-2-{number}-{1000 + entry}" for entry in range(LARGE_ENTRIES)]
    stored = descriptor(ADMINS, SYSTEM, acl(*(ace(ALLOW, 0, READ_EXECUTE, one) for one in who)))
    sddl = "O:BAG:SYD:" + "".join(f"(A;;0x1200a9;;;{one})" for one in who)
    path = f"/large {number:02}.txt"
    volume.file(path, prose(path, 50))
    os.setxattr(volume.host(path), "system.ntfs_acl", stored)
    volume.note(path, security_sha256=sha256(stored), sddl_sha256=sha256(sddl.encode()))


def details(volume):
    path = "/details.txt"
    add(volume, path, *DESCRIPTORS["/usual.txt"])
    os.setxattr(volume.host(path), "system.ntfs_ea", extended_attributes(*ATTRIBUTES))
    stored = b"".join(uuid.UUID(guid).bytes_le for guid in OBJECT_ID.values())
    os.setxattr(volume.host(path), "system.ntfs_object_id", stored)
    found = [
        {"name": name, "needed": bool(flags & 0x80), "value": base64.b64encode(value).decode()}
        for name, flags, value in ATTRIBUTES
    ]
    volume.note(path, extended_attributes=found, object_id=OBJECT_ID, usn=USN)


if __name__ == "__main__":
    main()
