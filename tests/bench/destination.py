"""Where outputs go: a new place for each run, gone after it."""

import contextlib
import os
import pathlib
import shutil
import subprocess


def remove(path):
    """Removes a file or a tree, if it is there."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


@contextlib.contextmanager
def mounted(point, *arguments):
    """Something mounted on `point`, which is made for it."""
    point.mkdir()
    subprocess.run(["mount", *arguments, point], check=True)
    try:
        yield point
    finally:
        subprocess.run(["umount", point], check=True)
        point.rmdir()


@contextlib.contextmanager
def made(file_system, point, mib, *options):
    """A new file system of `mib` MiB in a sparse file, mounted on `point`."""
    image = point.with_suffix(".image")
    with open(image, "wb") as file:
        file.truncate(mib << 20)
    try:
        make = [f"mkfs.{file_system}", "-q", *options, image]
        subprocess.run(make, check=True, capture_output=True)
        with mounted(point, "-o", "loop", image):
            yield point
    finally:
        image.unlink()


class Folder:
    """The folder that everything is in; for outputs of a few files."""

    name = "ext4"  # the file system that the numbers in README were taken on

    @staticmethod
    @contextlib.contextmanager
    def fresh(folder):
        """A place for an output."""
        path = folder / "output"
        try:
            yield path
        finally:
            remove(path)


class Tmpfs:
    """Memory."""

    name = "tmpfs"

    @staticmethod
    @contextlib.contextmanager
    def fresh(folder):
        """A place for an output."""
        with mounted(folder / "tmpfs", "-t", "tmpfs", "-o", "size=8g", "tmpfs") as point:
            yield point / "output"


class Ext4:
    """A new ext4, for many files.

    ext4 searches past every inode that was freed within the last minutes: files that are made soon
    after as many were removed cost many times as much, and so whoever is second would pay for the
    first.
    """

    name = "ext4"

    @staticmethod
    @contextlib.contextmanager
    def fresh(folder):
        """A place for an output."""
        eager = ("-F", "-E", "lazy_itable_init=0,lazy_journal_init=0")
        with made("ext4", folder / "ext4", 6 << 10, *eager) as point:
            yield point / "output"
            os.sync()
