#!/usr/bin/env python3
"""Large volumes for tests and benchmarks at run time; nothing of this is committed.

    large.py OUT_DIR [--files 200000] [--per-folder 500 | --one-folder] [--mix tiny|small] [--name large]

Writes OUT_DIR/NAME.img (sparse) and OUT_DIR/NAME.jsonl, one object a line for every path:
{"path", "kind", "size", "sha256"}, hashes of the bytes written; some also have "streams" (name ->
{"size", "sha256"}), some are "hard_link" to an earlier path. About 80 seconds for 200,000.
"""

import argparse
import json
import os
import pathlib
import random
import subprocess

import mount
from content import noise, prose
from volume import GIB, KIB, MIB, sha256

NAMES = ("report", "invoice", "Foto", "\u00fcbersicht", "\u30e1\u30e2", "backup copy of letter", "x")
ENDINGS = (".txt", ".docx", ".pdf", ".JPG", "", ".tmp")
# Which share of the files, in sum, is smaller than what.
MIXES = {
    # Mostly resident files, some of a few clusters, a few of hundreds: 2 KiB on the average.
    "tiny": ((0.75, 600), (0.99, 12 * KIB), (1, 300 * KIB)),
    # As a user's or a server's folders have them: 16 KiB on the average.
    "small": ((0.3, 600), (0.9, 24 * KIB), (1, 176 * KIB)),
}


class Contents:
    """Slices of two fixed buffers: distinct files at the price of a slice."""

    def __init__(self, seed, shares):
        self.shares = shares
        self.rng = random.Random(seed)
        self.text = prose(seed, 2 * MIB)
        self.noise = noise(seed, 2 * MIB)

    def next(self):
        kind = self.rng.random()
        limit = next(limit for share, limit in self.shares if kind < share)
        source = self.text if self.rng.random() < 0.8 else self.noise
        size = self.rng.randrange(limit)
        start = self.rng.randrange(len(source) - size)
        return source[start : start + size]


def volume_size(files, shares):
    """Room for the records and for what does not fit them, with a third to spare."""
    below = [0, *(share for share, _ in shares)]
    average = sum((share - start) * limit / 2 for start, (share, limit) in zip(below, shares))
    return int(max(64 * MIB, files * (5 * KIB + average * 3 / 2) + GIB // 8)) // MIB * MIB


def paths(files, per_folder):
    """(path, is a folder), folders before what they hold; 20 folders a level."""
    folder = ""
    for n in range(files):
        if n % per_folder == 0:
            serial = n // per_folder
            above = f"/area {serial // 20:03}"
            if serial % 20 == 0:
                yield above, True
            folder = f"{above}/folder {serial:05}"
            yield folder, True
        yield f"{folder}/{NAMES[n % len(NAMES)]} {n:06}{ENDINGS[n % len(ENDINGS)]}", False


class Writer:
    """Writes a tree path by path, and its manifest line by line."""

    def __init__(self, root, listing, shares):
        self.root = root
        self.listing = listing
        self.contents = Contents("large", shares)
        self.count = 0
        self.last = None

    def folder(self, path):
        os.mkdir(self.root + path)
        self._note({"path": path, "kind": "dir"})

    def file(self, path):
        """Every 97th file also gets a stream; every 211th is a hard link to the one before."""
        self.count += 1
        if self.count % 211 == 0:
            os.link(self.root + self.last["path"], self.root + path)
            self._note(self.last | {"path": path, "hard_link": self.last["path"]})
            return
        self.last = {"path": path, "kind": "file"} | self._write(path)
        if self.count % 97 == 0:
            self.last["streams"] = {"Zone.Identifier": self._write(f"{path}:Zone.Identifier")}
        self._note(self.last)

    def _write(self, path):
        data = self.contents.next()
        file = os.open(self.root + path, os.O_CREAT | os.O_WRONLY)
        assert os.write(file, data) == len(data)
        os.close(file)
        return {"size": len(data), "sha256": sha256(data)}

    def _note(self, entry):
        self.listing.write(json.dumps(entry, ensure_ascii=False) + "\n")


def fill(root, listing, options):
    writer = Writer(root, listing, MIXES[options.mix])
    per_folder = options.files if options.one_folder else options.per_folder
    for path, is_folder in paths(options.files, per_folder):
        if is_folder:
            writer.folder(path)
        else:
            writer.file(path)


def make(options):
    """Makes one image and its manifest."""
    folder, name = options.folder, options.name
    image, point = folder / f"{name}.img", folder / f"{name}.mounted"
    with open(image, "wb") as file:
        file.truncate(volume_size(options.files, MIXES[options.mix]))
    format_command = ["mkntfs", "-q", "-F", "-f", "-T", "-p", "0", "-H", "255", "-S", "63", "-L", name[:32]]
    subprocess.run([*format_command, image], check=True, capture_output=True)
    point.mkdir()
    try:
        with open(folder / f"{name}.jsonl", "w", encoding="utf-8", newline="\n") as listing:
            with mount.ntfs_3g(image, point, "big_writes,noatime,streams_interface=windows"):
                fill(str(point), listing, options)
    finally:
        point.rmdir()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--files", type=int, default=200_000)
    parser.add_argument("--per-folder", type=int, default=500)
    parser.add_argument("--one-folder", action="store_true", help="all files in one directory")
    parser.add_argument("--mix", choices=MIXES, default="tiny", help="how large the files are")
    parser.add_argument("--name", default="large")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    make(options)


if __name__ == "__main__":
    main()
