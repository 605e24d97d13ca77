#!/usr/bin/env python3
"""Measures the decoders of LZNT1, XPRESS and LZX, on one thread, beside libwim and the lznt1 crate.

    tests/bench/codecs.py --out results.json

Text (Python's own library) and machine code, compressed by libwim into WOF's chunks, and by the
lznt1 crate into units of 64 KiB. Takes turns, round by round; the medians of processor time count.
"""

import argparse
import json
import pathlib
import struct
import subprocess
import sys
import sysconfig
import tempfile
import time

from measure import median

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "testdata" / "make"))

import ntfs_wof  # noqa: E402
import wimlib  # noqa: E402

MIB = 1 << 20
# Of the peer's speed.
GOALS = {"lznt1": 1.0, "xpress4k": 0.6, "xpress8k": 0.6, "xpress16k": 0.6, "lzx32k": 0.6}


def joined(paths, size):
    """The first `size` bytes of what is in `paths`."""
    data = bytearray()
    for path in paths:
        if len(data) >= size:
            break
        data += path.read_bytes()
    return bytes(data[:size])


def contents(size):
    library = pathlib.Path(sysconfig.get_paths()["stdlib"])
    programs = sorted(pathlib.Path("/usr/lib/x86_64-linux-gnu").glob("*.so.*"))
    return {
        "text": joined(sorted(library.glob("**/*.py")), size),
        "code": joined([path for path in programs if path.is_file()], size),
    }


def compressed(data, kind, chunk_size):
    """(plain, compressed) of each chunk that becomes shorter."""
    compressor = wimlib.Compressor(kind, chunk_size)
    for at in range(0, len(data), chunk_size):
        plain = data[at : at + chunk_size]
        if packed := compressor.compress(plain):
            yield plain, packed


def write(folder, name, data):
    """The chunks of every codec as `codecs.rs` reads them; the same for libwim."""
    (folder / f"{name}.plain").write_bytes(data)
    for codec, (_, kind, size) in ntfs_wof.CODECS.items():
        chunks = list(compressed(data, kind, size))
        with open(folder / f"{name}.{codec}", "wb") as file:
            for plain, packed in chunks:
                file.write(struct.pack("<II", len(plain), len(packed)) + plain + packed)
        yield f"{name}.{codec}", (kind, size, [(len(plain), packed) for plain, packed in chunks])


def ours(folder):
    """name -> (seconds, bytes), of all decoders in Rust."""
    command = ["cargo", "bench", "-q", "-p", "hvrestore-ntfs", "--bench", "codecs", "--", folder]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    rows = (line.split() for line in done.stdout.splitlines())
    return {name: (float(seconds), int(size)) for name, seconds, size in rows}


def libwim(kind, size, chunks):
    """Seconds and bytes; what Python takes to call is not counted."""
    decompressor = wimlib.Decompressor(kind, size)
    started = time.thread_time()
    for length, packed in chunks:
        decompressor.decompress(packed, length)
    took = time.thread_time() - started
    started = time.thread_time()
    for _, packed in chunks:
        # Refused at once: an empty chunk.
        try:
            decompressor.decompress(b"", 1)
        except ValueError:
            pass
    calls = time.thread_time() - started
    return took - calls, sum(length for length, _ in chunks)


def measured(folder, chunks, runs):
    """name -> list of MB/s."""
    speeds = {}
    for number in range(runs + 1):
        rows = ours(folder)
        rows |= {f"{name}-libwim": libwim(*those) for name, those in chunks.items()}
        for name, (seconds, size) in rows.items():
            if number > 0:
                speeds.setdefault(name, []).append(size / 1e6 / seconds)
    return speeds


def judged(speeds):
    """A row for each codec and kind of content."""
    for name, values in sorted(speeds.items()):
        kind, codec = name.split(".")
        if codec not in GOALS:
            continue
        peer = "crate" if codec == "lznt1" else "libwim"
        mine, theirs = median(values), median(speeds[f"{name}-{peer}"])
        yield {
            "codec": codec, "content": kind, "mb_per_s": round(mine), "peer": peer,
            "peer_mb_per_s": round(theirs), "share": round(mine / theirs, 2),
            "goal": GOALS[codec], "met": mine >= GOALS[codec] * theirs,
        }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=pathlib.Path, help="where the JSON goes")
    parser.add_argument("--mib", type=int, default=16, help="of text, and of code")
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="hvrestore-codecs-") as folder:
        folder, chunks = pathlib.Path(folder), {}
        for name, data in contents(options.mib * MIB).items():
            chunks |= write(folder, name, data)
        rows = list(judged(measured(folder, chunks, options.runs)))
    for row in rows:
        print("{codec:10} {content:5} {mb_per_s:5} MB/s, {peer} {peer_mb_per_s:5}: {share:.2f}".format(**row)
              + ("" if row["met"] else "  MISSED"))
    if options.out:
        options.out.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
    return 0 if all(row["met"] for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
