#!/usr/bin/env python3
"""wof, wof-broken: files compressed by WOF (CompactOS), by all four codecs.

Text, machine code with calls, noise (chunks stored raw), zeros, mixtures; no byte, one, one chunk,
a byte more and less. The chunks are libwim's. In wof-broken a chunk, an entry of the table, the end
of the stream, the size or the stream itself is wrong; or the content is where we cannot read it.
"""

import random
import struct

import wimlib
from content import noise, prose
from volume import MIB, Volume, stream

TAG, VERSION = 0x80000017, 1
WIM, FILE = 1, 2
# WOF's number, libwim's kind, bytes of a chunk
CODECS = {
    "xpress4k": (0, wimlib.XPRESS, 4 << 10),
    "lzx32k": (1, wimlib.LZX, 32 << 10),
    "xpress8k": (2, wimlib.XPRESS, 8 << 10),
    "xpress16k": (3, wimlib.XPRESS, 16 << 10),
}


def calls(seed, size):
    """`size` bytes that look like x86 code: calls of a few functions, between other bytes."""
    rng = random.Random(seed)
    functions = [rng.randrange(0, 2 * size) for _ in range(20)]
    code = bytearray()
    while len(code) < size:
        code += bytes(rng.choices(b"\x48\x89\xe5\x8b\xc3\x0f\x74\x90\x00", k=rng.randint(1, 12)))
        target = rng.choice(functions) - len(code)
        code += b"\xe8" + struct.pack("<i", target if rng.random() < 0.9 else rng.getrandbits(31))
    return bytes(code[:size])


def contents(chunk):
    """name: bytes, for chunks of `chunk` bytes."""
    text = prose("wof", 2 * chunk + 1_234)
    return {
        "empty.txt": b"",
        "byte.txt": b"W",
        "text.txt": text,
        "one-chunk.txt": text[:chunk],
        "two-chunks.txt": text[: 2 * chunk],
        "chunk-and-a-byte.txt": text[: chunk + 1],
        "chunk-less-a-byte.txt": text[: chunk - 1],
        "code.exe": calls("code", chunk + 777),
        "noise.bin": noise("wof", chunk + 99),
        "zeros.bin": bytes(3 * chunk + 5),
        "mixed.bin": text[:chunk] + noise("mixed", chunk) + bytes(chunk) + calls("mixed", chunk // 2),
    }


def compressed(data, codec):
    """The table, and each chunk as WOF stores it."""
    _, kind, size = CODECS[codec]
    compressor = wimlib.Compressor(kind, size, level=100)
    plain = [data[at : at + size] for at in range(0, len(data), size)]
    chunks = [compressor.compress(chunk) or chunk for chunk in plain]
    ends, end = [], 0
    for chunk in chunks[:-1]:
        end += len(chunk)
        ends.append(end)
    return ends, chunks


def table(ends):
    return b"".join(struct.pack("<I", end) for end in ends)


def add(volume, path, data, codec, stored=None, provider=FILE, size=None):
    """A file with `data`, of which `stored` is stored, or nothing where that is empty."""
    if stored is None:
        ends, chunks = compressed(data, codec)
        stored = table(ends) + b"".join(chunks)
    node = volume.sparse_file(path, len(data) if size is None else size)
    if stored:
        volume.stream(path, "WofCompressedData", stored)
    node.streams = {"": stream(data)}
    node.kept = "wof"
    number = CODECS[codec][0] if codec in CODECS else codec
    volume.set_reparse(path, TAG, struct.pack("<IIII", VERSION, provider, 1, number))
    return node


def sound():
    volume = Volume("wof", "WOF: XPRESS in chunks of 4, 8 and 16 KiB, LZX in chunks of 32 KiB", 4 * MIB)
    with volume.mounted():
        for codec, (_, _, chunk) in CODECS.items():
            volume.dir(f"/{codec}")
            for name, data in contents(chunk).items():
                add(volume, f"/{codec}/{name}", data, codec)
        volume.file("/streams.txt")
        volume.stream("/streams.txt", "WofCompressedData", prose("named", 300))
    return volume


def lost(volume, name, codec, change, size=None):
    """A file whose stored bytes are what `change` makes of the table and the chunks."""
    data = prose("broken", 2 * CODECS[codec][2] + 500)
    ends, chunks = compressed(data, codec)
    stored = change(ends, chunks)
    node = add(volume, name, data, codec, stored, size=size)
    node.streams[""]["size"] = size or len(data)
    node.lost = "data"


def bad_chunk(ends, chunks):
    """The codewords of the second chunk are none."""
    return table(ends) + chunks[0] + b"\xff" * len(chunks[1]) + chunks[2]


def broken():
    volume = Volume("wof-broken", "WOF: a chunk, the table, the size or the stream is wrong; other providers")
    with volume.mounted():
        for codec in CODECS:
            lost(volume, f"/chunk-{codec}.txt", codec, bad_chunk)
        together = b"".join
        lost(volume, "/table-down.txt", "xpress4k", lambda ends, c: table([ends[1], ends[0]]) + together(c))
        lost(volume, "/table-beyond.txt", "lzx32k", lambda ends, c: table([ends[0], 1 << 31]) + together(c))
        lost(volume, "/cut.txt", "xpress8k", lambda ends, c: (table(ends) + together(c))[:-50])
        lost(volume, "/larger.txt", "xpress16k", lambda ends, c: table(ends) + together(c), size=400_000)
        lost(volume, "/no-stream.txt", "lzx32k", lambda ends, c: b"")
        for name, codec, provider in (("/wim.txt", 0, WIM), ("/codec-4.txt", 4, FILE)):
            node = add(volume, name, prose("broken", 500), codec, b"\0" * 20, provider)
            node.kept, node.unsupported = None, "wof"
            node.streams[""] = {"size": 500}
        volume.file("/ordinary.txt", prose("ordinary", 2_000))
    return volume


def main():
    sound().pack()
    broken().pack()


if __name__ == "__main__":
    main()
