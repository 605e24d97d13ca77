"""Seeded file content: the same bytes on every run and every machine."""

import hashlib
import random

_WORDS = """
ridge lantern copper harbour violin meadow signal canvas orbit pepper granite willow
ferry mosaic thistle anchor velvet prairie compass ember quarry saffron tunnel maple
glacier ribbon cobalt station almond turbine linen falcon estuary marble cinder orchard
walks carries holds keeps turns gathers leaves answers follows measures opens closes
slowly early quietly often twice never almost beyond under across between toward against
the a one every another no this that its their some
""".split()


def prose(seed, size):
    """`size` bytes of ASCII sentences; compresses about threefold."""
    rng = random.Random(seed)
    text = bytearray()
    while len(text) < size:
        words = " ".join(rng.choices(_WORDS, k=rng.randint(5, 14)))
        text += f"{words.capitalize()}.\n".encode()
    return bytes(text[:size])


def noise(seed, size):
    """`size` bytes that no compressor can shorten."""
    return random.Random(seed).randbytes(size)


def pattern(seed, size):
    """`size` bytes in which every 16 name their own offset: shows misplaced blocks, packs well."""
    tag = hashlib.sha256(str(seed).encode()).hexdigest()[:7]
    return b"".join(f"{tag}{n:9x}".encode() for n in range(size // 16 + 1))[:size]
