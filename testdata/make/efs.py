"""Composes the value of an $EFS attribute (MS-EFSR 2.2.2.1) and the content of encrypted streams.

Nothing here encrypts: keys and ciphertext are noise of the right lengths. Whoever reads the volume
has to bring them out as they are, and to tell from the attribute who could decrypt them.
"""

import struct
import uuid

from content import noise

VERSION = 2
CERTIFICATE = 3  # how a key is named: by the thumbprint of its certificate
SECTOR = 512
FEK_SIZE = 256  # a file encryption key under an RSA key of 2048 bits


def holder(name, sid, thumbprint, container=None, provider=None):
    """Somebody whose key opens the file."""
    return {"name": name, "sid": sid, "thumbprint": thumbprint, "container": container, "provider": provider}


def attribute(seed, users, recovery=()):
    """The attribute's value, for these holders."""
    ddf = _key_list(f"{seed} ddf", users)
    drf = _key_list(f"{seed} drf", recovery) if recovery else b""
    header_size = 0x54
    body = ddf + drf
    drf_at = header_size + len(ddf) if drf else 0
    ids = uuid.uuid5(uuid.NAMESPACE_URL, seed).bytes_le + noise(f"{seed} hash", 16) + bytes(16)
    head = struct.pack("<IIII", header_size + len(body), 0, VERSION, 0) + ids
    return head + struct.pack("<II", header_size, drf_at) + bytes(12) + body


def ciphertext(seed, size):
    """What stands for the encrypted form of a stream of `size` bytes: whole sectors."""
    return noise(seed, -(-size // SECTOR) * SECTOR)


def for_driver(stored, size):
    """The form in which ntfs-3g takes ciphertext: behind it, how much of it is padding."""
    return stored + struct.pack("<H", len(stored) - size)


def _key_list(seed, holders):
    entries = [_entry(f"{seed} {n}", holder) for n, holder in enumerate(holders)]
    return struct.pack("<I", len(entries)) + b"".join(entries)


def _entry(seed, holder):
    """2.2.2.1.2: where the public key's description and the encrypted key are."""
    head, key = 20, _public_key(holder)
    fek_at = head + len(key)
    size = fek_at + FEK_SIZE
    return struct.pack("<IIIII", size, head, FEK_SIZE, fek_at, 0) + key + noise(f"{seed} fek", FEK_SIZE)


def _public_key(holder):
    """2.2.2.1.3: whose key, and by which certificate it is known."""
    sid = _sid(holder["sid"]) if holder["sid"] else b""
    certificate = _certificate(holder)
    head = 28
    sid_at = head if sid else 0
    certificate_at = head + len(sid)
    size = certificate_at + len(certificate)
    fields = (size, sid_at, CERTIFICATE, len(certificate), certificate_at, 0, 0)
    return struct.pack("<7I", *fields) + sid + certificate


def _certificate(holder):
    """2.2.2.1.4."""
    thumbprint = bytes.fromhex(holder["thumbprint"])
    at, data, offsets = 20 + len(thumbprint), thumbprint, []
    for text in (holder["container"], holder["provider"], holder["name"]):
        encoded = (text + "\0").encode("utf-16-le") if text else b""
        offsets.append(at if text else 0)
        data += encoded
        at += len(encoded)
    return struct.pack("<5I", 20, len(thumbprint), *offsets) + data


def _sid(text):
    revision, authority, *parts = text.removeprefix("S-").split("-")
    parts = [int(part) for part in parts]
    return bytes([int(revision), len(parts)]) + int(authority).to_bytes(6, "big") + struct.pack(f"<{len(parts)}I", *parts)
