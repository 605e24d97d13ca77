#!/usr/bin/env python3
"""Writes the tables of testdata/README.md: what each file shows, made by what, and its sha256.

    checksums.py           writes them
    checksums.py --check   fails when they are not what they would be
"""

import hashlib
import json
import pathlib
import sys

TESTDATA = pathlib.Path(__file__).resolve().parent.parent
README = TESTDATA / "README.md"
BEGIN, END = "<!-- table: make/checksums.py -->\n", "<!-- end of table -->\n"


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def verdict(results):
    """Which readers agree in everything, and what the others do."""
    words = []
    for reader, result in results.items():
        if "refuses" in result:
            words.append(f"{reader} refuses")
            continue
        # Either the paths or, when there are many, their number.
        counts = [result.get(key, []) for key in ("differs", "missing", "unexpected", "times_differ")]
        wrong = max(count if isinstance(count, int) else len(count) for count in counts)
        total = result["agrees"] + (counts[0] if isinstance(counts[0], int) else len(counts[0]))
        words.append(f"{reader}" if not wrong else f"{reader} {result['agrees']} of {total}")
    return ", ".join(words)


def image_rows():
    readers = json.loads((TESTDATA / "ntfs" / "readers.json").read_text(encoding="utf-8"))
    yield "| image | shows | script | readers that agree | sha256 of .img.zst | of .json |"
    yield "|---|---|---|---|---|---|"
    for path in sorted((TESTDATA / "ntfs").glob("*.img.zst")):
        name = path.name.removesuffix(".img.zst")
        listing = path.with_name(f"{name}.json")
        about = json.loads(listing.read_text(encoding="utf-8"))
        shows = about["shows"].replace("|", "\\|").replace("\n", " ")
        yield (f"| {name} | {shows} | {about['script']} | {verdict(readers[name])}"
               f" | `{sha256(path)}` | `{sha256(listing)}` |")


def other_rows():
    yield "| other file | sha256 |"
    yield "|---|---|"
    demo = sorted(p for p in (TESTDATA / "demo").rglob("*") if p.is_file())
    guest = sorted((TESTDATA / "guest").glob("*.zst"))
    for path in [*demo, *guest, TESTDATA / "ntfs" / "readers.json"]:
        yield f"| {path.relative_to(TESTDATA)} | `{sha256(path)}` |"


def main():
    text = README.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    rows = [*image_rows(), "", *other_rows()]
    new = before + BEGIN + "\n" + "\n".join(rows) + "\n\n" + END + after
    if "--check" in sys.argv[1:]:
        sys.exit(0 if new == text else "testdata/README.md is not up to date: run make/checksums.py")
    README.write_text(new, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
