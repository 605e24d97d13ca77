"""Security descriptors, extended attributes and object ids as they are stored, from what they mean.

Written by MS-DTYP 2.4 alone, so that what a script hands to the volume is known beforehand.
"""

import struct
import uuid

ALLOW, DENY, AUDIT, ALLOW_OBJECT = 0, 1, 2, 5
ALLOW_IF, DENY_IF, AUDIT_IF = 9, 10, 13
LABEL, ATTRIBUTE, POLICY = 0x11, 0x12, 0x13
OI, CI, NP, IO, ID, SA, FA = 0x1, 0x2, 0x4, 0x8, 0x10, 0x40, 0x80
PROTECTED, AUTO_INHERITED = 0x1000, 0x0400


def sid(text):
    """The stored form of S-1-..."""
    _, revision, authority, *parts = text.split("-")
    head = struct.pack("<BB", int(revision), len(parts)) + int(authority, 0).to_bytes(6, "big")
    return head + b"".join(struct.pack("<I", int(part)) for part in parts)


def ace(kind, flags, mask, who, objects=None, data=b""):
    """One entry; `objects` is (object type, inherited object type), either of them None."""
    body = struct.pack("<I", mask)
    if objects is not None:
        present = sum(bit for bit, guid in zip((1, 2), objects) if guid)
        body += struct.pack("<I", present)
        body += b"".join(uuid.UUID(guid).bytes_le for guid in objects if guid)
    body += sid(who) + data
    body += bytes(-len(body) % 4)
    return struct.pack("<BBH", kind, flags, 4 + len(body)) + body


def acl(*aces):
    body = b"".join(aces)
    revision = 4 if any(entry[0] == ALLOW_OBJECT for entry in aces) else 2
    return struct.pack("<BBHHH", revision, 0, 8 + len(body), len(aces), 0) + body


def descriptor(owner, group, dacl=None, sacl=None, control=0):
    """A self-relative descriptor: SACL, DACL, owner, group in this order."""
    control |= 0x8000 | (0x4 if dacl is not None else 0) | (0x10 if sacl is not None else 0)
    parts, at, offsets = b"", 20, {}
    for name, part in (("sacl", sacl), ("dacl", dacl), ("owner", sid(owner)), ("group", sid(group))):
        offsets[name] = at + len(parts) if part else 0
        parts += part or b""
    where = [offsets[name] for name in ("owner", "group", "sacl", "dacl")]
    return struct.pack("<BBH4I", 1, 0, control, *where) + parts


def condition(*tokens):
    """What a conditional entry carries: tokens in postfix order."""
    body = b"artx" + b"".join(tokens)
    return body + bytes(-len(body) % 4)


def attribute_token(code, name):
    wide = name.encode("utf-16-le")
    return bytes([code]) + struct.pack("<I", len(wide)) + wide


def text_token(value):
    return attribute_token(0x10, value)


def sid_list_token(*sids):
    body = b"".join(b"\x51" + struct.pack("<I", len(sid(who))) + sid(who) for who in sids)
    return b"\x50" + struct.pack("<I", len(body)) + body


def claim(name, *values):
    """A resource attribute of strings."""
    head = 16 + 4 * len(values)
    body, offsets = b"", []
    for text in (name, *values):
        offsets.append(head + len(body))
        body += text.encode("utf-16-le") + b"\0\0"
        body += bytes(-len(body) % 4)
    return struct.pack("<IHHII", offsets[0], 3, 0, 0, len(values)) + struct.pack(
        f"<{len(values)}I", *offsets[1:]
    ) + body


def extended_attributes(*attributes):
    """The packed list of (name, flags, value)."""
    packed = b""
    for name, flags, value in attributes:
        body = struct.pack("<BBH", flags, len(name), len(value)) + name.encode() + b"\0" + value
        length = 4 + len(body) + -(4 + len(body)) % 4
        packed += struct.pack("<I", length) + body + bytes(length - 4 - len(body))
    return packed
