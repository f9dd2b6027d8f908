"""What a terminal emulator has to do for us, and libghostty-vt doing it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol

from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tui.widgets.emulator_marks import Marks

SCROLLBACK_BYTES = 48 * 1024 * 1024
"""What is kept above the screen: ten thousand lines of 300 columns, more of narrower ones.

The library can count lines as well, but once it cuts by them it is fifteen times slower.
"""
UNLIMITED = 1 << 40

FLAGS = {
    "bold": "bold", "dim": "faint", "italic": "italic", "underline": "underline",
    "reverse": "inverse", "conceal": "invisible", "strike": "strikethrough",
}  # fmt: skip
"""What Rich calls what the library calls."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where the cursor is on the screen, and whether it is a block (else a bar or a line)."""

    x: int
    y: int
    block: bool = True


class Emulator(Protocol):
    """Bytes in, lines out."""

    def feed(self, data: bytes) -> bytes:
        """Take what the guest prints; returns what the terminal answers to it."""

    def resize(self, columns: int, rows: int) -> None:
        """Another size; lines are wrapped anew."""

    def frame(self) -> Iterator[tuple[int, Strip]]:
        """Lines of the view that have changed since the last frame."""

    def redraw(self) -> None:
        """All lines count as changed for the next frame."""

    @property
    def cursor(self) -> Cursor | None:
        """The cursor; None while it is hidden or scrolled out of the view."""

    def mode(self, number: int) -> bool:
        """Whether a DEC private mode is set."""

    def scroll(self, rows: int) -> None:
        """Move the view by rows, negative up; a large number goes to the end."""

    def scroll_to(self, row: int) -> None:
        """Bring a row, counted from the oldest line, to the top of the view."""

    def history(self, *, unwrapped: bool = False) -> list[str]:
        """Every row from the oldest kept to the last of the screen; or every line, as printed."""

    def screen(self) -> str:
        """The text of the screen."""

    @property
    def marks(self) -> Marks | None:
        """What can be marked in it; None where nothing can."""

    def close(self) -> None:
        """Give its memory back; from then on it takes nothing and shows nothing."""


class Ghostty:
    """libghostty-vt through pyghostty; imported when the first console opens."""

    def __init__(self, columns: int, rows: int) -> None:
        import pyghostty

        self._ffi, self._lib = ffi, lib = pyghostty.ffi, pyghostty.lib
        self._terminal = pyghostty.Terminal(columns, rows, scrollback=UNLIMITED)
        self._handle: Any = self._terminal._t[0]
        lib.ghostty_terminal_set(
            self._handle,
            lib.GHOSTTY_TERMINAL_OPT_SCROLLBACK_MAX_BYTES,
            ffi.new("size_t*", SCROLLBACK_BYTES),
        )
        self._answers: list[bytes] = []
        self._terminal.on_reply(self._answers.append)
        self._columns = columns
        self._state = ffi.new("GhosttyRenderState*")
        lib.ghostty_render_state_new(ffi.NULL, self._state)
        self._rows = ffi.new("GhosttyRenderStateRowIterator*")
        lib.ghostty_render_state_row_iterator_new(ffi.NULL, self._rows)
        self._cells = ffi.new("GhosttyRenderStateRowCells*")
        lib.ghostty_render_state_row_cells_new(ffi.NULL, self._cells)
        self._view = ffi.new("GhosttyCellsView*")
        self._y = ffi.new("uint16_t*")
        self._style = ffi.new("GhosttyStyle*")
        self._style.size = ffi.sizeof("GhosttyStyle")
        self._false = ffi.new("bool*", False)
        self._all = True
        self._scroll_viewport = _scroll_function()
        self._styles: dict[tuple[Any, ...], Style] = {}
        self._closed = False
        self._marks = Marks(self._terminal)

    def feed(self, data: bytes) -> bytes:
        """Take what the guest prints; returns what the terminal answers to it."""
        if self._closed:
            return b""
        # A terminal ignores DEL wherever it comes; the library gives it a cell.
        self._terminal.feed(data.replace(b"\x7f", b""))
        answer = b"".join(self._answers)
        self._answers.clear()
        return answer

    def resize(self, columns: int, rows: int) -> None:
        """Another size; lines are wrapped anew."""
        self._columns = columns
        self._all = True
        if not self._closed:
            self._terminal.resize(columns, rows)

    def redraw(self) -> None:
        """All lines count as changed for the next frame."""
        self._all = True

    def frame(self) -> Iterator[tuple[int, Strip]]:
        """Lines of the view that have changed since the last frame."""
        if self._closed:
            return iter(())
        lib, state, rows = self._lib, self._state[0], self._rows[0]
        lib.ghostty_render_state_update(state, self._handle)
        lib.ghostty_render_state_get(state, lib.GHOSTTY_RENDER_STATE_DATA_ROW_ITERATOR, self._rows)
        every, self._all = self._all, False
        y = -1
        found = []
        while True:
            if every:
                if not lib.ghostty_render_state_row_iterator_next(rows):
                    break
                y += 1
            else:
                if not lib.ghostty_render_state_row_iterator_next_dirty(rows, self._y):
                    break
                y = self._y[0]
            found.append((y, self._line(rows)))
            lib.ghostty_render_state_row_set(
                rows, lib.GHOSTTY_RENDER_STATE_ROW_OPTION_DIRTY, self._false
            )
        lib.ghostty_render_state_clean(state)
        return iter(found)

    def _line(self, rows: Any) -> Strip:
        """One row of cells as a strip. Cells are 64 bits: content, style, width."""
        raw, count = self._row(rows)
        segments: list[Segment] = []
        run: list[str] = []
        present: object = None
        look: Style | None = None
        looks: dict[int, Style] = {}
        for x, cell in enumerate(raw):
            tag = cell & 3
            key = (cell >> 26) & 0xFFFF if tag < 2 else -1 - (cell & 0x3FFFFFF)
            if key != present:
                if run:
                    segments.append(Segment("".join(run), look))
                    run = []
                present, look = key, looks.get(key)
                if look is None and key:
                    look = looks[key] = self._look_of(x, cell)
            if tag >= 2:
                run.append(" ")
            elif tag == 1:
                run.append(self._grapheme(x))
            else:
                code = (cell >> 2) & 0x1FFFFF
                if code >= 32 and not 127 <= code < 160:
                    run.append(chr(code))
                elif (cell >> 42) & 3 != 2:  # the tail of a wide character takes no cell
                    run.append(" ")
        if run:
            segments.append(Segment("".join(run), look))
        if len(raw) < count:
            segments.append(Segment(" " * (count - len(raw))))
        return Strip(segments, self._columns)

    def _row(self, rows: Any) -> tuple[list[int], int]:
        """Cells of a row, and how many it has: blanks at its end are left out."""
        ffi, lib = self._ffi, self._lib
        lib.ghostty_render_state_row_get(
            rows, lib.GHOSTTY_RENDER_STATE_ROW_DATA_CELLS_RAW, self._view
        )
        lib.ghostty_render_state_row_get(rows, lib.GHOSTTY_RENDER_STATE_ROW_DATA_CELLS, self._cells)
        count = int(self._view.len)
        # Most lines end in blanks without a look of their own: cells of zeros.
        data = ffi.buffer(self._view.ptr, count * 8)[:].rstrip(b"\0")
        return memoryview(data + b"\0" * (-len(data) % 8)).cast("Q").tolist(), count

    def _look_of(self, x: int, cell: int) -> Style:
        """The look of a cell that has one of its own."""
        tag, colour = cell & 3, (cell >> 2) & 0xFFFFFF
        if tag < 2:
            return self._style_at(x)
        # It has a background and nothing else: one of the palette, or red, green and blue.
        rgb = colour & 255, colour >> 8 & 255, colour >> 16
        return self._look(None, rgb[0] if tag == 2 else rgb)

    def _grapheme(self, x: int) -> str:
        """A cell of several code points: a base with its combining characters."""
        ffi, lib, cells = self._ffi, self._lib, self._cells[0]
        lib.ghostty_render_state_row_cells_select(cells, x)
        count = ffi.new("uint32_t*")
        lib.ghostty_render_state_row_cells_get(
            cells, lib.GHOSTTY_RENDER_STATE_ROW_CELLS_DATA_GRAPHEMES_LEN, count
        )
        codes = ffi.new("uint32_t[]", max(1, count[0]))
        lib.ghostty_render_state_row_cells_get(
            cells, lib.GHOSTTY_RENDER_STATE_ROW_CELLS_DATA_GRAPHEMES_BUF, codes
        )
        shown = (code for code in codes[0 : count[0]] if code >= 32 and not 127 <= code < 160)
        return "".join(map(chr, shown)) or " "

    def _style_at(self, x: int) -> Style:
        lib, style = self._lib, self._style
        lib.ghostty_render_state_row_cells_select(self._cells[0], x)
        lib.ghostty_render_state_row_cells_get(
            self._cells[0], lib.GHOSTTY_RENDER_STATE_ROW_CELLS_DATA_STYLE, style
        )

        def colour(found: Any) -> int | tuple[int, int, int] | None:
            if found.tag == 0:
                return None
            if found.tag == lib.GHOSTTY_STYLE_COLOR_PALETTE:
                return int(found.value.palette)
            return found.value.rgb.r, found.value.rgb.g, found.value.rgb.b

        return self._look(
            colour(style.fg_color),
            colour(style.bg_color),
            *(name for name, flag in FLAGS.items() if getattr(style, flag)),
        )

    def _look(self, fg: Any, bg: Any, *flags: str) -> Style:
        key = (fg, bg, *flags)
        look = self._styles.get(key)
        if look is None:
            looks: dict[str, Any] = dict.fromkeys(flags, True)
            look = self._styles[key] = Style(color=_colour(fg), bgcolor=_colour(bg), **looks)
        return look

    @property
    def cursor(self) -> Cursor | None:
        """The cursor; None while it is hidden or scrolled out of the view."""
        if self._closed:
            return None
        ffi, lib, state = self._ffi, self._lib, self._state[0]
        flag, x, y = ffi.new("bool*"), ffi.new("uint16_t*"), ffi.new("uint16_t*")
        lib.ghostty_render_state_get(state, lib.GHOSTTY_RENDER_STATE_DATA_CURSOR_VISIBLE, flag)
        if not flag[0]:
            return None
        lib.ghostty_render_state_get(
            state, lib.GHOSTTY_RENDER_STATE_DATA_CURSOR_VIEWPORT_HAS_VALUE, flag
        )
        if not flag[0]:
            return None
        lib.ghostty_render_state_get(state, lib.GHOSTTY_RENDER_STATE_DATA_CURSOR_VIEWPORT_X, x)
        lib.ghostty_render_state_get(state, lib.GHOSTTY_RENDER_STATE_DATA_CURSOR_VIEWPORT_Y, y)
        shape = ffi.new("GhosttyRenderStateCursorVisualStyle*")
        lib.ghostty_render_state_get(
            state, lib.GHOSTTY_RENDER_STATE_DATA_CURSOR_VISUAL_STYLE, shape
        )
        block = shape[0] in (
            lib.GHOSTTY_RENDER_STATE_CURSOR_VISUAL_STYLE_BLOCK,
            lib.GHOSTTY_RENDER_STATE_CURSOR_VISUAL_STYLE_BLOCK_HOLLOW,
        )
        return Cursor(x[0], y[0], block)

    def mode(self, number: int) -> bool:
        """Whether a DEC private mode is set."""
        return not self._closed and bool(self._terminal.mode(number))

    def scroll(self, rows: int) -> None:
        """Move the view by rows, negative up."""
        self._scroll(self._lib.GHOSTTY_SCROLL_VIEWPORT_DELTA, rows)

    def scroll_to(self, row: int) -> None:
        """Bring a row, counted from the oldest line, to the top of the view."""
        self._scroll(self._lib.GHOSTTY_SCROLL_VIEWPORT_ROW, row)

    def _scroll(self, tag: int, amount: int) -> None:
        if not self._closed:
            how = self._ffi.new("VirttyScroll*", (tag, amount, 0))
            self._scroll_viewport(self._handle, how[0])
            self._all = True

    def history(self, *, unwrapped: bool = False) -> list[str]:
        """Every row from the oldest kept to the last of the screen; or every line, as printed."""
        from pyghostty.core import init_sized

        if self._closed:
            return []
        # All of it: what the library takes for all leaves blank rows at the beginning out.
        selection = init_sized("GhosttySelection")
        selection.start = self._terminal.ref(0, 0, "screen")[0]
        last = self._terminal.ref(self._columns - 1, self._marks.rows() - 1, "screen")
        selection.end = last[0]
        return str(self._terminal._format_sel(selection, unwrap=unwrapped)).split("\n")

    def screen(self) -> str:
        """The text of the screen."""
        return "" if self._closed else str(self._terminal.text())

    @property
    def marks(self) -> Marks | None:
        """What can be marked in it."""
        return None if self._closed else self._marks

    def close(self) -> None:
        """Give its memory back; from then on it takes nothing and shows nothing."""
        if self._closed:
            return
        self._closed = True  # what is still drawing it must not reach freed memory
        self._marks.clear()
        self._lib.ghostty_render_state_row_cells_free(self._cells[0])
        self._lib.ghostty_render_state_row_iterator_free(self._rows[0])
        self._lib.ghostty_render_state_free(self._state[0])
        self._terminal.close()


class Blind:
    """Stands in where libghostty-vt is not to be had: it only says how to go on."""

    WORDS = (
        "There is no terminal emulator for this kind of machine.",
        "Ctrl+] and then f hands your own terminal over to the guest.",
    )

    def __init__(self, columns: int, rows: int) -> None:
        self.resize(columns, rows)

    def feed(self, data: bytes) -> bytes:
        """Nothing is kept and nothing answered."""
        return b""

    def resize(self, columns: int, rows: int) -> None:
        """Another size."""
        self._columns, self._rows = columns, rows

    def frame(self) -> Iterator[tuple[int, Strip]]:
        """What is said in place of a screen."""
        for y, words in enumerate(self.WORDS[: self._rows]):
            yield y, Strip([Segment(words)]).adjust_cell_length(self._columns)

    def redraw(self) -> None:
        """It is always drawn whole."""

    cursor: Cursor | None = None
    marks: Marks | None = None

    def mode(self, number: int) -> bool:
        """No mode is known."""
        return False

    def scroll(self, rows: int) -> None:
        """There is nothing to look back at."""

    def scroll_to(self, row: int) -> None:
        """There is nothing to look back at."""

    def history(self, *, unwrapped: bool = False) -> list[str]:
        """Nothing is kept."""
        return []

    def screen(self) -> str:
        """What is said in place of a screen."""
        return "\n".join(self.WORDS)

    def close(self) -> None:
        """There is nothing to give back."""


def new_emulator(columns: int, rows: int) -> Emulator:
    """An emulator of this size; a blind one where the library has no build for this machine."""
    try:
        return Ghostty(columns, rows)
    except (ImportError, OSError):
        return Blind(columns, rows)


@cache
def _scroll_function() -> Any:
    """cffi cannot pass a union by value: a struct of the same layout goes in its place."""
    from pyghostty._ffi import ffi, union_fn

    ffi.cdef(
        "typedef struct { GhosttyTerminalScrollViewportTag tag; intptr_t value;"
        " uint64_t _pad; } VirttyScroll;"
    )
    if ffi.sizeof("VirttyScroll") != ffi.sizeof("GhosttyTerminalScrollViewport"):
        raise RuntimeError("libghostty-vt has another layout than ours")
    signature = "void(*)(GhosttyTerminal, VirttyScroll)"
    return union_fn("ghostty_terminal_scroll_viewport", signature)


def _colour(value: int | tuple[int, int, int] | None) -> Color | None:
    if value is None:
        return None
    return Color.from_ansi(value) if isinstance(value, int) else Color.from_rgb(*value)
