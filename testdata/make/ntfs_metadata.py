#!/usr/bin/env python3
"""metadata: times at 100 ns from 1601 to the last FILETIME, and attributes.

The copies of times and sizes in $FILE_NAME and in the index are stale throughout.
"""

import filetime
from content import prose
from volume import (ARCHIVE, HIDDEN, NOT_INDEXED, OFFLINE, READONLY, SYSTEM, TEMPORARY, Volume)

TIMES = {
    "/all-different.txt": [
        "2020-10-11T11:38:09.5045259Z", "1999-12-31T23:59:59.9999999Z",
        "2000-01-01T00:00:00.0000000Z", "2038-01-19T03:14:08.0000001Z",
    ],
    "/before-1970.txt": ["1969-12-31T23:59:59.9999999Z"] * 4,
    "/year-1601.txt": ["1601-01-01T00:00:00.0000001Z"] * 4,
    "/leap-day.txt": ["2024-02-29T12:34:56.7891234Z"] * 4,
    "/year-1900-not-leap.txt": ["1900-03-01T00:00:00.0000000Z"] * 4,
    "/year-9999.txt": ["9999-12-31T23:59:59.9999999Z"] * 4,
    "/year-2262.txt": ["2262-04-11T23:47:16.8547759Z"] * 4,
}
RAW_TIMES = {"/zero.txt": 0, "/largest.txt": 0x7FFF_FFFF_FFFF_FFFF, "/sign-bit.txt": 0xFFFF_FFFF_FFFF_FFFF}

ATTRIBUTES = {
    "/readonly.txt": READONLY,
    "/hidden.txt": HIDDEN,
    "/system.txt": SYSTEM,
    "/archive.txt": ARCHIVE,
    "/temporary.txt": TEMPORARY,
    "/offline.txt": OFFLINE,
    "/not-indexed.txt": NOT_INDEXED,
    "/several.txt": READONLY | HIDDEN | SYSTEM | ARCHIVE,
}


def main():
    volume = Volume("metadata", "times from 1601 to 60056 at 100 ns, attributes; stale copies elsewhere")
    with volume.mounted():
        for path, spelled in TIMES.items():
            volume.file(path, prose(path, 100)).times = tuple(map(filetime.ticks, spelled))
        for path, ticks in RAW_TIMES.items():
            volume.file(path, prose(path, 100)).times = (ticks,) * 4
        for path, flags in ATTRIBUTES.items():
            volume.file(path, prose(path, 100))
            volume.set_attributes(path, flags)
        volume.dir("/hidden folder")
        volume.file("/hidden folder/inside.txt", b"inside\n")
        volume.set_attributes("/hidden folder", HIDDEN | SYSTEM)
        grown(volume)
    volume.pack()


def grown(volume):
    """Written, linked, then grown through one name: the other name's copy of the size is old."""
    volume.dir("/elsewhere")
    volume.file("/grown.txt", b"short")
    volume.link("/grown.txt", "/elsewhere/other name.txt")
    volume.file("/elsewhere/other name.txt", prose("grown", 7_000))
    volume.nodes["/grown.txt"] = volume.nodes["/elsewhere/other name.txt"]


if __name__ == "__main__":
    main()
