"""A bounded memory: the least recently used goes first."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class LruCache(Generic[K, V]):
    """A mapping that holds at most `most` units of size; safe to use from several threads."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.used = 0
        self._lock = Lock()
        self._kept: OrderedDict[K, tuple[V, int]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: K) -> V | None:
        with self._lock:
            found = self._kept.get(key)
            if found is None:
                return None
            self._kept.move_to_end(key)
            return found[0]

    def get_or_make(self, key: K, make: Callable[[], V], size: int) -> V:
        """What is kept, or what `make` returns: everybody who asks gets the same one."""
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
                return found[0]
            value = make()
            self._put(key, value, size)
            return value

    def put(self, key: K, value: V, size: int) -> None:
        """Keeps the value in place of an older one; what is larger than the whole cache is not kept."""
        with self._lock:
            self._put(key, value, size)

    def forget(self, key: K) -> None:
        with self._lock:
            self._forget(key)

    def _put(self, key: K, value: V, size: int) -> None:
        self._forget(key)
        if size > self.most:
            return
        self._kept[key] = (value, size)
        self.used += size
        while self.used > self.most:
            self._forget(next(iter(self._kept)))

    def _forget(self, key: K) -> None:
        found = self._kept.pop(key, None)
        if found is not None:
            self.used -= found[1]
