"""What is refused at the door is one plain whole command; everything else goes its usual way."""

import pytest

from api.admission import CLOCK
from api.doorkeeper import whole_command

COMMAND = b"POST /api/v1/requests HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer t\r\nContent-Length: 9\r\n\r\n{'a': 1}\n"


def test_a_whole_command_is_known_by_its_announced_length():
    assert whole_command(COMMAND)
    assert whole_command(COMMAND.replace(b"Content-Length: ", b"content-length:\t"))
    assert not any(whole_command(COMMAND[:cut]) for cut in range(len(COMMAND)))


@pytest.mark.parametrize(
    "other",
    [
        COMMAND + b"x",  # more than was announced
        COMMAND + COMMAND,  # two at once
        COMMAND.replace(b"POST", b"GET"),  # a question
        COMMAND.replace(b"POST", b"PATCH"),
        COMMAND.replace(b"HTTP/1.1", b"HTTP/1.0"),  # closes after the answer
        COMMAND.replace(b"POST /api", b"POST  /api"),
        COMMAND.replace(b"Content-Length: 9\r\n", b""),
        COMMAND.replace(b"Content-Length: 9\r\n", b"Content-Length: 9\r\nContent-Length: 9\r\n"),
        COMMAND.replace(b"Content-Length: 9\r\n", b"Content-Length: 9\r\nContent-Length : 7\r\n"),
        COMMAND.replace(b"Content-Length: 9", b"Content-Length: +9"),
        COMMAND.replace(b"Content-Length: 9", b"Content-Length: 9, 9"),
        COMMAND.replace(b"Host: h", b"Transfer-Encoding: chunked"),
        COMMAND.replace(b"Host: h", b"Connection: close"),
        COMMAND.replace(b"Host: h", b"Expect: 100-continue"),
        COMMAND.replace(b"Host: h", b"Upgrade: websocket"),
    ],
)
def test_what_needs_a_second_look_is_left_to_those_who_take_it(other):
    assert not whole_command(other)


def test_the_setting_of_a_sandboxs_clock_is_left_to_the_application():
    line = COMMAND.split(b" HTTP", 1)[1]
    assert not whole_command(b"POST " + CLOCK.encode() + b" HTTP" + line)
    assert whole_command(b"POST " + CLOCK.encode() + b"s HTTP" + line)
