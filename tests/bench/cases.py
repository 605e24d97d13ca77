"""The cases: what is run, what it is measured against, and which goal it has to meet."""

import contextlib
import dataclasses
import pathlib
import subprocess
import sys

import measure
from measure import Command

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "testdata" / "make"))

import mount  # noqa: E402


@dataclasses.dataclass
class Goal:
    """What the first command of a case has to reach; None: nothing is asked."""

    seconds: float = None
    peak_mib: float = None
    speed: float = None  # as a share of the first peer's

    def judge(self, product, peer):
        """Which of the goals are met, by name."""
        met = {}
        if self.seconds is not None:
            met["seconds"] = product["median_seconds"] <= self.seconds
        if self.peak_mib is not None:
            met["peak_mib"] = product["peak_mib"] <= self.peak_mib
        if self.speed is not None:
            met["speed"] = peer["median_seconds"] / product["median_seconds"] >= self.speed
        return met


@dataclasses.dataclass
class Case:
    """One row of the table: the product's command first, then its peers."""

    name: str
    commands: list
    goal: Goal
    runs: int
    keep: bool = False  # outputs stay until the last run is over
    check: object = None  # called with the first output of the first command


class Bench:
    """Makes the inputs of a group of cases, yields the cases, and takes the inputs away."""

    def __init__(self, program, folder, options):
        self.program = program
        self.folder = folder
        self.options = options
        self.runs = options.runs

    def _make(self, what, *arguments):
        """In a process of its own: the one that measures stays small."""
        command = [sys.executable, HERE / "images.py", self.folder, what, *map(str, arguments)]
        subprocess.run(command, check=True)

    def _product(self, *arguments, through_cat=False):
        return Command("hvrestore", [self.program, *arguments], through_cat)

    @contextlib.contextmanager
    def _emptied(self):
        self.folder.mkdir(parents=True)
        try:
            yield
        finally:
            measure.remove(self.folder)

    def opening(self):
        """A disk of 64 TiB: what it costs until something can be said about it."""
        goal = Goal(seconds=0.05, peak_mib=32)
        with self._emptied():
            self._make("vast")
            for command, block_mib in (("chain", 32), ("inspect", 32), ("ls", 1)):
                yield self._open(command, block_mib, goal)
            # Also says how much is in use, for which it reads the whole table: 512 MiB.
            yield self._open("chain", 1, Goal(peak_mib=32))

    def _open(self, command, block_mib, goal):
        arguments = [command, self.folder / f"vast-{block_mib}" / "vast.vhdx"]
        if command == "inspect":
            arguments.append("--no-counts")
        name = f"{command} of 64 TiB, blocks of {block_mib} MiB"
        return Case(name, [self._product(*arguments)], goal, 4 * self.runs)

    def tree(self):
        """A volume of small files: listed whole, and a tenth of it taken out."""
        with self._emptied():
            self._make("tree", "--files", self.options.files)
            image, disk = self.folder / "tree.img", self.folder / "tree.vhdx"
            point = self.folder / "mounted"
            point.mkdir()
            with mount.ntfs_3g(image, point, "ro"):
                yield self._listing(disk, image, point)
            yield self._small_files(disk)

    def _listing(self, disk, image, point):
        what = r"%p %s %t %c %a\n"
        peers = [
            Command("7zz l", ["7zz", "l", "-ba", disk]),
            Command("find -printf on ntfs-3g", ["find", point, "-printf", what]),
            Command("fls -r", ["fls", "-r", "-p", "-l", image]),
        ]
        product = self._product("ls", "-lR", "--json", disk)
        goal = Goal(seconds=0.5 * self.options.files / 200_000, peak_mib=64)
        return Case(f"list {self.options.files} entries", [product, *peers], goal, self.runs)

    def _small_files(self, disk):
        """Two of the areas, of 10,000 files each; `cp` gets the tree that was extracted once."""
        areas, plain = ["area 000", "area 001"], self.folder / "plain"
        extract = ["extract", disk, *(f"/{area}" for area in areas), "-q", "-o"]
        subprocess.run([self.program, *extract, plain], check=True, stdout=subprocess.DEVNULL)
        commands = [
            self._product(*extract, "{output}"),
            Command("cp -a", ["cp", "-a", plain, "{output}"]),
            Command("7zz x", ["7zz", "x", "-y", "-o{output}", disk, *areas]),
        ]
        return Case("extract 20,000 small files", commands, Goal(peak_mib=64), self.runs, keep=True)

    def chain(self):
        """One large file, through one layer and through four; and the disk flattened."""
        with self._emptied():
            self._make("chain", "--mib", self.options.mib)
            yield self._flatten()
            (self.folder / "flat.img").unlink()
            yield self._large_file("base.vhdx", "base", 0.7, "dynamic VHDX")
            yield self._large_file("base_3.avhdx", "now", 0.6, "base + 3 AVHDX", exact=True)

    def _flatten(self):
        leaf, flat = self.folder / "base_3.avhdx", self.folder / "flat.img"
        commands = [
            self._product("flatten", leaf, "-q", "-o", "-", through_cat=True),
            Command("cat", ["cat", flat], through_cat=True),
        ]
        return Case("flatten base + 3 AVHDX to a pipe", commands, Goal(peak_mib=64), self.runs)

    def _large_file(self, leaf, state, speed, what, exact=False):
        """`plain.bin` is the file as the topmost layer has it; of the base it has the size."""
        plain = self.folder / "plain.bin"
        commands = [
            self._product("extract", self.folder / leaf, "/big.bin", "-q", "-c", state, "-o", "{output}"),
            Command("cp --reflink=never", ["cp", "--reflink=never", plain, "{output}"]),
        ]
        compare = lambda output: subprocess.run(["cmp", output / "big.bin", plain], check=True)
        name = f"extract {self.options.mib} MiB, {what}"
        goal = Goal(peak_mib=64, speed=speed)
        return Case(name, commands, goal, self.runs, check=compare if exact else None)
