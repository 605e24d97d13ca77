"""Runs commands side by side and keeps what they took: wall clock and peak memory."""

import dataclasses
import os
import pathlib
import subprocess
import sys

LAUNCH = [sys.executable, "-I", "-S", pathlib.Path(__file__).with_name("launch.py")]


@dataclasses.dataclass
class Taken:
    """What one run of one command took."""

    seconds: float
    peak_mib: float


@dataclasses.dataclass
class Command:
    """A command to be measured; `{output}` in an argument is a path where there is nothing yet, and
    `{output_name}` a name that no other run has.

    stdout goes to /dev/null, with `through_cat` by way of `cat`.
    """

    name: str
    arguments: list
    through_cat: bool = False


def run(command, output, name):
    """Runs it once; its output is there afterwards."""
    filled = lambda text: text.replace("{output}", str(output)).replace("{output_name}", name)
    arguments = [filled(str(argument)) for argument in command.arguments]
    read, write = os.pipe()
    through = "cat" if command.through_cat else "null"
    launch = [*LAUNCH, str(write), through, *arguments]
    done = subprocess.run(launch, pass_fds=[write], stderr=subprocess.PIPE, text=True)
    os.close(write)
    with open(read, encoding="ascii") as report:
        said = report.read().split()
    if done.returncode or said[2] != "0":
        raise RuntimeError(f"{command.name} failed: {done.stderr}")
    return Taken(float(said[0]), float(said[1]) / 1024)


def rounds(commands, count, place, folder, check=None):
    """Runs all commands in turn, `count` times over, after one round that only warms the page cache.

    Outputs go to a new `place` in `folder`; `check` gets the first one of the first command. Returns a
    list of `Taken` for each command.
    """
    taken = {command.name: [] for command in commands}
    for number in range(count + 1):
        for position, command in enumerate(commands):
            with place.fresh(folder) as path:
                os.sync()
                one = run(command, path, f"{number}-{position}")
                if number > 0:
                    taken[command.name].append(one)
                elif position == 0 and check:
                    check(path)
            os.sync()
    return taken


def median(values):
    """The middle one; of an even number the upper."""
    return sorted(values)[len(values) // 2]


def summary(taken):
    """What is kept of the runs of one command."""
    return {
        "median_seconds": round(median([one.seconds for one in taken]), 4),
        "seconds": [round(one.seconds, 4) for one in taken],
        "peak_mib": round(max(one.peak_mib for one in taken), 1),
    }
