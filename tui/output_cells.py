"""What a terminal shows, what it should show, and the shortest way from one to the other.

A row is two parallel lists: the text of each cell and its *look*. The look is the text of the
SGR parameters that Textual itself would write (so the colour system is Textual's choice), with
the target of a link behind a NUL. A character of two columns is followed by a *tail*: a cell
whose text is empty. A cell that nobody has painted, or whose content on the terminal is not
known, is `None`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from operator import ne, or_

from rich.cells import split_graphemes
from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

Cells = list[str | None]
"""One row's texts, or one row's looks."""

CANVAS = "\ufdd0"
"""A blank cell that a picture is drawn over. Unicode keeps this code free for programs."""
PLACEHOLDER = "\U0010eeee"
"""A cell that shows a part of a picture, in kitty's protocol: with two combining characters."""

_TURNING = (0x61C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
"""Unicode's controls of the direction of writing: they would move cells beside their own."""
_CONTROLS = dict.fromkeys((*range(32), *range(127, 160), *_TURNING))
_FIRST_PICTOGRAPH = "\U0001f000"
_FLAG_LETTERS = frozenset(map(chr, range(0x1F1E6, 0x1F200)))
_MOVE_BYTES = 4  # what "cursor forward" costs


@dataclass(frozen=True, slots=True, eq=False)
class Drawing:
    """What is written to a terminal beside the cells, to draw a picture."""

    data: str
    columns: int = 0
    rows: int = 0
    """How many CANVAS cells it is drawn over, from the first one on; 0: it has no place."""
    farewell: str = ""
    """What is written once it is drawn no more."""


class Frame:
    """The cells of one screen: `paint` says what they should be, `render` gives the difference."""

    def __init__(self, width: int, height: int) -> None:
        self.width = width
        self.height = height
        self._wanted = [_blank_row(width) for _ in range(height)]
        self._shown = [_blank_row(width) for _ in range(height)]
        self._dirty: dict[int, int] = {}
        """By row, the update that painted it last."""
        self._found: dict[int, list[tuple[int, int]]] = {}
        """What `_runs` has found in rows that were not painted since."""
        self._update = 0
        self._drawing: Drawing | None = None
        self._undrawn = False

    @property
    def drawing(self) -> Drawing | None:
        """The picture that is drawn, or is to be."""
        return self._drawing

    @drawing.setter
    def drawing(self, drawing: Drawing | None) -> None:
        self._drawing = drawing
        self._undrawn = drawing is not None

    @property
    def dirty(self) -> bool:
        """Whether `render` may have something to write."""
        return bool(self._dirty)

    def forget(self) -> None:
        """What the terminal shows is no longer known: every painted cell is to be written."""
        self._shown = [_blank_row(self.width) for _ in range(self.height)]
        self._touch(*range(self.height))
        self._undrawn = self._drawing is not None

    def begin_update(self) -> None:
        """Rows painted from now on are newer than, and written before, those already waiting."""
        self._update += 1

    def paint(self, x: int, y: int, segments: Iterable[Segment], colors: ColorSystem) -> int:
        """Set the cells of row `y` from column `x` on; return the column after the last."""
        texts, looks = _cells(segments, colors)
        end = x + len(texts)
        if not (0 <= y < self.height and 0 <= x < self.width and texts):
            return end
        if end > self.width:
            if texts[self.width - x] == "":
                texts[self.width - x - 1] = " "
            del texts[self.width - x :], looks[self.width - x :]
        stop = x + len(texts)
        row, row_looks = self._wanted[y]
        if row[x:stop] == texts and row_looks[x:stop] == looks:
            return end
        # Half of a wide character that is painted over leaves a blank, as on a terminal.
        if row[x] == "":
            row[x - 1] = " "
        if stop < self.width and row[stop] == "":
            row[stop] = " "
        row[x:stop] = texts
        row_looks[x:stop] = looks
        self._touch(y)
        return end

    def _touch(self, *rows: int) -> None:
        """Some cells of these rows may differ from what the terminal shows."""
        for y in rows:
            self._dirty[y] = self._update
            self._found.pop(y, None)

    def render(self) -> str:
        """Return what makes the terminal show the painted cells; "" when it shows them."""
        pen = _Pen(self.width)
        for y in sorted(self._dirty, key=lambda y: (-self._dirty[y], y)):
            self._write_row(pen, y)
        return pen.finish()

    def waiting(self, *, newest: bool = False) -> int:
        """Count the cells that `render` would write, or those of the last update among them."""
        rows = (y for y, update in self._dirty.items() if not newest or update == self._update)
        return sum(stop - start for y in rows for start, stop in self._runs(y))

    def render_some(self, some: int, *, newest: bool = False) -> tuple[str, int]:
        """Like `render`, but only until `some` cells are written; returns their number as well.

        The rows waiting longest come first, or those painted last.
        """
        pen = _Pen(self.width)
        written = 0
        sign = -1 if newest else 1
        for y in sorted(self._dirty, key=lambda y: (sign * self._dirty[y], y)):
            if written >= some:
                break
            written += self._write_row(pen, y)
        return pen.finish(), written

    def render_drawing(self) -> str:
        """Return what draws the picture, and over it the cells that cover it.

        "" when it is drawn already, or while the cells that it belongs to are not written.
        """
        drawing = self._drawing
        if drawing is None or not self._undrawn or self._dirty:
            return ""
        if not drawing.rows:
            self._undrawn = False
            return drawing.data
        corner = self._canvas(drawing.columns, drawing.rows)
        if corner is None:
            return ""
        left, top = corner
        for y in range(top, top + drawing.rows):
            texts, shown = self._wanted[y][0], self._shown[y][0]
            for x in range(left, left + drawing.columns):
                if texts[x] != CANVAS:
                    shown[x] = None
                    self._touch(y)
        text = f"\x1b[{top + 1};{left + 1}H{drawing.data}{self.render()}"
        self._undrawn = False
        return text

    def _canvas(self, columns: int, rows: int) -> tuple[int, int] | None:
        """Column and row where the canvas begins; None where it is not of this size."""
        found = [y for y, (texts, _looks) in enumerate(self._wanted) if CANVAS in texts]
        if not found or found[-1] - found[0] + 1 != rows:
            return None
        lines = [self._wanted[y][0] for y in found]
        left = min(texts.index(CANVAS) for texts in lines)
        right = max(len(texts) - texts[::-1].index(CANVAS) for texts in lines)
        return (left, found[0]) if right - left == columns else None

    def _runs(self, y: int) -> list[tuple[int, int]]:
        """Where the row differs from what the terminal shows."""
        runs = self._found.get(y)
        if runs is None:
            runs = self._found[y] = list(_differences(*self._wanted[y], *self._shown[y]))
        return runs

    def _write_row(self, pen: _Pen, y: int) -> int:
        """Write what differs; return how many cells that are."""
        texts, looks = self._wanted[y]
        shown, shown_looks = self._shown[y]
        runs = self._runs(y)
        for start, stop in runs:
            pen.write(y, start, stop, texts, looks)
            shown[start:stop] = texts[start:stop]
            shown_looks[start:stop] = looks[start:stop]
            if self._drawing is not None and CANVAS in texts[start:stop]:
                self._undrawn = True
        del self._dirty[y], self._found[y]
        return sum(stop - start for start, stop in runs)


class _Pen:
    """Where the terminal's cursor is and what it writes with; collects the output."""

    def __init__(self, width: int) -> None:
        self._width = width
        self._out: list[str] = []
        self._y = -1
        self._x = -1
        self._exact = False  # whether every terminal agrees that the cursor is in column _x
        self._look: str | None = None
        self._link = ""

    def write(self, y: int, start: int, stop: int, texts: Cells, looks: Cells) -> None:
        """Write the cells from column `start` to before `stop`; none of them is unpainted."""
        self._move(y, start, texts, looks)
        x = start
        for look, same in groupby(looks[start:stop]):
            end = x + len(list(same))
            self._set_look(look or "")
            text = "".join(filter(None, texts[x:end])).replace(CANVAS, " ")
            if text.isascii():
                self._move(y, x, texts, looks)
                self._out.append(text)
                self._x = end
            else:
                self._write_wide(y, x, end, texts, looks)
            x = end
        if stop == self._width:
            self._x = -1  # terminals differ in where the cursor stays

    def finish(self) -> str:
        """Leave the terminal with default colours and no link; return the output."""
        if self._link:
            self._out.append("\x1b]8;;\x1b\\")
        if self._look:
            self._out.append("\x1b[m")
        return "".join(self._out)

    def _write_wide(self, y: int, start: int, stop: int, texts: Cells, looks: Cells) -> None:
        for x in range(start, stop):
            text = " " if texts[x] == CANVAS else texts[x]
            if not text:
                continue
            self._move(y, x, texts, looks)
            width = 2 if x + 1 < len(texts) and texts[x + 1] == "" else 1
            if _is_doubtful(text):
                # Blanks first: a terminal that draws it narrower would leave the old cell.
                self._out.append(f"{' ' * width}\x1b[{y + 1};{x + 1}H{text}")
                self._x = -1
            else:
                self._out.append(text)
                self._x = x + width
                self._exact &= width == 1

    def _move(self, y: int, x: int, texts: Cells, looks: Cells) -> None:
        gap = x - self._x
        if y != self._y or self._x < 0 or gap < 0 or (gap and not self._exact):
            self._out.append(f"\x1b[{y + 1};{x + 1}H" if x else f"\x1b[{y + 1}H")
            self._exact = True
        elif gap:
            between = "".join(text or "\0" for text in texts[self._x : x])
            if (
                gap <= _MOVE_BYTES
                and all(look == self._look for look in looks[self._x : x])
                and between.isascii()
                and between.isprintable()
            ):
                self._out.append(between)
            else:
                self._out.append(f"\x1b[{gap}C" if gap > 1 else "\x1b[C")
        self._x, self._y = x, y

    def _set_look(self, look: str) -> None:
        if look == self._look:
            return
        sgr, _, link = look.partition("\0")
        if link != self._link:
            self._out.append(f"\x1b]8;;{link}\x1b\\")
            self._link = link
        if self._look is None:
            self._out.append(f"\x1b[0;{sgr}m" if sgr else "\x1b[m")
        else:
            self._out.append(_transition(self._look.partition("\0")[0], sgr))
        self._look = look


def _differences(
    texts: Cells, looks: Cells, shown: Cells, shown_looks: Cells
) -> Iterator[tuple[int, int]]:
    """Yield the runs (start, stop) of painted cells that the terminal does not show."""
    if texts == shown and looks == shown_looks:
        return
    # Cells that nobody has painted are not shown either: they are equal.
    changed = bytes(map(or_, map(ne, texts, shown), map(ne, looks, shown_looks)))
    start = changed.find(1)
    while start >= 0:
        stop = changed.find(0, start)
        if stop < 0:
            stop = len(texts)
        while texts[start] == "":
            start -= 1
        while stop < len(texts) and texts[stop] == "":
            stop += 1
        if any(_is_doubtful(text) for text in texts[start:stop] if text):
            # Where it is drawn wider than Textual believes it spoils what stands after it.
            stop = next((x for x in range(stop, len(texts)) if texts[x] is None), len(texts))
        yield start, stop
        start = changed.find(1, stop)


def _cells(segments: Iterable[Segment], colors: ColorSystem) -> tuple[Cells, Cells]:
    """Spread `segments` over cells: the texts and the looks.

    Control characters are dropped, as Textual gave them no room: what a guest or a host sends
    never reaches the terminal as an escape.
    """
    texts: Cells = []
    looks: Cells = []
    for text, style, control in segments:
        if control or not text:
            continue
        look = _look(style, colors)
        if text.isascii() and text.isprintable():
            texts += text
            looks += [look] * len(text)
            continue
        spans, _ = split_graphemes(text)  # the clusters that Textual measures with
        for start, stop, width in spans:
            cluster = text[start:stop].translate(_CONTROLS)
            if width == 0 or _completes_flag(texts, cluster):
                _join(texts, cluster)
            else:
                texts.append(cluster or " ")
                width -= 1
            texts += [""] * width
            looks += [look] * (len(texts) - len(looks))
    return texts, looks


def _join(texts: Cells, cluster: str) -> None:
    """Add a cluster without a cell of its own to the character before it, if there is one."""
    for x in range(len(texts) - 1, -1, -1):
        if text := texts[x]:
            texts[x] = text + cluster
            return


def _completes_flag(texts: Cells, cluster: str) -> bool:
    """Whether the last cell and `cluster` are two letters that make one flag."""
    return bool(texts) and texts[-1] in _FLAG_LETTERS and cluster in _FLAG_LETTERS


def _look(style: Style | None, colors: ColorSystem) -> str:
    if style is None:
        return ""
    look = style._ansi
    if look is None:
        look = Strip.render_ansi(style, colors)
    if style._link and style._link.isprintable():
        return f"{look}\0{style._link}"
    return look


def _is_doubtful(text: str) -> bool:
    """Whether terminals disagree on how many columns the character `text` takes."""
    return (len(text) > 1 or text >= _FIRST_PICTOGRAPH) and text[0] != PLACEHOLDER


@lru_cache(maxsize=4096)
def _transition(old: str, new: str) -> str:
    """Return the shortest SGR sequence from one look to another."""
    old_parts, new_parts = _parts(old), _parts(new)
    if not new_parts:
        return "\x1b[m"
    if old_parts.keys() <= new_parts.keys():
        added = [code for slot, code in new_parts.items() if old_parts.get(slot) != code]
        return f"\x1b[{';'.join(added)}m" if added else ""
    return f"\x1b[0;{';'.join(new_parts.values())}m"


@lru_cache(maxsize=4096)
def _parts(sgr: str) -> dict[str, str]:
    """Split SGR parameters by what they set: "fg", "bg", or an attribute (its own code)."""
    parts: dict[str, str] = {}
    codes = iter(sgr.split(";") if sgr else ())
    for code in codes:
        number = int(code)
        if number in (38, 48):
            kind = next(codes)
            count = 3 if kind == "2" else 1
            value = ";".join((code, kind, *(next(codes) for _ in range(count))))
            parts["fg" if number == 38 else "bg"] = value
        elif 30 <= number <= 37 or 90 <= number <= 97:
            parts["fg"] = code
        elif 40 <= number <= 47 or 100 <= number <= 107:
            parts["bg"] = code
        elif number not in (39, 49):  # the defaults, as after a reset
            parts[code] = code
    return parts


def _blank_row(width: int) -> tuple[Cells, Cells]:
    return [None] * width, [None] * width
