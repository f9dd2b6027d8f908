"""What can be done on the Screen tab once Ctrl+] has led out of the guest."""

from __future__ import annotations

from tui.actions.base import Context, Scope, ViewAction


class _DisplayView(ViewAction):
    scopes = (Scope.DISPLAY,)


class _OfPicture(_DisplayView):
    """Needs a picture."""

    def why_not(self, context: Context) -> str:
        return super().why_not(context) or self.view(context).no_picture  # type: ignore[attr-defined]


class TypeAtScreen(_OfPicture):
    """Give the keys to the guest, as of a US keyboard; Ctrl+] comes back."""

    id = "display.type"
    key = "enter"
    name = "Type"
    method = "type_at_screen"
    in_bar = 1


class SendKeys(_DisplayView):
    """Send what a terminal keeps to itself: Ctrl+Alt+Del, Ctrl+Alt+F1, SysRq, an NMI, …"""

    id = "display.keys"
    key = "m"
    name = "Send keys"
    method = "send_keys"
    in_bar = 2


class ZoomIn(_OfPicture):
    """Show the picture larger."""

    id = "display.zoom-in"
    key = "plus,equals_sign"
    name = "Larger"
    method = "zoom_in"
    in_bar = 3


class ZoomOut(_OfPicture):
    """Show the picture smaller."""

    id = "display.zoom-out"
    key = "minus"
    name = "Smaller"
    method = "zoom_out"


class Fit(_OfPicture):
    """Show all of the picture, and text as text."""

    id = "display.fit"
    key = "0"
    name = "Fit"
    method = "fit"
    in_bar = 4


class TextOrPicture(_OfPicture):
    """Show a text screen as a picture, or as text again."""

    id = "display.text"
    key = "t"
    name = "Text/picture"
    method = "switch_text"


class PixelsOrBlocks(_OfPicture):
    """Draw the picture in blocks where the terminal has kitty or sixel graphics, or back."""

    id = "display.pixels"
    key = "g"
    name = "Pixels/blocks"
    method = "switch_pixels"

    def why_not(self, context: Context) -> str:
        return super().why_not(context) or self.view(context).no_pixels  # type: ignore[attr-defined]


class ViewerLines(_DisplayView):
    """Copy a ready-made line for a viewer on a computer with a graphical screen."""

    id = "display.viewer"
    key = "y"
    name = "Viewer lines"
    method = "copy_viewer_line"
    in_bar = 5


class SavePicture(_OfPicture):
    """Save the picture as a PNG file."""

    id = "display.save"
    key = "w"
    name = "Save picture"
    method = "save_picture"
    in_bar = 6


class PanUp(_OfPicture):
    """Look further up."""

    id = "display.up"
    key = "up"
    name = "Look up"
    method = "pan_up"


class PanDown(_OfPicture):
    """Look further down."""

    id = "display.down"
    key = "down"
    name = "Look down"
    method = "pan_down"


class PanLeft(_OfPicture):
    """Look further to the left."""

    id = "display.left"
    key = "left"
    name = "Look left"
    method = "pan_left"


class PanRight(_OfPicture):
    """Look further to the right."""

    id = "display.right"
    key = "right"
    name = "Look right"
    method = "pan_right"
