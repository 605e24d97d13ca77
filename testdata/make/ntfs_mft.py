#!/usr/bin/env python3
"""mft-list, mft-list-nonresident: a $MFT in so many pieces that it has an attribute list itself.

Each run holds two records.
"""

import ntfs_layout
from content import prose
from ntfs_edit import ATTRIBUTE_LIST, DATA
from volume import MIB, Volume

CLUSTER = 2048


def make(name, shows, size, files):
    """A volume whose $MFT grew by `files` records while free space lay in single clusters."""
    volume = Volume(name, shows, size, cluster=CLUSTER)
    volume.bulk = True
    with volume.in_pieces(), volume.mounted():
        for n in range(files):
            folder = f"/folder {n // 50:02}"
            if n % 50 == 0:
                volume.dir(folder)
            volume.file(f"{folder}/file {n:04}.txt", prose(f"mft {n % 7}", 20 + n % 300))
        volume.file(f"/in {files} pieces.bin", bytes(range(256)) * 800, CLUSTER)
    return volume


def report(volume, resident):
    """The layout is what the image is for: fails when the driver laid it out otherwise."""
    with volume.edited() as image:
        base = image.record(0)
        listing, runs = base.find(ATTRIBUTE_LIST), image.fragments(base, DATA)
        records = [number for *_, number in image.listed(base, DATA)]
        print(f"{volume.name}: $MFT has {len(runs)} runs in records {records},",
              f"list resident: {listing.resident}")
        assert listing.resident == resident and len(records) > 1


def main():
    volume = make("mft-list", "$MFT over an extension record, attribute list resident", 16 * MIB, 450)
    with volume.edited() as image:
        ntfs_layout.move_runs(image, image.record(0), DATA, keep=80)
        ntfs_layout.make_list_resident(image, image.record(0))
    report(volume, resident=True)
    volume.pack()

    shows = "$MFT over several extension records, attribute list non-resident"
    volume = make("mft-list-nonresident", shows, 32 * MIB, 1_250)
    report(volume, resident=False)
    volume.pack()


if __name__ == "__main__":
    main()
