"""Children that cannot outlive the one who started them."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

# A shell becomes the program. Beside it, in the same process group, a watcher reads from a pipe that only the
# supervisor can write to. The read ends when the supervisor lets go or dies, even by SIGKILL; then the whole group
# is asked to stop, and after five seconds made to: granian's own workers outlive a killed master otherwise.
_LAUNCH = """
exec 3<&0 </dev/null
(trap '' TERM INT HUP; exec /bin/sh -c "$1" rejoinder-guard "$$" <&3 3<&-) &
shift
exec "$@" 3<&-
"""
_WATCH = """
read -r _
kill -s TERM -- "-$1"
turns=0
while kill -s 0 "$1" 2>/dev/null && [ "$turns" -lt 50 ]; do
  sleep 0.1
  turns=$((turns + 1))
done
kill -s KILL -- "-$1"
"""


@dataclass(frozen=True, slots=True)
class GuardedProcess:
    """A running program, the leader of its own process group, and our end of its pipe."""

    process: "subprocess.Popen[bytes]"
    pipe: int

    def ask_to_stop(self) -> None:
        """SIGTERM to the program alone: it knows best how to stop its own workers."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)

    def clear_away(self) -> None:
        """SIGKILL to whatever is left of the group, the watcher included. To be called once, last."""
        # The watcher keeps the group's number taken, so it cannot have become somebody else's.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        os.close(self.pipe)
        self.process.wait()


def start_guarded(
    command: Sequence[str], environ: Mapping[str, str], *, keep_open: Sequence[int] = (), stderr: int | None = None
) -> GuardedProcess:
    """Starts `command` under the guard, in a session of its own so that a terminal's Ctrl-C is ours to pass on.

    `keep_open` are descriptors that the group holds until the last of it is gone. Standard output goes where
    standard error goes: ours is kept for what the operator asked for.
    """
    guard_end, pipe = os.pipe()
    try:
        process = subprocess.Popen(
            ["/bin/sh", "-c", _LAUNCH, "guard", _WATCH, *command],
            stdin=guard_end,
            stdout=2 if stderr is None else stderr,
            stderr=stderr,
            env=dict(environ),
            pass_fds=tuple(keep_open),
            start_new_session=True,
        )
    except BaseException:
        os.close(pipe)
        raise
    finally:
        os.close(guard_end)
    return GuardedProcess(process, pipe)
