"""Escape and what is typed behind it reach a guest byte for byte."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.events import Key

from tui.terminal_answers import _AnswerParser
from tui.terminal_escapes import Escapes
from tui.widgets.terminal_keys import encode


def sent(*pieces: str) -> bytes:
    """What a guest gets of what is typed in these pieces, well within a tenth of a second."""
    parser = _AnswerParser()
    parser._escapes = escapes = Escapes()
    found = [event for piece in pieces for event in parser.feed(piece)]
    last = escapes.release(1e12)
    keys = [event for event in [*found, last] if isinstance(event, Key)]
    return b"".join(encode(key.key, key.character) for key in keys)


@pytest.mark.parametrize(
    "typed",
    [
        "\x1b:wq\r", "\x1bb\x1bf\x1b.\x1b1", "\x1b\x7f", "i\x1b", "\x1b\r", "\x1bX", "\x1bö",
        "\x1bOhello", "\x1b\x1b", "\x1b\x01", "\x1b[A\x1b[3~\x1bOP", "\x1b~", "\x1b\x1bx",
    ],
)  # fmt: skip
def test_every_byte_arrives_however_it_is_cut(typed: str):
    assert sent(typed) == typed.encode()
    for at in range(1, len(typed)):
        if not typed[:at].endswith(("\x1b[", "\x1bO", "\x1b[3")):  # Textual's parser waits there
            assert sent(typed[:at], typed[at:]) == typed.encode()


def test_a_paste_is_left_alone():
    escapes = Escapes()
    data = "\x1b[200~a\x1b:b"
    assert list(escapes.split(data, 0.0)) == [data]
    assert list(escapes.split("c\x1b", 0.0)) == ["c\x1b"]
    assert list(escapes.split("\x1b[201~", 0.0)) == ["\x1b[201~"]
    assert [str(piece) for piece in escapes.split("\x1bx", 0.0)] == [str(Key("alt+x", None))]


def test_an_escape_is_held_no_longer_than_a_pair_may_take():
    escapes = Escapes()
    assert list(escapes.split("\x1b", 10.0)) == []
    assert escapes.release(10.01) is None
    released = escapes.release(10.2)
    assert released is not None
    assert released.key == "escape"
    assert escapes.release(20.0) is None


@given(st.lists(st.text(alphabet="\x1b[]OPab~0;M<\r\x07:_^X\\", max_size=6), max_size=6))
def test_nothing_is_lost_or_made_up(pieces):
    escapes = Escapes()
    found = [piece for text in pieces for piece in escapes.split(text, 0.0)]
    told = "".join(
        piece if isinstance(piece, str) else encode(piece.key, piece.character).decode()
        for piece in found
    )
    last = escapes.release(1e12)
    assert told + ("\x1b" if last else "") == "".join(pieces)
