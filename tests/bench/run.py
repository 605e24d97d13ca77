#!/usr/bin/env python3
"""Measures hvrestore and its peers side by side, and writes what it found as JSON.

    cargo build --release && tests/bench/run.py --out results.json

Needs root (ntfs-3g mounts), the packages of .ci/packages, and 20 GiB free in --work-dir.
"""

import argparse
import json
import os
import pathlib
import platform
import sys
import tempfile

import measure
from cases import Bench

ROOT = pathlib.Path(__file__).resolve().parents[2]
GROUPS = ("opening", "tree", "small", "chain", "machine")


def machine():
    """What is needed to compare two results."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(memory / (1 << 30), 1),
        "kernel": platform.release(),
        "load_at_start": os.getloadavg()[0],
    }


def measured(case, folder):
    """Runs one case with its outputs in `folder`; its row of the result."""
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(dir=folder) as outputs:
        outputs = pathlib.Path(outputs)
        taken = measure.rounds(case.commands, case.runs, case.destination, outputs, case.check)
    rows = {name: measure.summary(runs) for name, runs in taken.items()}
    product, *peers = rows.values()
    for peer in peers:
        peer["hvrestore_speed"] = round(peer["median_seconds"] / product["median_seconds"], 3)
    met = case.goal.judge(product, rows)
    goal = {name: value for name, value in vars(case.goal).items() if value}
    return {"case": case.name, "load": load, "goal": goal, "met": met, "commands": rows}


def show(row):
    """One case, for people."""
    print(f"\n{row['case']}  (goal: {row['goal'] or 'none'}; load {row['load']:.1f})")
    for name, one in row["commands"].items():
        speed = f"  hvrestore is at {one['hvrestore_speed']:.2f}" if "hvrestore_speed" in one else ""
        print(f"  {name:28} {one['median_seconds']:9.4f} s {one['peak_mib']:8.1f} MiB{speed}")
    missed = [name for name, met in row["met"].items() if not met]
    if missed:
        print(f"  MISSED: {', '.join(missed)}")
    sys.stdout.flush()


def parsed():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    parser.add_argument("--program", type=pathlib.Path, default=target / "release" / "hvrestore")
    parser.add_argument("--out", type=pathlib.Path, help="where the JSON goes")
    parser.add_argument("--work-dir", type=pathlib.Path, help="on the file system to be measured")
    parser.add_argument("--only", choices=GROUPS, action="append")
    parser.add_argument("--quick", action="store_true", help="small inputs: seconds, not minutes")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--mib", type=int, help="size of the large file (3072)")
    parser.add_argument("--files", type=int, help="how many entries are listed (200000)")
    parser.add_argument("--small", type=int, help="how many small files are taken out (120000)")
    options = parser.parse_args()
    options.mib = options.mib or (256 if options.quick else 3072)
    options.files = options.files or (25_000 if options.quick else 200_000)
    options.small = options.small or (10_000 if options.quick else 120_000)
    return options


def main():
    options = parsed()
    result = {"machine": machine(), "options": {"mib": options.mib, "files": options.files, "small": options.small}, "cases": []}
    with tempfile.TemporaryDirectory(prefix="hvrestore-bench-", dir=options.work_dir) as folder:
        bench = Bench(options.program.resolve(), pathlib.Path(folder) / "work", options)
        for group in options.only or GROUPS:
            for case in getattr(bench, group)():
                row = measured(case, bench.folder)
                show(row)
                result["cases"].append(row)
    if options.out:
        options.out.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    return 0 if all(all(row["met"].values()) for row in result["cases"]) else 1


if __name__ == "__main__":
    sys.exit(main())
