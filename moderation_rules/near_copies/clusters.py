"""Near copies found among the latest texts of many, in a few microseconds a text and within a fixed memory.

An inverted index over sketches with one place an entry, as in the hash chains of Lempel-Ziv coders: every pair of a
text's smallest hashes remembers the last text that had it. Two texts that share most of their shingles share one of
these pairs nearly always, two that share a phrase hardly ever. What a pair points at is compared by sketch. Only the
first text of a cluster is in the index: a text belongs to the cluster whose first it resembles, so none can drift.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from zlib import crc32

from moderation_rules.near_copies.sketch import HASHES, NEAR, SIZE, alike, unpack

# Texts that are held at most: 12 MB. About a day of 100,000 comments, of which a quarter are too short for a sketch.
CAPACITY = 75_000
_PAIRED = 5  # smallest hashes of which each pair is in the index
_FEWEST = int(NEAR * HASHES)  # shared hashes without which two texts cannot be near
_ID = 26
# An entry is the place of a text and 15 bits of what the pair hashes to, so that few other pairs are taken for it.
_PLACE = (1 << 17) - 1
_TAG = 0xFFFF_FFFF ^ _PLACE
_MIX, _MIX_TOO = 0x9E37_79B1, 0x85EB_CA6B
_DIGITS = str.maketrans("0123456789ABCDEFGHJKMNPQRSTVWXYZ", "0123456789ABCDEFGHIJKLMNOPQRSTUV")


class Clusters:
    """The latest texts, as sketches, and which of them are near copies of which. Ids are ULIDs.

    When `capacity` texts are held, each new one takes the place of the oldest, together with its cluster.
    """

    def __init__(self, capacity: int = CAPACITY) -> None:
        if not 0 < capacity < _PLACE:
            raise ValueError(f"there is room for 1 to {_PLACE - 1} texts")
        self._capacity = capacity
        self._mask = (1 << (4 * capacity - 1).bit_length()) - 1
        self._last_with = array("I", bytes(4 * (self._mask + 1)))
        self._sketches = bytearray()
        self._groups = array("I")
        self._firsts = bytearray()
        self._next = 0
        # Cluster -> when its texts came, in rising order. Texts without a copy have none.
        self._times: dict[int, array[int]] = {}

    def put(self, group: str, text_id: str, sketch: bytes, first: str | None = None) -> int:
        """Takes a text in; returns its cluster, a number for `name` and `count`. A text put again counts once.

        Only texts of one `group` (a site) are compared. `first`: the cluster's name, where it is known already.
        """
        salt = crc32(group.encode())
        mine = unpack(sketch)
        mask, last_with = self._mask, self._last_with
        left = [(value ^ salt) * _MIX for value in mine[: _PAIRED - 1]]
        right = [value * _MIX_TOO for value in mine[1:_PAIRED]]
        pairs = [one ^ other for n, one in enumerate(left) for other in right[n:]]
        found = {
            entry & _PLACE for pair in pairs if (entry := last_with[pair & mask]) and not (entry ^ pair >> 20) & _TAG
        }
        cluster = self._nearest(found, salt, mine) if found else None
        if cluster is not None:
            self._join(cluster, text_id)
            return cluster
        cluster = self._add(salt, first or text_id, sketch)
        for pair in pairs:
            last_with[pair & mask] = pair >> 20 & _TAG | cluster
        if first is not None:
            self._join(cluster, text_id)
        return cluster

    def name(self, cluster: int) -> str:
        """The id of the cluster's first text."""
        at = (cluster - 1) * _ID
        return self._firsts[at : at + _ID].decode("ascii")

    def count(self, cluster: int, text_id: str, since: int, until: int) -> int:
        """How many other texts of the cluster came between two times (`stamp`), half-open."""
        times = self._times.get(cluster)
        if times is None:
            return 0
        start, end = bisect_left(times, since), bisect_left(times, until)
        own = stamp(text_id)
        at = bisect_left(times, own, start, end) if start < end else end
        return max(0, end - start) - (at < end and times[at] == own)

    def forget(self, before: int) -> None:
        """Drops times that no count asks for any more."""
        for times in self._times.values():
            if times and times[0] < before:
                del times[: bisect_left(times, before)]

    def _nearest(self, found: set[int], salt: int, mine: tuple[int, ...]) -> int | None:
        """Of the clusters found, the one whose first text is most like this one; None where none is near."""
        own = set(mine)
        nearest, best = None, NEAR
        for cluster in found:
            at = (cluster - 1) * SIZE
            theirs = unpack(self._sketches[at : at + SIZE])
            if self._groups[cluster - 1] == salt and len(own.intersection(theirs)) >= _FEWEST:
                share = alike(own, set(theirs))
                if share > best or (share == best and (nearest is None or cluster < nearest)):
                    nearest, best = cluster, share
        return nearest

    def _join(self, cluster: int, text_id: str) -> None:
        times = self._times.get(cluster)
        if times is None:
            times = self._times[cluster] = array("Q", [stamp(self.name(cluster))])
        time = stamp(text_id)
        at = bisect_left(times, time)
        if at == len(times) or times[at] != time:
            times.insert(at, time)

    def _add(self, salt: int, first: str, sketch: bytes) -> int:
        """The cluster of a new text, numbered from 1: an empty entry of the index reads 0."""
        at = self._next
        self._next = (at + 1) % self._capacity
        if at == len(self._groups):
            self._groups.append(salt)
            self._firsts += first.encode("ascii")
            self._sketches += sketch
        else:
            self._groups[at] = salt
            self._firsts[at * _ID : (at + 1) * _ID] = first.encode("ascii")
            self._sketches[at * SIZE : (at + 1) * SIZE] = sketch
            self._times.pop(at + 1, None)
        return at + 1


def stamp(text_id: str) -> int:
    """A ULID as a number of 63 bits that sorts by its time and tells ids of one millisecond apart."""
    return int((text_id[:10] + text_id[-3:]).translate(_DIGITS), 32)
