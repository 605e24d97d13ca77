#!/usr/bin/env python3
"""plain: files of every ordinary shape, resident to many clusters; system files' content."""

from content import noise, pattern, prose
from volume import Volume, sparse_stream, stream


def main():
    volume = Volume("plain", "files of ordinary shapes; $Boot and $BadClus:$Bad")
    with volume.mounted():
        volume.file("/empty.txt")
        volume.file("/one-byte.txt", b"x")
        volume.file("/resident.txt", prose("resident", 600))
        volume.file("/one-cluster.bin", pattern("one-cluster", 4096))
        volume.file("/cluster-and-a-byte.bin", pattern("cluster-and-a-byte", 4097))
        volume.file("/large.txt", prose("large", 60_001))
        volume.file("/noise.bin", noise("noise", 9_999))
        volume.dirs("/Users/ana/Documents")
        volume.file("/Users/ana/Documents/report.txt", prose("report", 5_000))
        volume.file("/Users/ana/Documents/read me (final).md", prose("readme", 1_500))
        volume.dir("/Users/empty")
    with volume.edited() as image:
        volume.system = system_files(image)
    volume.pack()


def system_files(image):
    """Streams of the system files that follow from the geometry alone."""
    size = image.sectors * image.sector_size // image.cluster_size * image.cluster_size
    return {
        "/$Boot": {"": stream(image.read(0, 8192))},
        "/$BadClus": {"": stream(b""), "$Bad": sparse_stream(size, [])},
    }


if __name__ == "__main__":
    main()
