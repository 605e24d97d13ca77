#!/usr/bin/env python3
"""cluster-512 to cluster-2m and sector-4096: every geometry, with the same tree in each.

Index blocks are smaller than a cluster from 8 KiB clusters on; above 64 KiB sectors per cluster is
a negative power of two in the boot sector; 4096-byte sectors bring 4 KiB file records.
"""

from content import pattern, prose
from volume import KIB, MIB, Volume

GEOMETRIES = [
    # name, cluster, sector, volume size
    ("cluster-512", 512, 512, 4 * MIB),
    ("cluster-64k", 64 * KIB, 512, 16 * MIB),
    ("cluster-256k", 256 * KIB, 512, 32 * MIB),
    ("cluster-2m", 2 * MIB, 512, 128 * MIB),
    ("sector-4096", 4096, 4096, 8 * MIB),
]


def fill(volume, cluster):
    volume.file("/empty.bin")
    volume.file("/resident.txt", prose("resident", 500))
    volume.file("/three-kib.txt", prose("three-kib", 3_000))
    volume.file("/edge.bin", pattern("edge", 2 * cluster if cluster < MIB else 70_000))
    volume.file("/edge-and-a-byte.bin", pattern("edge", min(cluster, MIB) + 1))
    volume.sparse_file("/sparse.bin", 4 * MIB + 3, [(3 * MIB, pattern("sparse", 5_000))])
    volume.stream("/resident.txt", "stream", prose("stream", 2_500))
    volume.dirs("/a/b/c")
    volume.file("/a/b/c/deep.txt", prose("deep", 1_000))
    volume.dir("/many")
    for n in range(80):
        volume.file(f"/many/entry with a name of some length {n:03}.txt", prose(f"many {n % 5}", 10 + n))


def main():
    for name, cluster, sector, size in GEOMETRIES:
        shows = f"clusters of {cluster} bytes, sectors of {sector}"
        volume = Volume(name, shows, size, cluster, sector)
        with volume.mounted():
            fill(volume, cluster)
        volume.pack()


if __name__ == "__main__":
    main()
