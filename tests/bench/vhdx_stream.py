"""Writes VHDX files block by block, for disks that do not fit memory.

The frame is testdata/make/vhdx.py's; so is what is said there of states and bitmaps.
"""

import array
import sys

import vhdx
from vhdx import BAT_OFFSET, FULLY_PRESENT, KIB, MIB, PARTIALLY_PRESENT, SECTOR

assert sys.byteorder == "little"


class Writer:
    """A dynamic VHDX, or a differencing one if it has a `parent`; written when the `with` ends."""

    def __init__(self, path, size, block_size, identity, parent=None):
        self.block_size = block_size
        self.chunk_ratio = (SECTOR << 23) // block_size
        blocks = -(-size // block_size)
        chunks = -(-blocks // self.chunk_ratio)
        self.bat = array.array("Q", bytes(8 * chunks * (self.chunk_ratio + 1)))
        self.bat_length = -(-len(self.bat) * 8 // MIB) * MIB
        self.head = vhdx.head(size, block_size, identity, parent, self.bat_length)
        self.bitmaps = {}
        self.end = BAT_OFFSET + self.bat_length + MIB
        self.blocks = blocks
        self.file = open(path, "wb", buffering=0)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is None:
            self._finish()
        self.file.close()

    def block(self, number, data, spans=None):
        """Stores a block; with `spans`, only those ranges of it, in whole sectors."""
        chunk, within = divmod(number, self.chunk_ratio)
        state = FULLY_PRESENT
        if spans is not None:
            state = PARTIALLY_PRESENT
            bitmap = self.bitmaps.setdefault(chunk, bytearray(MIB))
            self._mark(bitmap, within * self.block_size, spans)
        self.bat[number + chunk] = self._place(data) | state

    def stretch(self, first, every):
        """Says of every `every`-th block from `first` on that it is present; its bytes are a hole."""
        for number in range(first, self.blocks, every):
            self.bat[number + number // self.chunk_ratio] = self.end | FULLY_PRESENT
            self.end += self.block_size

    def _place(self, data):
        offset, self.end = self.end, self.end + len(data)
        self.file.seek(offset)
        self.file.write(data)
        return offset

    @staticmethod
    def _mark(bitmap, base, spans):
        """Sets the bits of ranges that are multiples of eight sectors: whole bytes of the bitmap."""
        for start, end in spans:
            first, last = (base + start) // (4 * KIB), (base + end) // (4 * KIB)
            bitmap[first:last] = b"\xff" * (last - first)

    def _finish(self):
        for chunk, bitmap in self.bitmaps.items():
            index = (chunk + 1) * self.chunk_ratio + chunk
            self.bat[index] = self._place(bitmap) | FULLY_PRESENT
        for offset, data in (self.head | {BAT_OFFSET: self.bat}).items():
            self.file.seek(offset)
            self.file.write(data)
        self.file.truncate(self.end)
