#!/usr/bin/env python3
"""Reads every committed NTFS image with independent readers and compares with the manifests.

ntfs-3g reads every stream, 7-Zip every file and stream, icat (The Sleuth Kit) the unnamed
streams. What each agreed with goes to testdata/ntfs/readers.json, and from there into the table
of testdata/README.md. A disagreement is listed there by name: it is the reader's fault or a case
that it does not know, and has to be looked at once by a person.

    verify.py [NAME...]
"""

import base64
import hashlib
import json
import os
import pathlib
import struct
import subprocess
import sys
import tempfile

import mount
from volume import time_value

NTFS = pathlib.Path(__file__).resolve().parent.parent / "ntfs"
DEMO = NTFS.parent / "demo"
RESULTS = NTFS / "readers.json"
LARGE = 1 << 30
ICAT_LIMIT = 300
NAMED_LIMIT = 10


def guest_bytes(entry):
    """An entry's path as WTF-8."""
    return base64.b64decode(entry["path_wtf8"]) if "path_wtf8" in entry else entry["path"].encode()


def hash_of(file):
    digest, size = hashlib.sha256(), 0
    while block := file.read(1 << 20):
        digest.update(block)
        size += len(block)
    return size, digest.hexdigest()


def readable(entries):
    """(entry, stream name, expected) of every stream that a reader must get right."""
    for entry in entries:
        if entry.get("reparse") or entry.get("unsupported") or entry.get("lost"):
            continue
        for name, expected in entry["streams"].items():
            yield entry, name, expected


def compare(items, read):
    """How many streams `read` returned as expected, and which it did not."""
    good, bad = 0, []
    for entry, name, expected in items:
        try:
            found = read(entry, name)
        except (OSError, ValueError) as error:
            found = str(error)
        if found == (expected["size"], expected["sha256"]):
            good += 1
        else:
            bad.append(entry["path"] + (f":{name}" if name else ""))
    return {"agrees": good, "differs": named(map(str.encode, bad))}


def named(paths):
    """The paths, or only their number when there are many."""
    texts = sorted(path.decode("utf-8", "replace") for path in paths)
    return texts if len(texts) <= NAMED_LIMIT else len(texts)


def with_ntfs_3g(image, folder, manifest):
    """Mounted read-only; the listing must be the manifest's, path for path."""
    point = os.path.join(folder, b"mounted")
    os.mkdir(point)
    with mount.ntfs_3g(image, point, "ro,streams_interface=windows", limit=60):
        result = compare(readable(manifest["entries"]), lambda e, n: read_mounted(point, e, n))
        result["times_differ"] = named(wrong_times(point, manifest["entries"]))
        listed = set(walk(point))
    expected = {guest_bytes(e) for e in manifest["entries"]} - {b"/"}
    return result | {"missing": named(expected - listed), "unexpected": named(listed - expected)}


def wrong_times(point, entries):
    """Paths whose four times, at 100 ns, are not the manifest's."""
    for entry in entries:
        if "created" not in entry or "reparse" in entry or entry.get("lost"):
            continue
        path = guest_bytes(entry)
        # In the order of the attribute: creation, modification, access, change.
        expected = [entry[key] for key in ("created", "modified", "accessed", "changed")]
        try:
            found = os.getxattr(point + path, "system.ntfs_times_be")
        except OSError:
            yield path
            continue
        if [time_value(ticks) for ticks in struct.unpack(">4Q", found)] != expected:
            yield path


def walk(point):
    for folder, dirs, files in os.walk(point):
        for name in dirs + files:
            yield os.path.join(folder, name)[len(point) :]


def read_mounted(point, entry, name):
    path = point + guest_bytes(entry) + (b":" + name.encode() if name else b"")
    with open(path, "rb", buffering=0) as file:
        return hash_of(file)


def with_7zip(image, folder, manifest):
    """Everything extracted at once; streams come as FILE:STREAM."""
    items = [i for i in readable(manifest["entries"]) if i[2]["size"] < LARGE]
    out = os.path.join(folder, b"extracted")
    huge = [e["path"][1:] for e in manifest["entries"] if e["size"] >= LARGE]
    skip = [f"-x!{path}" for path in huge]
    subprocess.run(["7zz", "x", "-tntfs", "-y", "-bd", b"-o" + out, *skip, image],
                   capture_output=True, check=False)
    return compare(items, lambda e, n: read_mounted(out, e, n))


def with_icat(image, _, manifest):
    """Unnamed streams by record number, at most the first few hundred."""
    items = [i for i in readable(manifest["entries"]) if not i[1] and i[0]["kind"] == "file"]
    items = [i for i in items if i[2]["size"] < LARGE][:ICAT_LIMIT]
    return compare(items, lambda entry, _: read_record(image, entry["record"]))


def read_record(image, record):
    with subprocess.Popen(["icat", "-f", "ntfs", image, str(record)],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as icat:
        return hash_of(icat.stdout)


READERS = {"ntfs-3g": with_ntfs_3g, "7zz": with_7zip, "icat": with_icat}


def verify(name):
    """What each reader says of one image."""
    manifest = json.loads((NTFS / f"{name}.json").read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory(prefix="hvrestore-verify-") as folder:
        image = os.path.join(folder, "volume.img")
        subprocess.run(["zstd", "-dqf", "--sparse", NTFS / f"{name}.img.zst", "-o", image], check=True)
        results = {}
        for reader, read in READERS.items():
            try:
                results[reader] = read(image, os.fsencode(folder), manifest)
            except RuntimeError as error:
                results[reader] = {"refuses": str(error).strip().splitlines()[0]}
    return results


def verify_demo():
    """Each state's disk as 7-Zip reads the chain, then its volume as ntfs-3g reads it."""
    states = json.loads((DEMO / "expected.json").read_text(encoding="utf-8"))["states"]
    for state in states:
        with tempfile.TemporaryDirectory(prefix="hvrestore-verify-") as folder:
            flat = subprocess.run(["7zz", "x", "-tvhdx", "-so", DEMO / state["file"]],
                                  check=True, capture_output=True).stdout
            assert hashlib.sha256(flat).hexdigest() == state["sha256"], state["file"]
            image = os.path.join(folder, "volume.img")
            with open(image, "wb") as file:
                file.write(flat[state["partition_offset"] :])
            result = with_ntfs_3g(image, os.fsencode(folder), state)
            print(f"demo: {state['state']}: disk right by 7zz; ntfs-3g: {json.dumps(result)}")


def main():
    names = sys.argv[1:] or sorted(p.name.removesuffix(".img.zst") for p in NTFS.glob("*.img.zst"))
    known = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() and sys.argv[1:] else {}
    for name in names:
        known[name] = verify(name)
        for reader, result in known[name].items():
            print(f"{name}: {reader}: {json.dumps(result, ensure_ascii=False)}")
    verify_demo()
    text = json.dumps(dict(sorted(known.items())), indent=1, ensure_ascii=False)
    RESULTS.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
