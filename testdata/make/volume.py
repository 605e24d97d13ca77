"""Makes one NTFS test volume and the manifest of what was written to it.

A script fills a `Volume` through ntfs-3g, patches it through `ntfs_edit`, and packs it to
testdata/ntfs/NAME.img.zst with NAME.json beside it. The hashes are taken from the bytes handed
to the writer; nothing in the manifest is read back from the image. Schema: testdata/README.md.
"""

import base64
import contextlib
import dataclasses
import hashlib
import json
import os
import pathlib
import struct
import subprocess
import sys
import tempfile
import zlib

import filetime
import mount
import ntfs_edit

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30
OUTPUT = pathlib.Path(__file__).resolve().parent.parent / "ntfs"
_FIRST_TIME = filetime.ticks("2021-03-04T05:06:07.1234567Z")
_TIME_STEP = 864_000_000_000 + 10_000_019  # a day, a second and 1.9 us

READONLY, HIDDEN, SYSTEM, ARCHIVE = 0x1, 0x2, 0x4, 0x20
TEMPORARY, COMPRESSED, OFFLINE, NOT_INDEXED = 0x100, 0x800, 0x1000, 0x2000


@dataclasses.dataclass
class Node:
    """One file record: everything its hard links share."""

    kind: str
    record: int
    streams: dict = dataclasses.field(default_factory=dict)
    times: tuple = None  # created, modified, changed, accessed as FILETIME
    attributes: int = None
    reparse: dict = None
    unsupported: str = None
    kept: str = None  # how the content is kept, where it is not plainly
    lost: str = None


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def wtf8(path):
    """A path's bytes; lone surrogates get their three-byte form."""
    return path.encode("utf-8", "surrogatepass")


def stream(data):
    return {"size": len(data), "sha256": sha256(data)}


def sparse_stream(size, extents):
    """The manifest of a stream that is zero but for `extents` ([(offset, data)], ascending)."""
    digest, at = hashlib.sha256(), 0
    for offset, data in [*extents, (size, b"")]:
        _update_zeros(digest, offset - at)
        digest.update(data)
        at = offset + len(data)
    return {"size": size, "sha256": digest.hexdigest()}


def _update_zeros(digest, size):
    block = bytes(16 * MIB)
    while size > 0:
        digest.update(block[: min(size, len(block))])
        size -= len(block)


class Volume:
    """A volume in the making. Use `mounted()`, then `edited()`, then `pack()`."""

    def __init__(self, name, shows, size=4 * MIB, cluster=4096, sector=512, label=None, start_sector=0):
        self.name = name
        self.about = {"shows": shows, "script": os.path.basename(sys.argv[0])}
        self.label = label if label is not None else name[:32]
        self.work = tempfile.TemporaryDirectory(prefix=f"hvrestore-{name}-")
        self.image = os.path.join(self.work.name, "volume.img")
        self.mount_point = wtf8(os.path.join(self.work.name, "mounted"))
        self.nodes = {}
        self.dirty = False
        self.bulk = False  # thousands of entries: the manifest has one time of each, not four
        self.notes = {}
        self.system = {}
        self.geometry = {"size": size, "cluster_size": cluster, "sector_size": sector}
        self._format(size, cluster, sector, start_sector)

    def _format(self, size, cluster, sector, start_sector):
        os.mkdir(self.mount_point)
        with open(self.image, "wb") as file:
            file.truncate(size)
        # -T: the system files are made in 1970, so that two runs differ as little as possible.
        command = ["mkntfs", "-q", "-F", "-f", "-T", "-H", "255", "-S", "63", "-L", self.label]
        command += ["-p", str(start_sector), "-c", str(cluster), "-s", str(sector)]
        made = subprocess.run([*command, self.image], capture_output=True, text=True)
        if made.returncode:
            raise RuntimeError(f"mkntfs: {made.stderr}")
        with ntfs_edit.Image(self.image) as image:
            self.serial = 0x4856_0000_0000_0000 | zlib.crc32(self.name.encode())
            image.set_serial(self.serial)
            self.geometry["record_size"] = image.record_size
        self.nodes["/"] = Node("dir", 5)

    @contextlib.contextmanager
    def mounted(self, options=""):
        """The volume through ntfs-3g; unmounted, and times stamped, at the end."""
        joined = ",".join(filter(None, ["streams_interface=windows,efs_raw", options]))
        with mount.ntfs_3g(self.image, self.mount_point, joined):
            yield self
        self._stamp_times()

    @contextlib.contextmanager
    def edited(self):
        """The unmounted volume through `ntfs_edit`."""
        with ntfs_edit.Image(self.image) as image:
            yield image

    def host(self, path):
        """Where a guest path is while mounted."""
        return self.mount_point + wtf8(path)

    @contextlib.contextmanager
    def keeping_off(self, wanted):
        """While mounted within this block, clusters named by `wanted` (see `occupy`) stay free."""
        with self.edited() as image:
            held = image.occupy(wanted)
        yield self
        with self.edited() as image:
            image.release(held)

    def in_pieces(self):
        """While mounted within this block, free space comes one cluster at a time."""
        return self.keeping_off(lambda _: 0xAA)

    # What scripts write. Each returns the path's `Node`.

    def dir(self, path):
        os.mkdir(self.host(path))
        return self._add(path, "dir")

    def dirs(self, path):
        """A directory and those above it that are missing."""
        for depth in range(2, path.count("/") + 2):
            part = "/".join(path.split("/")[:depth])
            if part not in self.nodes:
                self.dir(part)
        return self.nodes[path]

    def file(self, path, data=b"", step=None):
        write(self.host(path), data, step)
        node = self._add(path, "file")
        node.streams[""] = stream(data)
        return node

    def sparse_file(self, path, size, extents=()):
        """A file of `size` whose only stored bytes are `extents` ([(offset, data)], ascending)."""
        with open(self.host(path), "wb") as file:
            file.truncate(size)
            for offset, data in extents:
                file.seek(offset)
                file.write(data)
        node = self._add(path, "file")
        node.streams[""] = sparse_stream(size, extents)
        return node

    def stream(self, path, name, data, step=None):
        """A named stream of an existing file or directory."""
        write(self.host(f"{path}:{name}"), data, step)
        self.nodes[path].streams[name] = stream(data)
        return self.nodes[path]

    def link(self, path, new):
        os.link(self.host(path), self.host(new))
        self.nodes[new] = self.nodes[path]
        return self.nodes[path]

    def remove(self, path):
        """Takes a file away again; its clusters keep their bytes."""
        os.unlink(self.host(path))
        del self.nodes[path]

    def set_attributes(self, path, flags):
        os.setxattr(self.host(path), "system.ntfs_attrib", struct.pack("=I", flags))
        self.nodes[path].attributes = flags
        return self.nodes[path]

    def set_reparse(self, path, tag, data, kind=None, target=None, guid=b""):
        """A reparse point; last of all, since the driver then shows something else."""
        buffer = struct.pack("<IHH", tag, len(data), 0) + guid + data
        os.setxattr(self.host(path), "system.ntfs_reparse_data", buffer)
        node = self.nodes[path]
        node.kind = kind or node.kind
        node.reparse = {"tag": f"{tag:#010x}", "size": len(buffer), "sha256": sha256(buffer)}
        if target is not None:
            node.reparse["target"] = target
        return node

    def set_short_name(self, path, short):
        os.setxattr(self.host(path), "system.ntfs_dos_name", short.encode())
        self.notes.setdefault(path, {})["short_name"] = short

    def note(self, path, **facts):
        """Facts of one path that are not its record's."""
        self.notes.setdefault(path, {}).update(facts)

    def _add(self, path, kind):
        record = os.lstat(self.host(path)).st_ino
        self.nodes[path] = Node(kind, record)
        return self.nodes[path]

    def _stamp_times(self):
        """Gives every record four times of its own, in $STANDARD_INFORMATION."""
        with ntfs_edit.Image(self.image) as image:
            for n, node in enumerate({id(node): node for node in self.nodes.values()}.values()):
                if node.times is None:
                    start = _FIRST_TIME + n * _TIME_STEP
                    node.times = (start, start + 1_000_003, start + 2_000_005, start + 3_000_007)
                image.set_times(node.record, *node.times)

    def manifest(self):
        """The expected listing as one JSON document."""
        links = {}
        for node in self.nodes.values():
            links[id(node)] = links.get(id(node), 0) + 1
        entries = [
            entry(path, node, links[id(node)], self.bulk) | self.notes.get(path, {})
            for path, node in sorted(self.nodes.items(), key=lambda item: wtf8(item[0]))
        ]
        volume = {"label": self.label, "serial": f"{self.serial:016x}", "dirty": self.dirty}
        return self.about | {
            "volume": volume | self.geometry, "system": self.system, "entries": entries,
        }

    def pack(self):
        """Writes NAME.img.zst and NAME.json, and takes the working files away."""
        OUTPUT.mkdir(exist_ok=True)
        packed = OUTPUT / f"{self.name}.img.zst"
        command = ["zstd", "-q", "-f", "-19", self.image, "-o", packed]
        subprocess.run(command, check=True)
        write_manifest(OUTPUT / f"{self.name}.json", self.manifest())
        print(f"{self.name}: {packed.stat().st_size} bytes, {len(self.nodes)} paths")
        self.work.cleanup()


def write(path, data, step=None):
    """Writes a file, `step` bytes at a time: the driver cannot allocate many runs in one write."""
    with open(path, "wb", buffering=0) as file:
        for at in range(0, len(data), step or len(data) or 1):
            file.write(data[at : at + step] if step else data)


def entry(path, node, links, bulk=False):
    """One path of the manifest."""
    shown = "".join("\ufffd" if 0xD800 <= ord(char) < 0xE000 else char for char in path)
    facts = {"path": shown, "kind": node.kind, "record": node.record}
    if shown != path:
        facts["path_wtf8"] = base64.b64encode(wtf8(path)).decode()
    facts["size"] = node.streams.get("", {"size": 0})["size"]
    facts["links"] = links
    facts["streams"] = node.streams
    if node.times:
        created, modified, changed, accessed = map(time_value, node.times)
        facts["modified"] = modified
        if not bulk:
            facts |= {"created": created, "changed": changed, "accessed": accessed}
    optional = ("attributes", "reparse", "unsupported", "kept", "lost")
    return facts | {key: getattr(node, key) for key in optional if getattr(node, key) is not None}


def time_value(ticks):
    """RFC 3339, or the FILETIME as a number where that has no year."""
    return filetime.rfc3339(ticks) or ticks


def entry_lines(entries):
    """A JSON array with one entry a line, so that a change shows as a change of those lines."""
    return "[\n" + ",\n".join(json.dumps(e, ensure_ascii=False) for e in entries) + "\n]"


def write_manifest(path, manifest):
    """A volume's manifest as JSON."""
    head = ",\n".join(f'"{key}": {json.dumps(manifest[key])}' for key in manifest if key != "entries")
    text = f'{{{head},\n"entries": {entry_lines(manifest["entries"])}}}\n'
    path.write_text(text, encoding="utf-8", newline="\n")
