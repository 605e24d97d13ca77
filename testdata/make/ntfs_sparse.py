#!/usr/bin/env python3
"""sparse: holes at the start, in the middle, at the end; 10 GiB that hold 40 KB."""

from content import noise, pattern, prose
from volume import GIB, MIB, Volume


def main():
    volume = Volume("sparse", "holes; 10 GiB that hold 40 KB")
    with volume.mounted():
        volume.sparse_file("/all-hole.bin", 5 * MIB)
        volume.sparse_file("/hole-first.bin", 200_000, [(190_000, prose("hole-first", 10_000))])
        volume.sparse_file("/hole-last.bin", 3 * MIB, [(0, prose("hole-last", 9_000))])
        middle = [(0, pattern("start", 5_000)), (1_000_000, pattern("middle", 7_000))]
        volume.sparse_file("/hole-middle.bin", 1_007_000, middle)
        striped = [(n * 66_000, noise(n, 300)) for n in range(20)]
        volume.sparse_file("/striped.bin", 20 * 66_000 + 17, striped)
        far = [
            (0, pattern("far 0", 10_000)),
            (4 * GIB - 5_000, pattern("far 4g", 10_000)),
            (7 * GIB + 123, pattern("far 7g", 10_000)),
            (10 * GIB - 10_000, pattern("far end", 10_000)),
        ]
        volume.sparse_file("/ten-gib.bin", 10 * GIB, far)
    volume.pack()


if __name__ == "__main__":
    main()
