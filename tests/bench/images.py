#!/usr/bin/env python3
"""The disks that the benchmark reads, in a folder; nothing of this is committed.

    images.py OUT_DIR chain  [--mib 3072]      base.vhdx, three AVHDX over it, flat.img, plain.bin
    images.py OUT_DIR tree   [--files 200000]  tree.vhdx and the same volume as tree.img
    images.py OUT_DIR small  [--files 120000]  small.vhdx: 1.8 GiB of small files
    images.py OUT_DIR vast                     64 TiB disks whose tables are full
"""

import argparse
import pathlib
import random
import subprocess
import sys
import uuid

MAKE = pathlib.Path(__file__).resolve().parents[2] / "testdata" / "make"
sys.path.insert(0, str(MAKE))

import mount  # noqa: E402
import ntfs_edit  # noqa: E402
import vhdx  # noqa: E402
import vhdx_stream  # noqa: E402
from vhdx import KIB, MIB  # noqa: E402

TIB = 1 << 40
BLOCK = 2 * MIB
NOTHING = bytes(BLOCK)
CHANGED_SHARE = 4  # every fourth block, in each layer
PARTIAL_SHARE = 10  # of those, every tenth in pieces
PIECE = (4 * KIB, 64 * KIB)
LAYERS = 3
FILE = "big.bin"


def identity(name, disk="bench"):
    guid = lambda text: uuid.uuid5(uuid.NAMESPACE_OID, text)
    return vhdx.Identity(guid(f"file {name}"), guid(f"data {name}"), guid(f"disk {disk}"))


class Noise:
    """Bytes that no compressor shortens and that differ from call to call: slices of one buffer."""

    def __init__(self, seed):
        self.rng = random.Random(seed)
        self.bytes = self.rng.randbytes(32 * MIB)

    def next(self, size):
        start = self.rng.randrange(len(self.bytes) - size)
        return memoryview(self.bytes)[start : start + size]


def make_volume(image, size, fill):
    """An NTFS volume in a sparse file of `size` bytes; `fill` gets the folder it is mounted on."""
    with open(image, "wb") as file:
        file.truncate(size)
    subprocess.run(["mkntfs", "-q", "-F", "-f", "-T", image], check=True, capture_output=True)
    point = image.with_suffix(".mounted")
    point.mkdir()
    try:
        with mount.ntfs_3g(image, point, "big_writes"):
            fill(point)
    finally:
        point.rmdir()


def file_runs(image):
    """Where on the volume FILE lies: its record number is that of the first file of a new volume."""
    with ntfs_edit.Image(image) as volume:
        attribute = volume.record(64).find(ntfs_edit.DATA)
        size = volume.cluster_size
        return [(lcn * size, clusters * size) for _, lcn, clusters in attribute.runs()]


def blocks_within(runs):
    """The numbers of the blocks that hold nothing but FILE."""
    for start, length in runs:
        yield from range(-(-start // BLOCK), (start + length) // BLOCK)


def pieces(rng):
    """Ranges of a block, 4 to 64 KiB long, with as much between them."""
    at = rng.randrange(0, PIECE[1], 4 * KIB)
    while at < BLOCK:
        end = min(BLOCK, at + rng.randrange(PIECE[0], PIECE[1] + 1, 4 * KIB))
        yield at, end
        at = end + rng.randrange(PIECE[0], PIECE[1] + 1, 4 * KIB)


def make_layer(folder, number, flat, blocks, noise):
    """One differencing disk over the one before; `flat` is what the disk holds, kept up to date."""
    name = lambda n: f"base_{n}.avhdx" if n else "base.vhdx"
    parent = vhdx.Parent(identity(name(number - 1)).data_write_guid, f".\\{name(number - 1)}", "", "")
    changed = noise.rng.sample(blocks, len(blocks) // CHANGED_SHARE)
    partial = set(changed[: len(changed) // PARTIAL_SHARE])
    with vhdx_stream.Writer(folder / name(number), flat.size, BLOCK, identity(name(number)), parent) as layer:
        for block in sorted(changed):
            spans = list(pieces(noise.rng)) if block in partial else [(0, BLOCK)]
            data = bytearray(b"\xdb" * BLOCK)
            for start, end in spans:
                data[start:end] = noise.next(end - start)
                flat.write(block * BLOCK + start, data[start:end])
            layer.block(block, data, spans if block in partial else None)


class Flat:
    """A raw disk image being changed in place."""

    def __init__(self, path):
        self.file = open(path, "r+b", buffering=0)
        self.size = path.stat().st_size

    def write(self, offset, data):
        self.file.seek(offset)
        self.file.write(data)

    def read(self, offset, length):
        self.file.seek(offset)
        return self.file.read(length)


def make_chain(folder, mib):
    """One file of `mib` MiB in a volume in a chain, and the same bytes flat and plain."""
    noise, image = Noise("chain"), folder / "flat.img"

    def fill(point):
        with open(point / FILE, "wb", buffering=0) as file:
            for _ in range(mib // 8):
                file.write(noise.next(8 * MIB))

    # A volume that is a third full, as the disks of guests are.
    make_volume(image, (mib * 10 // 3 + 64) * MIB // BLOCK * BLOCK, fill)
    runs, flat = file_runs(image), Flat(image)
    with vhdx_stream.Writer(folder / "base.vhdx", flat.size, BLOCK, identity("base.vhdx")) as base:
        for block in range(flat.size // BLOCK):
            data = flat.read(block * BLOCK, BLOCK)
            if data != NOTHING:
                base.block(block, data)
    for number in range(1, LAYERS + 1):
        make_layer(folder, number, flat, list(blocks_within(runs)), noise)
    print(f"{FILE}: {len(runs)} runs")
    write_plain(folder / "plain.bin", flat, runs, mib * MIB)


def write_plain(path, flat, runs, size):
    """The file as the topmost layer has it."""
    with open(path, "wb", buffering=0) as plain:
        for start, length in runs:
            for at in range(start, start + length, 8 * MIB):
                plain.write(flat.read(at, min(8 * MIB, start + length - at)))
        plain.truncate(size)


def make_files(folder, name, files, mix):
    """A volume of many files, raw and in a dynamic VHDX of qemu-img's."""
    arguments = ["--files", str(files), "--mix", mix, "--name", name]
    subprocess.run([sys.executable, MAKE / "large.py", folder, *arguments], check=True)
    convert = ["qemu-img", "convert", "-f", "raw", "-O", "vhdx", "-o", "subformat=dynamic"]
    subprocess.run([*convert, folder / f"{name}.img", folder / f"{name}.vhdx"], check=True)


def make_vast(folder):
    """Disks of 64 TiB with the default block size and with the smallest, an eighth in use.

    They begin with a small volume. The tables are written in full, the other blocks that they point
    to are holes of the file.
    """
    image, size = folder / "small.img", 32 * MIB
    make_volume(image, size, lambda point: (point / FILE).write_bytes(b"small"))
    data = image.read_bytes()
    image.unlink()
    for block_size in (32 * MIB, MIB):
        name = f"vast-{block_size // MIB}"
        (folder / name).mkdir()
        with vhdx_stream.Writer(folder / name / "vast.vhdx", 64 * TIB, block_size, identity(name, name)) as vast:
            for at in range(0, size, block_size):
                vast.block(at // block_size, data[at : at + block_size])
            vast.stretch(size // block_size, 8)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("what", choices=["chain", "tree", "small", "vast"])
    parser.add_argument("--mib", type=int, default=3072)
    parser.add_argument("--files", type=int, default=200_000)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    if options.what == "chain":
        make_chain(options.folder, options.mib)
    elif options.what == "tree":
        make_files(options.folder, "tree", options.files, "tiny")
    elif options.what == "small":
        make_files(options.folder, "small", options.files, "small")
        (options.folder / "small.img").unlink()
    else:
        make_vast(options.folder)


if __name__ == "__main__":
    main()
