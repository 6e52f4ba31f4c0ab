"""The socket the service listens on."""

import socket

from cli.serve import _listening


def test_connections_are_known_as_tcp_so_that_no_answer_waits_for_a_delayed_acknowledgement() -> None:
    """asyncio sets TCP_NODELAY on a connection only if its socket names the protocol."""
    with _listening("127.0.0.1", 0) as listener, socket.create_connection(listener.getsockname()):
        accepted, _ = listener.accept()
        with accepted:
            assert accepted.proto == socket.IPPROTO_TCP


def test_a_port_taken_by_somebody_else_is_refused_in_plain_words() -> None:
    import pytest

    from cli.errors import Refused

    with _listening("127.0.0.1", 0) as taken, pytest.raises(Refused, match="Choose another --port"):
        _listening("127.0.0.1", taken.getsockname()[1])
