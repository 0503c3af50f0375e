"""Runs a command behind the walls that a unit of `deploy/` asks systemd for, as far as they are system calls.

`python sandbox.py UNIT COMMAND…`. What systemd does with these settings it does with seccomp too (systemd.exec(5)), so
that a service which needs a call its unit refuses is found without a systemd that runs the machine.
"""

import ctypes
import ctypes.util
import functools
import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path

_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
_EPERM, _ENOSYS = 1, 38
_EQUAL, _MASKED_EQUAL = 4, 7
_WRITE, _EXECUTE = 2, 4
# CLONE_NEW… of namespaces(7): time, mount, cgroup, uts, ipc, user, pid, net.
_NAMESPACES = 0x80 | 0x20000 | 0x02000000 | 0x04000000 | 0x08000000 | 0x10000000 | 0x20000000 | 0x40000000
_FAMILIES = {"AF_UNIX": 1, "AF_INET": 2, "AF_INET6": 10}


class _Comparison(ctypes.Structure):
    """libseccomp's `scmp_arg_cmp`: the argument's number, how it is compared, and with what."""

    _fields_ = [("arg", ctypes.c_uint), ("op", ctypes.c_int), ("a", ctypes.c_uint64), ("b", ctypes.c_uint64)]


def library() -> str | None:
    """libseccomp's name for the loader, or None without one."""
    return ctypes.util.find_library("seccomp") or shutil.which("libseccomp.so.2", path="/usr/lib/x86_64-linux-gnu")


def settings_of(unit: Path) -> dict[str, list[str]]:
    """Every setting of the unit with its values, in their order."""
    found: dict[str, list[str]] = {}
    for line in unit.read_text("utf-8").splitlines():
        name, equals, value = line.partition("=")
        if equals and not line.startswith("#"):
            found.setdefault(name, []).append(value)
    return found


@functools.cache
def calls_of(name: str) -> frozenset[str]:
    """The system calls that a group (`@system-service`) stands for on this systemd; a call stands for itself."""
    if not name.startswith("@"):
        return frozenset({name})
    listed = subprocess.run(
        ["systemd-analyze", "syscall-filter", name], capture_output=True, text=True, check=True, timeout=20
    ).stdout.splitlines()
    inside = [line.strip() for line in listed if line.startswith(" ") and not line.strip().startswith("#")]
    return frozenset().union(*(calls_of(entry) for entry in inside))


def allowed_calls(unit: Path) -> frozenset[str]:
    """What is left of the unit's lists, the first of which allows; `~` takes away."""
    allowed: frozenset[str] = frozenset()
    for value in settings_of(unit)["SystemCallFilter"]:
        named = frozenset().union(*(calls_of(name) for name in value.removeprefix("~").split()))
        allowed = allowed - named if value.startswith("~") else allowed | named
    return allowed


def enter(unit: Path) -> None:
    """Puts this process, and what it becomes, behind the unit's walls. Raises OSError."""
    settings = settings_of(unit)
    assert settings["MemoryDenyWriteExecute"] == settings["RestrictNamespaces"] == ["true"]
    families = [_FAMILIES[name] for name in settings["RestrictAddressFamilies"][0].split()]
    allowed = allowed_calls(unit)
    found = library()
    assert found
    seccomp = ctypes.CDLL(found, use_errno=True)
    seccomp.seccomp_init.restype = ctypes.c_void_p
    seccomp.seccomp_rule_add_array.argtypes = [
        ctypes.c_void_p,
        ctypes.c_uint32,
        ctypes.c_int,
        ctypes.c_uint,
        ctypes.POINTER(_Comparison),
    ]
    seccomp.seccomp_load.argtypes = [ctypes.c_void_p]
    filter = seccomp.seccomp_init(_ERRNO | _EPERM)

    def rule(action: int, name: str, *comparisons: _Comparison) -> None:
        number = seccomp.seccomp_syscall_resolve_name(name.encode())
        if number >= 0:  # Negative: another architecture's.
            array = (_Comparison * len(comparisons))(*comparisons)
            failed = seccomp.seccomp_rule_add_array(filter, action, number, len(comparisons), array)
            if failed:
                raise OSError(-failed, f"no rule for {name}")

    special = {"socket", "mmap", "mprotect", "pkey_mprotect", "clone", "clone3", "unshare", "setns"}
    for name in allowed - special:
        rule(_ALLOW, name)
    for family in families:
        rule(_ALLOW, "socket", _Comparison(0, _EQUAL, family, 0))
    # Memory is either written or run: allowed is what lacks one of the two.
    for missing in (_WRITE, _EXECUTE):
        rule(_ALLOW, "mmap", _Comparison(2, _MASKED_EQUAL, missing, 0))
    for name in ("mprotect", "pkey_mprotect"):
        rule(_ALLOW, name, _Comparison(2, _MASKED_EQUAL, _EXECUTE, 0))
    rule(_ALLOW, "clone", _Comparison(0, _MASKED_EQUAL, _NAMESPACES, 0))
    # Its flags are behind a pointer, where no filter sees them: glibc then takes `clone`.
    rule(_ERRNO | _ENOSYS, "clone3")
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    failed = seccomp.seccomp_load(filter)
    if failed:
        raise OSError(-failed, "the kernel takes no filter")


if __name__ == "__main__":
    enter(Path(sys.argv[1]))
    os.execv(sys.argv[2], sys.argv[2:])
