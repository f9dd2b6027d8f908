"""The place of one device in the boot order."""

from __future__ import annotations

from tui.model.editing import place
from tui.model.quantities import Number
from tui.model.views import View


def _place_changed(view: View) -> None:
    """An order by kind in ``<os>``, which libvirt writes unasked, excludes one by device.

    Without a place nothing else is told of booting.
    """
    if not view.get("boot/@order"):
        view.drop("boot")
        return
    root = view.element.getroottree().getroot()
    for kind in [boot.get("dev", "") for boot in root.iterfind("os/boot")]:
        view.edits.write(root, place(f"os/boot[@dev='{kind}']"), None)


class BootPlace(Number):
    """``<boot order=…>``; with the first one by device the order by kind goes."""

    def __init__(self) -> None:
        super().__init__(
            "boot/@order", "Boot order", "1 is tried first.", least=1, also=_place_changed
        )
