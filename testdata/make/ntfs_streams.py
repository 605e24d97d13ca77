#!/usr/bin/env python3
"""streams: 80 streams on one file, streams on directories, and an index root pushed out.

So many streams do not fit one record: the attribute list of /eighty.txt spreads them over
extension records, and in /crowded the directory's own attributes move as well.
"""

from content import noise, pattern, prose
from ntfs_edit import ATTRIBUTE_LIST, INDEX_ROOT
from volume import Volume


def main():
    volume = Volume("streams", "80 streams on a file, streams on directories, $INDEX_ROOT in an extension record")
    with volume.mounted():
        volume.file("/eighty.txt", prose("eighty", 900))
        for n in range(80):
            size = (3 + n * 7) if n % 10 else 5_000 + n
            volume.stream("/eighty.txt", f"stream {n:02}", prose(f"eighty {n}", size))
        volume.file("/report.doc", noise("report", 6_000))
        zone = b"[ZoneTransfer]\r\nZoneId=3\r\nHostUrl=https://example.org/report.doc\r\n"
        volume.stream("/report.doc", "Zone.Identifier", zone)
        volume.stream("/report.doc", "r\u00e9sum\u00e9 \u8981\u7d04", "unicode name\n".encode())
        volume.stream("/report.doc", "large", pattern("large stream", 150_000))
        volume.stream("/report.doc", "empty", b"")
        volume.file("/only-a-stream.txt")
        volume.stream("/only-a-stream.txt", "hidden text", prose("hidden", 2_000))
        volume.dir("/folder")
        volume.stream("/folder", "note", b"a stream of a directory\n")
        volume.stream("/folder", "large", pattern("directory stream", 20_000))
        volume.file("/folder/inside.txt", prose("inside", 700))
        crowded(volume)
    with volume.edited() as image:
        for path in ("/eighty.txt", "/crowded"):
            assert image.record(volume.nodes[path].record).find(ATTRIBUTE_LIST), path
        base = image.record(volume.nodes["/crowded"].record)
        print("streams: /crowded keeps its index root in the base record:", bool(base.find(INDEX_ROOT, "$I30")))
    volume.pack()


def crowded(volume):
    """A directory with entries and 40 streams."""
    volume.dir("/crowded")
    for n in range(40):
        volume.stream("/crowded", f"crowd {n:02}", prose(f"crowd {n}", 20 + 5 * n))
    for n in range(30):
        volume.file(f"/crowded/file {n:02}.txt", prose(f"crowded {n}", 40))
    for n in range(40, 60):
        volume.stream("/crowded", f"crowd {n:02}", prose(f"crowd {n}", 20 + 5 * n))


if __name__ == "__main__":
    main()
