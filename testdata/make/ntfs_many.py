#!/usr/bin/env python3
"""many: 3,000 entries in one directory, and 300 that were removed between them."""

from content import prose
from volume import MIB, Volume


def main():
    volume = Volume("many", "3,000 entries in one directory: a $I30 of several levels", 8 * MIB)
    volume.bulk = True
    with volume.mounted():
        volume.dir("/many")
        for n in range(3_300):
            # A stride that visits every number once: entries arrive out of order.
            number = n * 1_237 % 3_300
            volume.file(f"/many/{number:04} {'a longer name ' * (number % 4)}.dat", prose(number % 5, number % 40))
        for path in [path for path in volume.nodes if path.startswith("/many/") and path[6:10].endswith("7")][:300]:
            volume.remove(path)
    volume.pack()


if __name__ == "__main__":
    main()
