#!/usr/bin/env python3
"""fragments: $DATA over base and extension records, with a resident and a non-resident
attribute list, dense and sparse, and a valid data length that lies in an extension record's part.

Free space is cut to single clusters first, so that each cluster of a file is a run of its own.
"""

import ntfs_layout
from content import pattern, prose
from ntfs_edit import ATTRIBUTE_LIST, DATA
from volume import MIB, Volume, stream

CLUSTER = 512
VALID = 900 * CLUSTER + 77


def main():
    volume = Volume("fragments", "$DATA over base and extension records, attribute lists", 16 * MIB, cluster=CLUSTER)
    with volume.in_pieces(), volume.mounted():
        volume.file("/few-hundred.bin", zeros_between(400), CLUSTER)
        volume.file("/resident-list.bin", zeros_between(260), CLUSTER)
        volume.file("/none-in-base.bin", zeros_between(255), CLUSTER)
        volume.file("/many-thousand.bin", zeros_between(4_000), CLUSTER)
        volume.file("/valid-length.bin", zeros_between(1_200), CLUSTER)
        stripes = [(2 * n * CLUSTER, bytes([n % 251 + 1]) * CLUSTER) for n in range(1_500)]
        volume.sparse_file("/sparse-fragments.bin", 3_000 * CLUSTER, stripes)
        volume.file("/streams.bin", zeros_between(300), CLUSTER)
        volume.stream("/streams.bin", "other", zeros_between(350), CLUSTER)
    with volume.mounted():
        volume.file("/whole.bin", prose("whole", 10_000))
    with volume.edited() as image:
        relay(volume, image, "/resident-list.bin", keep=60)
        relay(volume, image, "/none-in-base.bin", keep=0)
        lower_valid_length(volume, image, "/valid-length.bin", zeros_between(1_200))
        expect(volume, image, "/resident-list.bin", resident=True, fragments=260)
        expect(volume, image, "/none-in-base.bin", resident=True, fragments=255)
        expect(volume, image, "/few-hundred.bin", resident=False, fragments=400)
        expect(volume, image, "/many-thousand.bin", resident=False, fragments=4_000)
        expect(volume, image, "/valid-length.bin", resident=False, fragments=1_200)
        expect(volume, image, "/sparse-fragments.bin", resident=False, fragments=3_000)
        expect(volume, image, "/streams.bin", resident=False, fragments=300)
        expect(volume, image, "/streams.bin", resident=False, fragments=350, name="other")
    volume.pack()


def zeros_between(clusters):
    """Every cluster begins with its own number, the rest is zero, the last is cut short."""
    heads = pattern(clusters, 8 * clusters)
    pieces = (heads[8 * n : 8 * n + 8] + bytes(CLUSTER - 8) for n in range(clusters))
    return b"".join(pieces)[:-100]


def relay(volume, image, path, keep):
    """Leaves `keep` runs in the base record and makes the attribute list resident."""
    record = volume.nodes[path].record
    ntfs_layout.move_runs(image, image.record(record), DATA, keep)
    ntfs_layout.make_list_resident(image, image.record(record))


def lower_valid_length(volume, image, path, data):
    """The initialized size stands in the first fragment and cuts into a later record's."""
    node = volume.nodes[path]
    record = image.record(node.record)
    attribute = image.attribute(record, DATA)
    attribute.put("<Q", 0x38, VALID)
    image.save(attribute.record)
    node.streams[""] = stream(data[:VALID] + bytes(len(data) - VALID))


def expect(volume, image, path, resident, fragments, name=""):
    """The layout is what the file is for: fails when the driver laid it out otherwise."""
    base = image.record(volume.nodes[path].record)
    listing = base.find(ATTRIBUTE_LIST)
    runs = image.fragments(base, DATA, name)
    records = {number for *_, number in image.listed(base, DATA, name)}
    print(f"fragments: {path}:{name}: {len(runs)} runs in {len(records)} records,",
          f"list resident: {listing and listing.resident}")
    assert listing.resident == resident and len(runs) >= fragments * 0.9
    assert records != {base.number}


if __name__ == "__main__":
    main()
