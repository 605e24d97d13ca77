"""The cases: what is run, what it is measured against, and which goal it has to meet."""

import contextlib
import dataclasses
import pathlib
import subprocess
import sys

import destination
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
    speeds: dict = dataclasses.field(default_factory=dict)  # by peer: how many times as fast as it

    def judge(self, product, rows):
        """Which of the goals are met, by name; `rows` are the results by command."""
        met = {}
        if self.seconds is not None:
            met["seconds"] = product["median_seconds"] <= self.seconds
        if self.peak_mib is not None:
            met["peak_mib"] = product["peak_mib"] <= self.peak_mib
        for peer, speed in self.speeds.items():
            reached = rows[peer]["median_seconds"] / product["median_seconds"]
            met[f"{speed:g} x {peer}"] = reached >= speed
        return met


@dataclasses.dataclass
class Case:
    """One row of the table: the product's command first, then its peers."""

    name: str
    commands: list
    goal: Goal
    runs: int
    destination: type = destination.Folder  # where the outputs go
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
            destination.remove(self.folder)

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

    def _listing(self, disk, image, point):
        what = r"%p %s %t %c %a\n"
        peers = [
            Command("7zz l", ["7zz", "l", "-ba", disk]),
            Command("find -printf on ntfs-3g", ["find", point, "-printf", what]),
            Command("fls -r", ["fls", "-r", "-p", "-l", image]),
        ]
        product = self._product("ls", "-lR", "--json", disk)
        seconds = 0.3 * self.options.files / 200_000
        # 64 MiB, and 100 bytes for each entry and its name.
        room = 64 + self.options.files * 150 / (1 << 20)
        goal = Goal(seconds=seconds, peak_mib=room, speeds={"7zz l": 4, "fls -r": 20})
        return Case(f"list {self.options.files} entries", [product, *peers], goal, self.runs)

    def small(self):
        """Small files of 16 KiB on the average, all of them taken out; `cp` gets that tree."""
        with self._emptied():
            self._make("small", "--files", self.options.small)
            disk, plain = self.folder / "small.vhdx", self.folder / "plain"
            extract = ["extract", disk, "-q", "-o"]
            subprocess.run([self.program, *extract, plain], check=True, stdout=subprocess.DEVNULL)
            for place in (destination.Tmpfs, destination.Ext4):
                yield self._small_files(extract, disk, plain, place)

    def _small_files(self, extract, disk, plain, place):
        commands = [
            self._product(*extract, "{output}"),
            Command("7zz x", ["7zz", "x", "-y", "-o{output}", disk]),
            Command("cp -a", ["cp", "-a", plain, "{output}"]),
        ]
        room = 64 + self.options.small * 150 / (1 << 20)
        goal = Goal(peak_mib=room, speeds={"7zz x": 1 / 0.6, "cp -a": 2})
        name = f"extract {self.options.small} small files to {place.name}"
        return Case(name, commands, goal, self.runs, place)

    def chain(self):
        """One large file, through one layer and through four; and the disk flattened."""
        with self._emptied():
            self._make("chain", "--mib", self.options.mib)
            yield self._flatten()
            (self.folder / "flat.img").unlink()
            for place in (destination.Tmpfs, destination.Folder):
                yield self._large_file("base.vhdx", "base", 0.95, "dynamic VHDX", place)
                yield self._large_file("base_3.avhdx", "now", 0.85, "base + 3 AVHDX", place, exact=True)
            for number in (1, 2, 3):
                (self.folder / f"base_{number}.avhdx").unlink()
            for file_system in ("xfs", "btrfs"):
                yield from self._shared(file_system)

    def machine(self):
        """The four files of a chain restored as a machine, and its newest state as one new disk."""
        with self._emptied():
            self._make("chain", "--mib", self.options.mib)
            for name in ("flat.img", "plain.bin"):
                (self.folder / name).unlink()
            source = self.folder / "source"
            source.mkdir()
            for file in sorted(self.folder.glob("*.*vhdx")):
                file.rename(source / file.name)
            sparse = "cp --sparse=always"
            yield self._restore(source, "{output}", sparse, Goal(peak_mib=64, speeds={sparse: 0.95}))
            yield self._converted(source / "base.vhdx")
            size = self.options.mib * 5 + 1024
            with destination.made("xfs", self.folder / "xfs", size) as point:
                subprocess.run(["cp", "-r", "--sparse=always", source, point / "source"], check=True)
                # Both take less than a second: what is asked is that no byte is moved.
                goal = Goal(seconds=1, peak_mib=64)
                output = point / "out{output_name}"
                yield self._restore(point / "source", output, "cp --reflink=always", goal)

    def _restore(self, source, output, peer, goal):
        """Both wait until all of it has arrived."""
        copy = f'mkdir "$1" && {peer} "$0"/* "$1" && sync "$1"/*'
        commands = [
            self._product("restore", source, "-q", "-o", output),
            Command(peer, ["sh", "-c", copy, source, output]),
        ]
        where = "within xfs" if "reflink" in peer else "to ext4"
        return Case(f"restore base + 3 AVHDX {where}", commands, goal, self.runs)

    def _converted(self, disk):
        """qemu-img opens no differencing disk: both get the base alone."""
        commands = [
            self._product("flatten", disk, "--format", "vhdx", "-q", "-o", "{output}"),
            Command("qemu-img convert", ["qemu-img", "convert", "-O", "vhdx", disk, "{output}"]),
        ]
        return Case("flatten a dynamic VHDX to VHDX", commands, Goal(peak_mib=64), self.runs)

    def _shared(self, file_system):
        """A large file within a file system that shares blocks, after `sync`."""
        size = self.options.mib * 2 + 1024
        with destination.made(file_system, self.folder / file_system, size) as point:
            disk = point / "base.vhdx"
            subprocess.run(["cp", "--sparse=always", self.folder / "base.vhdx", disk], check=True)
            command = self._product("extract", disk, "/big.bin", "-q", "-o", point / "out{output_name}")
            name = f"extract {self.options.mib} MiB within {file_system}"
            yield Case(name, [command], Goal(seconds=0.1, peak_mib=64), self.runs)

    def _flatten(self):
        leaf, flat = self.folder / "base_3.avhdx", self.folder / "flat.img"
        commands = [
            self._product("flatten", leaf, "-q", "-o", "-", through_cat=True),
            Command("cat", ["cat", flat], through_cat=True),
        ]
        goal = Goal(peak_mib=64, speeds={"cat": 0.8})
        return Case("flatten base + 3 AVHDX to a pipe", commands, goal, self.runs)

    def _large_file(self, leaf, state, speed, what, place, exact=False):
        """`plain.bin` is the file as the topmost layer has it; of the base it has the size."""
        plain = self.folder / "plain.bin"
        commands = [
            self._product("extract", self.folder / leaf, "/big.bin", "-q", "-c", state, "-o", "{output}"),
            Command("cp --reflink=never", ["cp", "--reflink=never", plain, "{output}"]),
        ]
        compare = lambda output: subprocess.run(["cmp", output / "big.bin", plain], check=True)
        name = f"extract {self.options.mib} MiB, {what}, to {place.name}"
        goal = Goal(peak_mib=64, speeds={"cp --reflink=never": speed})
        return Case(name, commands, goal, self.runs, place, check=compare if exact else None)
