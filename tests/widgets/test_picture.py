"""A guest's screen: text read off a picture, pictures as cells, keys of a keyboard."""

from __future__ import annotations

import io
import random
from collections.abc import Sequence
from pathlib import Path

import pytest
from PIL import Image
from rich.color import Color

from tui.model.keycodes import CODES, codes, typed_by, virsh_names
from tui.widgets.guest_keys import guest_keys
from tui.widgets.picture_cells import as_png, blocks, place, read_picture, text_line
from tui.widgets.screen_font import PC, UEFI, Font
from tui.widgets.screen_text import UNKNOWN, read_text

GREY, BLACK, BLUE = (170, 170, 170), (0, 0, 0), (0, 0, 170)


def glyph(font: Font, character: str) -> bytes:
    place = font.characters.index(character)
    return font.glyphs[place * font.height : (place + 1) * font.height]


def drawn(
    lines: Sequence[str],
    *,
    width: int = 9,
    rows: int = 25,
    cursor: tuple[int, int] | None = None,
    ground: tuple[int, int, int] = BLACK,
) -> Image.Image:
    """A text screen of 80 columns as a graphics card draws it."""
    image = Image.new("RGB", (80 * width, rows * PC.height), ground)
    for y, line in enumerate(lines):
        for x, character in enumerate(line):
            for row, bits in enumerate(glyph(PC, character)):
                for bit in range(8):
                    if bits >> 7 - bit & 1:
                        image.putpixel((x * width + bit, y * PC.height + row), GREY)
    if cursor is not None:
        left, top = cursor[0] * width, cursor[1] * PC.height
        image.paste(GREY, (left, top + 13, left + width, top + 15))
    return image


def png(image: Image.Image, kind: str = "PNG") -> bytes:
    file = io.BytesIO()
    image.save(file, kind)
    return file.getvalue()


MENU = ["Select boot device:", "", "1. DVD/CD [AHCI/0: QEMU]", "2. iPXE ~!@#$%^&*()_+{}|<>?"]


@pytest.mark.parametrize("width", [8, 9])
def test_a_text_screen_is_read(width):
    screen = read_text(drawn(MENU, width=width))
    assert screen is not None
    assert screen.lines[:4] == MENU
    assert screen.columns == 80
    assert len(screen.rows) == 25
    assert screen.cursor is None
    assert screen.rows[0][0] == ("S", GREY, BLACK)


def test_every_character_that_shows_something_is_read():
    shown = [c for c in PC.characters if glyph(PC, c).strip(b"\0")]
    lines = ["Letters, so that it is text", "".join(shown[:80]), "".join(shown[80:160])]
    screen = read_text(drawn(lines, width=8))
    assert screen is not None
    assert UNKNOWN not in "".join(screen.lines)
    # What two codes draw alike is read as one of them.
    assert sum(a != b for a, b in zip("".join(screen.lines[1:3]), "".join(shown), strict=False)) < 4


def test_the_cursor_is_found_and_what_is_under_it():
    screen = read_text(drawn(["grub> ls"], cursor=(8, 0)))
    assert screen is not None
    assert (screen.cursor, screen.lines[0]) == ((8, 0), "grub> ls")
    screen = read_text(drawn(["grub> ls"], cursor=(6, 0), ground=BLUE))
    assert screen is not None
    assert (screen.cursor, screen.lines[0]) == ((6, 0), "grub> ls")


def test_the_menu_of_a_uefi_firmware_is_read():
    """A picture of OVMF's boot manager."""
    picture = read_picture((Path(__file__).parent / "uefi.png").read_bytes())
    assert picture.text is not None
    lines = picture.text.lines
    assert lines[0] == "┌" + "─" * 78 + "┐"
    assert lines[1].split() == ["│", "Boot", "Manager", "│"]
    assert lines[7].split() == ["EFI", "Internal", "Shell", "ile(7C04A583-9E3E-4F1C"]
    assert lines[9].startswith("   Use the <↑> and <↓> keys to choose a boot option,")
    assert len(lines) == 25


@pytest.mark.parametrize("size", [(640, 480), (800, 600), (1280, 800), (1024, 768)])
def test_a_uefi_shell_is_read_wherever_it_writes(size):
    image = Image.new("RGB", size)
    left, top = size[0] % 8 // 2, size[1] % UEFI.height // 2
    for x, character in enumerate("Shell> ls -l fs0:"):
        for row, bits in enumerate(glyph(UEFI, character)):
            for bit in range(8):
                if bits >> 7 - bit & 1:
                    image.putpixel((left + x * 8 + bit, top + row), GREY)
    screen = read_text(image)
    assert screen is not None
    assert screen.lines[0] == "Shell> ls -l fs0:"


def test_a_picture_is_no_text():
    seed = random.Random(3)
    noise = Image.frombytes("RGB", (720, 400), seed.randbytes(720 * 400 * 3))
    assert read_text(noise) is None
    two = noise.convert("1").convert("RGB")  # of two colours only
    assert read_text(two) is None
    assert read_text(Image.new("RGB", (720, 400))) is None
    assert read_text(drawn(MENU).resize((1440, 800))) is None


@pytest.mark.parametrize("kind", ["PNG", "PPM"])
def test_pictures_are_read_and_saved_as_png(kind):
    data = png(drawn(MENU), kind)
    picture = read_picture(data)
    assert picture.text is not None
    assert picture.text.lines[0] == MENU[0]
    assert as_png(data).startswith(b"\x89PNG")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no picture",
        png(Image.new("RGB", (64, 64)))[:60],
        b"P6\n99999 99999\n255\n",
        png(Image.new("RGB", (64, 64)), "GIF"),
    ],
)
def test_what_is_no_picture_is_refused_in_words(data):
    with pytest.raises(ValueError, match="picture"):
        read_picture(data)


def test_what_changed_is_found():
    before, after = drawn(MENU), drawn(MENU)
    after.putpixel((300, 200), GREY)
    one, other = read_picture(png(before)), read_picture(png(after))
    assert one.changed_box(one) is None
    assert other.changed_box(one) == (300, 200, 301, 201)
    assert other.changed_box(None) == (0, 0, 720, 400)


@pytest.mark.parametrize("size", [(720, 400), (1280, 800), (100, 2000), (2000, 10), (1, 1)])
@pytest.mark.parametrize("cells", [(80, 21), (160, 42), (1, 1)])
@pytest.mark.parametrize("zoom", [1.0, 1.5, 40.0])
def test_a_picture_fits_its_place(size, cells, zoom):
    where = place(size, cells[0], cells[1], zoom, (0.9, 0.1))
    left, top, right, bottom = where.box
    assert 0 <= left < right <= size[0] + 1e-6
    assert 0 <= top < bottom <= size[1] + 1e-6
    assert 1 <= where.columns <= cells[0]
    assert 1 <= where.rows <= cells[1]
    for quadrants in (True, False):
        strips = blocks(Image.new("RGB", size, BLUE), where, quadrants=quadrants)
        assert len(strips) == where.rows
        assert {strip.cell_length for strip in strips} == {where.columns}


def test_the_aspect_is_kept():
    where = place((1280, 800), 160, 45, 1.0, (0.5, 0.5))
    assert where.columns / (2 * where.rows) == pytest.approx(1280 / 800, rel=0.05)


def test_blocks_show_quarters_and_halves():
    image = Image.new("RGB", (4, 2), BLACK)
    image.putpixel((0, 0), (248, 248, 248))
    image.putpixel((2, 1), (248, 0, 0))
    image.putpixel((3, 1), (248, 0, 0))
    (line,) = blocks(image, place((4, 2), 2, 1, 1.0, (0.5, 0.5)), quadrants=True)
    assert line.text == "▘▄"
    (line,) = blocks(image, place((4, 2), 4, 1, 1.0, (0.5, 0.5)), quadrants=False)
    assert line.text == "▀ ▀▀"


def test_neighbours_that_look_alike_are_one_segment():
    cells = [("a", GREY, BLACK), (" ", BLUE, BLACK), ("b", GREY, BLACK), ("c", GREY, BLUE)]
    segments = list(text_line(cells))
    assert [segment.text for segment in segments] == ["a b", "c"]
    style = segments[1].style
    assert style is not None
    assert (style.color, style.bgcolor) == (Color.from_rgb(*GREY), Color.from_rgb(*BLUE))


# -- keys ------------------------------------------------------------------------------------


def test_every_printable_character_has_its_keys():
    for code in range(32, 127):
        names = typed_by(chr(code))
        assert names
        assert codes(names)
    assert typed_by("a") == ("a",)
    assert typed_by("A") == ("leftshift", "a")
    assert typed_by("?") == ("leftshift", "slash")
    assert typed_by("ä") == typed_by("€") == ()


def test_codes_are_linuxs():
    assert [CODES[name] for name in ("esc", "enter", "a", "f1", "f12", "delete", "leftmeta")] == [
        1, 28, 30, 59, 88, 111, 125,
    ]  # fmt: skip
    assert virsh_names(("leftctrl", "leftalt", "delete")) == "KEY_LEFTCTRL KEY_LEFTALT KEY_DELETE"


@pytest.mark.parametrize(
    ("key", "character", "names"),
    [
        ("a", "a", ("a",)),
        ("A", "A", ("leftshift", "a")),
        ("upper_a", "A", ("leftshift", "a")),
        ("question_mark", "?", ("leftshift", "slash")),
        ("ctrl+c", "\x03", ("leftctrl", "c")),
        ("alt+f4", None, ("leftalt", "f4")),
        ("ctrl+alt+t", None, ("leftctrl", "leftalt", "t")),
        ("shift+tab", None, ("leftshift", "tab")),
        ("f10", None, ("f10",)),
        ("escape", "\x1b", ("esc",)),
        ("enter", "\r", ("enter",)),
        ("ctrl+up", None, ("leftctrl", "up")),
        ("ö", "ö", ()),
    ],
)
def test_keys_of_a_terminal_are_keys_of_a_keyboard(key, character, names):
    assert guest_keys(key, character) == names
