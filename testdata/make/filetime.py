"""NTFS times: 100 ns since 1601-01-01 UTC, and their RFC 3339 spelling."""

import datetime

TICKS_PER_SECOND = 10_000_000
_EPOCH = datetime.datetime(1601, 1, 1)


def ticks(text):
    """'2020-10-11T11:38:09.5045259Z' as a FILETIME."""
    stamp, _, fraction = text.rstrip("Z").partition(".")
    seconds = datetime.datetime.fromisoformat(stamp) - _EPOCH
    whole = seconds.days * 86_400 + seconds.seconds
    return whole * TICKS_PER_SECOND + int(fraction.ljust(7, "0")[:7] or 0)


def rfc3339(filetime):
    """A FILETIME with all seven digits, or None where the year is not 1601-9999."""
    seconds, fraction = divmod(filetime, TICKS_PER_SECOND)
    try:
        moment = _EPOCH + datetime.timedelta(seconds=seconds)
    except OverflowError:
        return None
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{fraction:07d}Z".rjust(28, "0")
