"""The Screen tab on terminals that draw pictures: what is asked, what is written, what is left."""

from __future__ import annotations

import base64
import contextlib
import io
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import libvirt
import pytest
from PIL import Image, ImageChops

import tui.demo
from tests.benchmarks.terminal import Terminal, TimeOutError
from tui.output_cells import CANVAS, PLACEHOLDER
from tui.terminal_answers import SECONDS
from tui.widgets.picture_pixels import NUMBERS

pytestmark = pytest.mark.program

KITTY = [("\x1b_Gi=31;OK\x1b\\"), "\x1bP>|kitty(0.36.4)\x1b\\", "\x1b[6;20;10t", "\x1b[?62;c"]
XTERM = ["", "\x1bP>|XTerm(390)\x1b\\", "\x1b[6;20;10t", "\x1b[?63;1;4;22c"]
ASKED = ["\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\", "\x1b[>q", "\x1b[16t", "\x1b[c"]


class Screen:
    """A terminal's side: answers, and notes what it was sent."""

    def __init__(self, answers: list[str], *, colours: int = 256) -> None:
        self.answers = dict(zip(ASKED, answers, strict=True))
        self.answers["\x1b[?1;1;0S"] = f"\x1b[?1;0;{colours}S"
        self.data = ""
        self.asked = ""

    def __call__(self, data: bytes) -> bytes:
        text = data.decode(errors="replace")
        self.data += text
        self.asked += text
        answer = ""
        while found := min(
            (q for q in self.answers if q in self.asked), key=self.asked.index, default=""
        ):
            answer += self.answers[found]
            self.asked = self.asked.split(found, 1)[1]
        return answer.encode()

    def kitty_pictures(self) -> list[tuple[dict[str, str], Image.Image]]:
        """What was transmitted and can be decoded: keys, picture."""
        pictures: list[tuple[dict[str, str], Image.Image]] = []
        keys: dict[str, str] = {}
        payload = ""
        for control, data in re.findall(r"\x1b_G([^;\x1b]*);([^\x1b]*)\x1b\\", self.data):
            some = dict(pair.split("=") for pair in control.split(","))
            if some.get("a") == "q":
                continue
            assert len(data) <= 4096
            if not payload:
                keys = some
            else:
                assert set(some) <= {"m", "q"}
            assert some["m"] == "0" or len(data) % 4 == 0
            payload += data
            if some["m"] == "0":
                image = Image.open(io.BytesIO(base64.b64decode(payload, validate=True)))
                pictures.append((keys, image))
                payload = ""
        return pictures

    def count(self) -> int:
        """How many pictures came whole."""
        return len(
            re.findall(r"\x1b_G[^;\x1b]*m=0;[^\x1b]*\x1b\\|\x1bP0;1q[^\x1b]*\x1b\\", self.data)
        )

    def sixel_pictures(self) -> list[tuple[tuple[int, int], Image.Image]]:
        """Column and row, counted from 1, and picture."""
        found = re.findall(r"\x1b\[(\d+);(\d+)H(\x1bP0;1q[^\x1b]*\x1b\\)", self.data)
        return [((int(x), int(y)), decoded(data)) for y, x, data in found]


def decoded(data: str) -> Image.Image:
    """A sixel picture, read as DEC's manual of the VT340 tells."""
    head = re.match(r'\x1bP0;1q"1;1;(\d+);(\d+)', data)
    assert head is not None
    assert data.endswith("\x1b\\")
    image = Image.new("RGB", (int(head[1]), int(head[2])), (1, 2, 3))
    colours: dict[int, tuple[int, ...]] = {}
    colour = x = y = 0
    for token in re.finditer(
        r"#(\d+);2;(\d+);(\d+);(\d+)|#(\d+)|!(\d+)([?-~])|([?-~])|(\$)|(-)|(.)",
        data[head.end() : -2],
        re.DOTALL,
    ):
        register, red, green, blue, chosen, times, repeated, one, back, down, other = token.groups()
        assert other is None
        if register:
            colours[int(register)] = tuple(
                round(int(part) * 255 / 100) for part in (red, green, blue)
            )
        elif chosen:
            colour = int(chosen)
        elif back:
            x = 0
        elif down:
            x, y = 0, y + 6
        else:
            bits = ord(repeated or one) - 63
            end = x + int(times or 1)
            for row in range(6):
                if bits >> row & 1:
                    image.paste(colours[colour], (x, y + row, end, y + row + 1))
            x = end
    return image


def guests_screen() -> Image.Image:
    """What libvirt's test driver shows for every machine."""
    connection = libvirt.open("test:///default")
    stream = connection.newStream(0)
    data = bytearray()
    connection.lookupByName("test").screenshot(stream, 0, 0)
    while piece := stream.recv(65536):
        data += piece
    stream.finish()
    return Image.open(io.BytesIO(bytes(data))).convert("RGB")


def differ(one: Image.Image, other: Image.Image) -> int:
    """By how many levels two pictures differ at most."""
    assert one.size == other.size
    extrema = ImageChops.difference(one.convert("RGB"), other.convert("RGB")).getextrema()
    return max(high for _low, high in extrema)  # type: ignore[misc]


# -- in a pseudo-terminal ----------------------------------------------------------------------


@contextlib.contextmanager
def looking(
    screen: Screen | None, folder: Path, columns: int = 120, rows: int = 30, **env: str
) -> Iterator[Terminal]:
    """The program with the Screen tab of a machine in front."""
    folders = {f"XDG_{kind}_HOME": str(folder / kind) for kind in ("CONFIG", "STATE", "CACHE")}
    rest = {k: v for k, v in os.environ.items() if k not in ("TMUX", "STY", "NO_COLOR")}
    settings = {"TERM": "xterm-256color", "COLORTERM": "truecolor", **folders, **env}
    # The demo's machines, without the demo's notice, which would cover the picture.
    machines = folder / "machines.xml"
    machines.write_bytes((Path(tui.demo.__file__).parent / "demo.xml").read_bytes())
    command = (sys.executable, "-m", "tui", f"test://{machines}", "--vm", "web-01")
    with Terminal(
        command, columns=columns, rows=rows, env={**rest, **settings}, answer=screen
    ) as terminal:
        terminal.wait_for_text("Identity")
        terminal.send("d")
        terminal.wait_for_text("1120×832")
        yield terminal
        with contextlib.suppress(OSError):  # it has ended
            terminal.send("\x11")


@pytest.mark.parametrize("colorterm", ["truecolor", ""])
def test_kitty_is_sent_the_guests_screen_and_cells_that_name_it(tmp_path: Path, colorterm: str):
    answers = [*KITTY]
    answers[2] = ""  # it does not tell how large its cells are, so the picture comes as it is
    screen = Screen(answers)
    with looking(screen, tmp_path, COLORTERM=colorterm) as terminal:
        terminal.wait_for_text("1120×832 kitty")
        terminal.wait_until(screen.count, "a picture")
        terminal.settle(0.3)
        keys, image = screen.kitty_pictures()[-1]
        assert {k: keys[k] for k in "aUfq"} == {"a": "T", "U": "1", "f": "100", "q": "2"}
        assert differ(image, guests_screen()) == 0
        number, columns, rows = (int(keys[k]) for k in "icr")

        parts = re.findall(f"{PLACEHOLDER}(.)(.)", terminal.text())
        assert parts == [(NUMBERS[y], NUMBERS[x]) for y in range(rows) for x in range(columns)]
        inks = re.findall(rf"([0-9;]*)m{PLACEHOLDER}", screen.data)
        tells = (
            ";".join(str(number >> shift & 255) for shift in (16, 8, 0))
            if colorterm
            else str(number)
        )
        assert inks
        assert all(re.search(rf"38;[25];{tells}(;|$)", ink) for ink in inks)

        terminal.send("m")  # a dialog over it
        terminal.wait_for_text("Send keys to the guest")
        terminal.settle(0.3)
        seen = re.findall(f"{PLACEHOLDER}(.)(.)", terminal.text())
        assert len(seen) < len(parts)
        screen.data = ""
        terminal.send("\x1b")
        terminal.wait_until(
            lambda: re.findall(f"{PLACEHOLDER}(.)(.)", terminal.text()) == parts, "all of it"
        )
        assert re.findall(rf"38;[25];{tells}(?:;[0-9;]*)?m{PLACEHOLDER}", screen.data)
        assert not screen.count()  # the terminal still has it

        terminal.send("+")
        terminal.wait_until(screen.count, "another part")
        assert screen.kitty_pictures()[-1][1].height < 832

        terminal.send("g")  # blocks
        terminal.wait_until(lambda: PLACEHOLDER not in terminal.text(), "blocks")
        assert f"\x1b_Ga=d,d=I,i={number},q=2\x1b\\" in screen.data
        assert set(terminal.text()) & set("▀▄▌▐")
        screen.data = ""
        terminal.send("g")
        terminal.wait_until(screen.count, "the picture again")
        screen.data = ""
        terminal.send("q")  # back to the machines
        terminal.wait_until(lambda: "d=I" in screen.data, "the picture is forgotten")
    # Nothing of the answers was taken for keys.
    assert "no key" not in screen.data


def test_leaving_the_program_leaves_nothing_in_kitty(tmp_path: Path):
    screen = Screen(KITTY)
    with looking(screen, tmp_path) as terminal:
        terminal.wait_until(screen.count, "a picture")
        terminal.settle(0.3)
        _keys, image = screen.kitty_pictures()[-1]
        assert image.width <= 120 * 10  # no more than is seen
        assert image.height <= 30 * 20
        screen.data = ""
        terminal.send("\x11")
        with pytest.raises(TimeOutError, match="the program ended"):
            terminal.settle(30)
    assert screen.data.index("\x1b_Ga=d,d=I,") < screen.data.index("\x1b[?1049l")
    assert not screen.kitty_pictures()


def test_sixel_is_drawn_over_blank_cells_again_where_it_was_covered_and_after_a_resize(
    tmp_path: Path,
):
    screen = Screen(XTERM)
    with looking(screen, tmp_path) as terminal:
        terminal.wait_for_text("1120×832 sixel")
        terminal.wait_until(screen.count, "a picture")
        terminal.settle(0.3)
        (column, row), image = screen.sixel_pictures()[-1]
        columns, rows = image.width // 10, image.height // 20
        assert (image.width % 10, image.height % 20) == (0, 0)
        lines = terminal.lines()[row - 1 : row - 1 + rows]
        assert all(line[column - 1 : column - 1 + columns].strip() == "" for line in lines)
        assert row + rows - 1 < 30  # the last line would scroll
        assert CANVAS not in screen.data
        expected = guests_screen().resize(image.size, Image.Resampling.BOX)
        difference = ImageChops.difference(image, expected).convert("L")
        assert sum(difference.tobytes()) / (image.width * image.height) < 4

        screen.data = ""
        terminal.send("m")  # a dialog over it
        terminal.wait_for_text("Send keys to the guest")
        terminal.settle(0.3)
        assert "Ctrl+Alt+Del" in terminal.text()
        screen.data = ""
        terminal.send("\x1b")
        terminal.wait_until(screen.count, "the picture again")
        assert screen.sixel_pictures()[-1][0] == (column, row)

        screen.data = ""
        terminal.resize(140, 40)
        terminal.wait_until(screen.count, "larger")
        terminal.settle(1)
        assert screen.sixel_pictures()[-1][1].height > image.height

        screen.data = ""
        terminal.send("\x1b")  # to the list of machines
        terminal.wait_until(lambda: "1120×832" not in terminal.text(), "the tab left")
        terminal.settle(0.5)
        assert not screen.count()


def test_answers_that_come_late_are_no_keys(tmp_path: Path):
    late: list[bytes] = []

    class Slow(Screen):
        def __call__(self, data: bytes) -> bytes:
            late.append(super().__call__(data))
            return b""

    screen = Slow(KITTY)
    with looking(screen, tmp_path) as terminal:
        terminal.run(SECONDS + 0.5)
        before = terminal.text()
        terminal.send(b"".join(late).decode())
        terminal.settle(0.5)
        assert terminal.text() == before
        terminal.send("y")  # is among them, and does something as a key
        terminal.wait_until(lambda: terminal.text() != before, "the keys are read")


@pytest.mark.parametrize(
    ("answers", "env"),
    [
        (["", "", "", "\x1b[?1;2c"], {}),
        (["", "", "", ""], {}),  # nothing is answered at all
        (KITTY, {"TMUX": "/tmp/tmux,1,0"}),
        (XTERM, {"NO_COLOR": "1"}),
    ],
)
def test_other_terminals_are_drawn_blocks(tmp_path: Path, answers: list[str], env: dict[str, str]):
    screen = Screen(answers)
    with looking(screen, tmp_path, **env) as terminal:
        terminal.settle(0.5)
        assert set(terminal.text()) & set("▀▄▌▐")
        assert not screen.kitty_pictures()
        assert "\x1bP" not in screen.data
        assert PLACEHOLDER not in screen.data
        assert ("a=q" in screen.data) == (not env)
        terminal.send("g")
        terminal.wait_for_text("neither kitty nor sixel", timeout=10)
