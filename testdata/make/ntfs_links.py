#!/usr/bin/env python3
"""links: 60 hard links; symlinks, junctions and mount points, relative and absolute.

A link's target in the manifest is its substitute name, as it stands in the reparse point.
"""

import struct

from content import prose
from volume import Volume

MOUNT_POINT, SYMLINK, LX_SYMLINK = 0xA0000003, 0xA000000C, 0xA000001D
RELATIVE = 1


def main():
    volume = Volume("links", "60 hard links; symlinks, junctions, mount points")
    with volume.mounted():
        hard_links(volume)
        volume.dirs("/target/inner")
        volume.file("/target/inner/file.txt", prose("target", 800))
        symlink(volume, "/to-file.txt", r"target\inner\file.txt", flags=RELATIVE)
        symlink(volume, "/target/up.txt", r"..\target\inner\file.txt", flags=RELATIVE)
        symlink(volume, "/escape.txt", r"..\..\..\outside.txt", flags=RELATIVE)
        symlink(volume, "/nowhere.txt", r"no\such\file.txt", flags=RELATIVE)
        symlink(volume, "/itself", "itself", flags=RELATIVE)
        symlink(volume, "/absolute.txt", r"\??\C:\target\inner\file.txt", r"C:\target\inner\file.txt")
        symlink(volume, "/share.txt", r"\??\UNC\server\share\a.txt", r"\\server\share\a.txt")
        symlink(volume, "/to-dir", r"target\inner", flags=RELATIVE, directory=True)
        symlink(volume, "/n\u00e4he.txt", "target\\\u5b57.txt", flags=RELATIVE)
        junction(volume, "/junction", "\\??\\C:\\target", "C:\\target")
        junction(volume, "/junction-without-print-name", "\\??\\C:\\target\\inner\\", "")
        guid = "\\??\\Volume{2d9bf9c1-3a52-4b58-9d0f-5f6f3a3d2b10}\\"
        junction(volume, "/mount-point", guid, "")
        wsl_link(volume, "/wsl-link", "target/inner/file.txt")
    volume.pack()


def hard_links(volume):
    """60 names of one record, over three directories: they spill into an attribute list."""
    volume.dirs("/hard/one")
    volume.dir("/hard/two")
    first = "/hard/original name of the file.txt"
    volume.file(first, prose("hard", 3_000))
    for n in range(59):
        folder = ("/hard", "/hard/one", "/hard/two")[n % 3]
        volume.link(first, f"{folder}/link number {n:02} of the same file.txt")
    volume.stream(first, "shared", b"streams are the record's, not the name's\n")
    volume.file("/hard/two/single.txt", prose("single", 100))


def names(substitute, printed):
    """Both names, and the four numbers that say where they are."""
    one = substitute.encode("utf-16-le")
    two = printed.encode("utf-16-le")
    return struct.pack("<4H", 0, len(one), len(one) + 2, len(two)), one + b"\0\0" + two + b"\0\0"


def symlink(volume, path, substitute, printed=None, flags=0, directory=False):
    volume.dir(path) if directory else volume.file(path)
    where, text = names(substitute, substitute if printed is None else printed)
    data = where + struct.pack("<I", flags) + text
    volume.set_reparse(path, SYMLINK, data, kind="symlink", target=substitute)


def junction(volume, path, substitute, printed):
    volume.dir(path)
    where, text = names(substitute, printed)
    volume.set_reparse(path, MOUNT_POINT, where + text, kind="junction", target=substitute)


def wsl_link(volume, path, target):
    """As the Windows Subsystem for Linux writes them: version 2, then UTF-8."""
    volume.file(path)
    data = struct.pack("<I", 2) + target.encode()
    volume.set_reparse(path, LX_SYMLINK, data, kind="symlink", target=target)


if __name__ == "__main__":
    main()
