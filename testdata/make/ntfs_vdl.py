#!/usr/bin/env python3
"""vdl: valid data length below the size; the clusters behind it hold stale bytes.

Windows leaves files so after SetEndOfFile. No Linux driver does, so full files are written and
their initialized size is lowered afterwards: whatever lies behind it must read as zeros.
"""

from content import pattern
from ntfs_edit import DATA
from volume import Volume, stream

# path: (size, valid data length)
FILES = {
    "/none.bin": (20_000, 0),
    "/mid-cluster.bin": (60_000, 33_333),
    "/cluster-edge.bin": (40_960, 8_192),
    "/last-byte.bin": (50_001, 50_000),
    "/complete.bin": (50_000, 50_000),
    "/beyond-64k.bin": (130_000, 65_537),
}


def main():
    volume = Volume("vdl", "valid data length below the size, stale bytes behind it")
    with volume.mounted():
        for path, (size, _) in FILES.items():
            volume.file(path, pattern(path, size))
        volume.file("/with-stream.txt", pattern("with-stream", 3_000))
        volume.stream("/with-stream.txt", "tail", pattern("tail", 30_000))
    with volume.edited() as image:
        for path, (size, valid) in FILES.items():
            lower(volume, image, path, "", pattern(path, size), valid)
        lower(volume, image, "/with-stream.txt", "tail", pattern("tail", 30_000), 12_345)
    volume.pack()


def lower(volume, image, path, name, data, valid):
    """Sets the initialized size of one stream, on disk and in the manifest."""
    node = volume.nodes[path]
    record = image.record(node.record)
    record.find(DATA, name).put("<Q", 0x38, valid)
    image.save(record)
    node.streams[name] = stream(data[:valid] + bytes(len(data) - valid))


if __name__ == "__main__":
    main()
