#!/usr/bin/env python3
"""lznt1, lznt1-512: compressed files, in units of 64 KiB and of 8 KiB (16 clusters).

Text, noise (units stored raw), zeros (sparse units), mixtures, and lengths that end inside,
at and just behind a unit. In lznt1-512 one unit also ends early, and one cannot be decoded.
"""

from content import noise, pattern, prose
from ntfs_edit import DATA
from volume import COMPRESSED, MIB, Volume, stream

CHUNK = 4096


def contents(unit):
    """name: bytes, for a compression unit of `unit` bytes."""
    text, rough = prose("text", 3 * unit), noise("rough", unit)
    return {
        "resident.txt": text[:300],
        "text.txt": text[: 2 * unit + 1_234],
        "noise.bin": rough + rough[:77],
        "zeros.bin": bytes(3 * unit + 5),
        "one-unit.txt": text[:unit],
        "unit-and-a-byte.txt": text[: unit + 1],
        "unit-less-a-byte.txt": text[: unit - 1],
        "mixed.bin": b"".join([
            text[:unit], rough, bytes(unit), text[: unit // 2], rough[: unit // 2],
            bytes(2 * unit), rough, text[:999],
        ]),
        "half-zero.bin": text[: unit // 3] + bytes(unit - unit // 3) + rough[:100],
        "runs.bin": b"".join(bytes([n % 256]) * (1 + n * 37 % 4_000) for n in range(60)),
        "counted.bin": pattern("counted", unit + 4_095),
    }


def make(name, cluster, size):
    unit = 16 * cluster
    volume = Volume(name, f"LZNT1 in units of {unit >> 10} KiB: text, noise, zeros, mixtures, odd lengths", size, cluster)
    with volume.mounted("compression"):
        volume.dir("/compressed")
        volume.set_attributes("/compressed", COMPRESSED)
        for file, data in contents(unit).items():
            volume.file(f"/compressed/{file}", data)
        text = prose("text", 2 * unit)
        holes = [(0, text[:1_000]), (5 * unit + 9, text[: unit + 7]), (40 * unit, b"end")]
        volume.sparse_file("/compressed/holes.bin", 40 * unit + 3, holes)
        volume.stream("/compressed/text.txt", "compressed stream", text[: unit + 500])
        volume.file("/plain.txt", text[:10_000])
    return volume


def patched(name, cluster, size):
    """The same, with two files whose first unit is changed by hand."""
    volume = make(name, cluster, size)
    unit = 16 * cluster
    text = prose("text", 2 * unit)
    with volume.mounted("compression"):
        volume.file("/compressed/ends-early.txt", text)
        volume.file("/compressed/undecodable.txt", text)
    with volume.edited() as image:
        end_early(volume, image, "/compressed/ends-early.txt", text, unit)
        break_first_token(volume, image, "/compressed/undecodable.txt")
    return volume


def first_unit(volume, image, path):
    """Where the compressed bytes of the first unit lie, and its first chunk's size with header."""
    _, lcn, _ = image.record(volume.nodes[path].record).find(DATA).runs()[0]
    at = lcn * image.cluster_size
    header = int.from_bytes(image.read(at, 2), "little")
    assert header >> 12 == 0xB, "a compressed chunk"
    return at, (header & 0xFFF) + 3


def end_early(volume, image, path, text, unit):
    """A zero header after the first chunk: the rest of this unit reads as zeros."""
    at, size = first_unit(volume, image, path)
    image.write(at + size, b"\0\0")
    volume.nodes[path].streams[""] = stream(text[:CHUNK] + bytes(unit - CHUNK) + text[unit:])


def break_first_token(volume, image, path):
    """The first token copies from in front of the chunk's start: this unit cannot be decoded."""
    at, _ = first_unit(volume, image, path)
    image.write(at + 2, b"\x01\xff\xff")
    volume.nodes[path].lost = "data"


def main():
    make("lznt1", 4096, 6 * MIB).pack()
    patched("lznt1-512", 512, 4 * MIB).pack()


if __name__ == "__main__":
    main()
