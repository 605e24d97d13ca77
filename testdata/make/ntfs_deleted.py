#!/usr/bin/env python3
"""deleted: files and folders that were deleted: whole, overwritten in part, without a folder.

What was deleted is in the manifest as `deleted`: `path` as hvrestore shows it, `kind`, `record`,
`streams` as they were written, and `lost` with the ranges whose clusters another file has now.
"""

import os

from content import noise, pattern, prose
from ntfs_edit import BITMAP_RECORD, DATA
from volume import Volume

CLUSTER = 512
ZONE = b"[ZoneTransfer]\r\nZoneId=3\r\n"
REUSED = range(3, 6)  # clusters of overwritten.bin, counted from its start


class Deleted(Volume):
    """A volume that remembers what was taken away."""

    def __init__(self):
        super().__init__("deleted", "deleted files: whole, overwritten in part, without a folder", cluster=CLUSTER)
        self.about["deleted"] = []

    def delete(self, path, shown=None, **facts):
        """Deletes a file or an empty directory, which is then to be found at `shown`."""
        node = self.nodes.pop(path)
        is_folder = node.kind == "dir"
        os.rmdir(self.host(path)) if is_folder else os.unlink(self.host(path))
        self.about["deleted"].append(
            {"path": shown or path, "kind": node.kind, "record": node.record, "streams": node.streams} | facts)
        return node.record


def main():
    volume = Deleted()
    with volume.in_pieces(), volume.mounted():
        volume.file("/pieces.bin", pattern("pieces", 300 * CLUSTER - 9), CLUSTER)
    with volume.mounted():
        fill(volume)
    with volume.mounted():
        records = delete(volume)
    with volume.edited() as image:
        use_again(image, records["/docs/overwritten.bin"])
        # The record of the folder /lost is another's by now.
        image.write_raw_record(records["/lost"], bytes(image.record_size))
    volume.about["deleted"].sort(key=lambda entry: entry["path"])
    volume.pack()


def fill(volume):
    volume.dirs("/docs/old/deeper")
    volume.dir("/lost")
    volume.file("/docs/kept.txt", prose("kept", 900))
    volume.file("/docs/report.txt", prose("report", 20_000))
    volume.stream("/docs/report.txt", "Zone.Identifier", ZONE)
    volume.file("/docs/overwritten.bin", noise("overwritten", 10 * CLUSTER))
    volume.file("/docs/small.txt", b"so small that it lies in its record\n")
    volume.file("/docs/old/letter.txt", prose("letter", 3_000))
    volume.file("/docs/old/deeper/note.txt", prose("note", 4_000))
    volume.file("/lost/orphan.txt", prose("orphan", 2_500))
    volume.file("/docs/twice.txt", prose("first", 5_000))
    volume.file("/docs/second.txt", prose("second", 6_000))
    volume.file("/docs/name kept.txt", prose("names", 1_000))
    volume.link("/docs/name kept.txt", "/docs/name lost.txt")


def delete(volume):
    """Deletes most of it, and makes nothing, so that no record is used again; the records by path."""
    # The driver takes the name out of a record that has an attribute list.
    nameless = volume.nodes["/pieces.bin"].record
    volume.delete("/pieces.bin", shown=f"/[no folder]/record {nameless}")
    paths = ["/docs/report.txt", "/docs/small.txt"]
    paths += ["/docs/old/letter.txt", "/docs/old/deeper/note.txt", "/docs/old/deeper", "/docs/old"]
    records = {path: volume.delete(path) for path in paths}
    lost = [[REUSED.start * CLUSTER, REUSED.stop * CLUSTER]]
    records["/docs/overwritten.bin"] = volume.delete("/docs/overwritten.bin", lost=lost)
    volume.delete("/lost/orphan.txt", shown="/[no folder]/orphan.txt")
    records["/lost"] = volume.nodes.pop("/lost").record
    os.rmdir(volume.host("/lost"))
    # One of two names goes: the file is not deleted.
    volume.remove("/docs/name lost.txt")
    # The same name twice: the one whose record was changed last keeps it. The clock stands still
    # while images are made, at an hour before all times that were stamped.
    volume.delete("/docs/twice.txt")
    os.rename(volume.host("/docs/second.txt"), volume.host("/docs/twice.txt"))
    older = volume.nodes.pop("/docs/second.txt")
    volume.nodes["/docs/twice.txt"] = older
    volume.delete("/docs/twice.txt", shown=f"/docs/twice.txt (record {older.record})")
    return records


def use_again(image, number):
    """Gives some clusters of a deleted file to somebody else."""
    bitmap = image.record(BITMAP_RECORD).find(DATA)
    bits = bytearray(image.content(bitmap))
    (_, first, count), = image.record(number).find(DATA).runs()
    assert count > REUSED.stop
    for lcn in (first + n for n in REUSED):
        bits[lcn // 8] |= 1 << lcn % 8
        image.write(lcn * CLUSTER, noise(lcn, CLUSTER))
    image.write_content(bitmap, bytes(bits))


if __name__ == "__main__":
    main()
