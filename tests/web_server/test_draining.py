"""A server that stops gets no new connection, and loses none that the kernel has taken for it."""

import socket
import sys

import pytest

from service.web_server.draining import hold_back, waiting

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the kernel is not Linux")


@pytest.mark.parametrize(("family", "host"), [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")])
def test_new_connections_are_held_back_and_old_ones_kept(family: socket.AddressFamily, host: str) -> None:
    with socket.socket(family) as listening:
        try:
            listening.bind((host, 0))
        except OSError:
            pytest.skip("no IPv6 here")
        listening.listen(8)
        place = listening.getsockname()[:2]
        with socket.create_connection(place, timeout=5) as taken:
            assert waiting(listening) == 1
            hold_back(listening)
            with pytest.raises(TimeoutError):
                socket.create_connection(place, timeout=0.2)
            accepted, _ = listening.accept()
            with accepted:
                taken.sendall(b"a comment")
                assert accepted.recv(64) == b"a comment"
                accepted.sendall(b"thanks")
                assert taken.recv(64) == b"thanks"
            assert waiting(listening) == 0
