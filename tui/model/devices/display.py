"""What a person sees, hears and types on: graphics, video, sound, input."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tui.model import told
from tui.model.fields import Call, Choice, Option, Text
from tui.model.quantities import Number
from tui.model.surroundings import Surroundings
from tui.model.views import Device, View


class _Listen(Text):
    """``<listen type='address' address=…>``, and the attribute that libvirt copies it to."""

    def read(self, view: View) -> str:
        """Address, socket or network; empty where the hypervisor chooses."""
        for path in ("listen/@address", "listen/@socket", "listen/@network", "@listen", "@socket"):
            if value := view.get(path):
                return value
        return ""

    def put(self, view: View, value: str) -> None:
        """An address, or a socket's path."""
        path = value.startswith("/")
        # A socket has no port.
        for gone in ("@listen", "@socket", *(("@autoport", "@port") if path else ())):
            view.set(gone, None)
        if not value:
            view.drop_all("listen")
            return
        view.set("listen/@type", "socket" if path else "address")
        view.set("listen/@network", None)
        view.set("listen/@socket", value if path else None)
        view.set("listen/@address", None if path else value)
        if not path:
            view.set("@listen", value)


def _network_only(view: Any) -> str:
    return "" if view.type in ("vnc", "spice", "rdp") else "not for this kind of display"


def _spice_only(view: Any) -> str:
    return "" if view.type == "spice" else "only for SPICE"


def _gl_only(view: Any) -> str:
    found = ("spice", "sdl", "egl-headless", "dbus")
    return "" if view.type in found else "not for this kind of display"


def _spice_or_vnc_password(view: Any) -> str:
    return _network_only(view) or ("" if view.password else "there is no password")


def _connected(view: View, _surroundings: Surroundings) -> Sequence[Option]:
    """What may become of the one who looks; with VNC they stay."""
    why_not = "only for SPICE" if view.get("@type") == "vnc" else ""
    return [
        Option("fail", "fail", "the change is refused while somebody looks", why_not),
        Option("disconnect", "disconnect", "is thrown out", why_not),
        Option("keep", "keep", "stays"),
    ]


def _why_not_password(now: Graphics, wanted: Graphics) -> str:
    """QEMU decides at start whether a display asks for one."""
    if not now.password:
        return "it runs without a password; only another one is taken at once"
    return "" if wanted.password else "it runs with a password, and asks until it ends"


class Graphics(Device):
    """``<graphics>``."""

    tag = "graphics"
    title = "Display"

    type = Choice(
        "@type",
        "Kind",
        "How one looks at the machine's screen.",
        values=("vnc", "spice", "rdp", "sdl", "egl-headless", "dbus"),
        told=told.enum("devices/graphics", "type"),
        default=None,
        also=lambda view: _kind_changed(view),
    )
    listen = _Listen(
        "listen",
        "Listen on",
        "127.0.0.1 for this host only, 0.0.0.0 for all; or a socket's path.",
        pattern=r"/.+|[0-9A-Za-z.:%-]+",
        expected="an address, a host's name, or a socket's path",
        unless=_network_only,
    )
    autoport = Choice(
        "@autoport",
        "Port by itself",
        "libvirt picks a free port at start.",
        values=("yes", "no"),
        unless=_network_only,
        also=lambda view: _drop_free_port(view),
    )
    port = Text(
        "@port",
        "Port",
        "A fixed port; -1 for one that libvirt picks.",
        pattern=r"-1|\d{1,5}",
        expected="a port, or -1",
        volatile=True,
        unless=lambda view: (
            _network_only(view) or ("libvirt picks it" if view.autoport == "yes" else "")
        ),
    )
    password = Text(
        "@passwd",
        "Password",
        "Asked of whoever looks; VNC takes 8 characters at most.",
        secret=True,
        volatile=True,
        live=Call.UPDATE_DEVICE,
        live_unless=lambda now, wanted: _why_not_password(now, wanted),
        unless=_network_only,
    )
    keymap = Text("@keymap", "Keymap", "Only for clients that send characters.")
    gl = Choice(
        "gl/@enable",
        "OpenGL",
        "3D by the host's graphics card.",
        values=("yes", "no"),
        unless=lambda view: _gl_only(view),
    )
    render_node = Text(
        "gl/@rendernode",
        "Render node",
        "The host's graphics card for it: /dev/dri/renderD128.",
        unless=lambda view: _gl_only(view) or ("" if view.gl == "yes" else "OpenGL is off"),
    )
    connected = Choice(
        "@connected",
        "Who is connected",
        "What happens to the one who looks when the password changes.",
        told=_connected,
        live=Call.UPDATE_DEVICE,
        unless=lambda view: _spice_or_vnc_password(view),
    )
    expiry = Text(
        "@passwdValidTo",
        "Password until",
        "Nobody can connect later: 2030-01-31T12:00:00, in UTC.",
        pattern=r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d",
        expected="a time such as 2030-01-31T12:00:00",
        live=Call.UPDATE_DEVICE,
        unless=lambda view: _spice_or_vnc_password(view),
    )
    websocket = Text(
        "@websocket",
        "WebSocket",
        "A port for viewers in a browser; -1 for one that libvirt picks.",
        pattern=r"-1|\d{1,5}",
        expected="a port, or -1",
        volatile=True,
        unless=lambda view: "" if view.type == "vnc" else "only for VNC",
    )
    share = Choice(
        "@sharePolicy",
        "Sharing",
        "Whether several may look at once.",
        values={
            "allow-exclusive": "one may ask to be alone",
            "force-shared": "always several",
            "ignore": "as it comes",
        },
        unless=lambda view: "" if view.type == "vnc" else "only for VNC",
    )
    tls_port = Text(
        "@tlsPort",
        "TLS port",
        "A port for encrypted viewers; -1 for one that libvirt picks.",
        pattern=r"-1|\d{1,5}",
        expected="a port, or -1",
        volatile=True,
        unless=lambda view: _spice_only(view),
    )
    channel_mode = Choice(
        "@defaultMode",
        "Encryption",
        "Whether viewers must encrypt.",
        values={"any": "as they like", "secure": "always", "insecure": "never"},
        unless=lambda view: _spice_only(view),
    )
    clipboard = Choice(
        "clipboard/@copypaste",
        "Clipboard",
        "Shared with the viewer.",
        values=("yes", "no"),
        unless=lambda view: _spice_only(view),
    )
    file_transfer = Choice(
        "filetransfer/@enable",
        "File transfer",
        "Files dropped on the viewer go to the guest.",
        values=("yes", "no"),
        unless=lambda view: _spice_only(view),
    )
    mouse_mode = Choice(
        "mouse/@mode",
        "Mouse",
        "Whose pointer is shown.",
        values={"client": "the viewer's", "server": "the guest's"},
        unless=lambda view: _spice_only(view),
    )
    image_compression = Choice(
        "image/@compression",
        "Image compression",
        "Saves network, costs processor.",
        values=("auto_glz", "auto_lz", "quic", "glz", "lz", "off"),
        unless=lambda view: _spice_only(view),
    )
    streaming = Choice(
        "streaming/@mode",
        "Video streaming",
        "Moving pictures are sent as video.",
        values=("filter", "all", "off"),
        unless=lambda view: _spice_only(view),
    )

    @property
    def identity(self) -> str:
        """Its kind: there is at most one of each."""
        return self.type

    @property
    def likeness(self) -> str:
        """Any other is the same with another kind."""
        return "graphics"

    @property
    def label(self) -> str:
        """``Display VNC``."""
        return f"Display {self.type.upper()}{self._number}"

    @property
    def summary(self) -> str:
        """Where it listens."""
        port = f":{self.port}" if self.port not in ("", "-1") else ""
        return f"{self.listen or 'not listening'}{port}"


def _drop_free_port(view: Graphics) -> None:
    """-1 is for a port that libvirt picks."""
    if view.autoport == "no" and view.port == "-1":
        view.set("@port", None)


def _kind_changed(view: Graphics) -> None:
    """A port that libvirt picks, and SPICE's channels, mean nothing to another kind."""
    if view.port == "-1" or _network_only(view):
        view.set("@port", None)
    if _spice_only(view):
        view.drop_all("channel")


def _any_size(view: Video) -> str:
    return "" if view.model in ("vga", "qxl", "virtio", "bochs") else f"not for {view.model}"


class Video(Device):
    """``<video>``."""

    tag = "video"
    title = "Video"

    model = Choice(
        "model/@type",
        "Model",
        "The graphics card that the guest sees.",
        values=("virtio", "vga", "qxl", "bochs", "cirrus", "ramfb", "none"),
        told=told.enum("devices/video", "modelType"),
        default=None,
        also=lambda view: _model_changed(view),
    )
    heads = Number(
        "model/@heads",
        "Heads",
        "Screens.",
        least=1,
        most=16,
        unless=lambda view: "" if view.model in ("virtio", "qxl") else f"{view.model} has one",
    )
    vram = Number("model/@vram", "Video memory", "Of its own.", least=1024, unit="KiB")
    vgamem = Number(
        "model/@vgamem",
        "Frame buffer",
        "Of the video memory, for one screen.",
        unit="KiB",
        unless=lambda view: "" if view.model == "qxl" else "only for QXL",
    )
    ram = Number(
        "model/@ram",
        "QXL memory",
        "For commands of the guest's driver.",
        unit="KiB",
        unless=lambda view: "" if view.model == "qxl" else "only for QXL",
    )
    width = Number(
        "model/resolution/@x",
        "Width",
        "Of the screen at start.",
        least=1,
        unit="pixels",
        unless=_any_size,
    )
    height = Number(
        "model/resolution/@y",
        "Height",
        "Of the screen at start.",
        least=1,
        unit="pixels",
        unless=_any_size,
    )
    primary = Choice(
        "model/@primary", "Primary", "The guest boots on this one.", values=("yes", "no")
    )
    blob = Choice(
        "model/@blob",
        "Blob resources",
        "Fewer copies; needs shared memory.",
        values=("on", "off"),
        unless=lambda view: "" if view.model == "virtio" else "only for virtio",
    )
    acceleration = Choice(
        "model/acceleration/@accel3d",
        "3D acceleration",
        "By the host's graphics card.",
        values=("yes", "no"),
        unless=lambda view: "" if view.model == "virtio" else "only for virtio",
    )

    @property
    def summary(self) -> str:
        """Its model."""
        return self.model


def _model_changed(view: Any) -> None:
    """Memory sizes of one model mean nothing to another."""
    view.forget_address()
    for name in ("ram", "vram", "vram64", "vgamem"):
        view.set(f"model/@{name}", None)
    if view.model not in ("virtio", "qxl"):
        view.set("model/@heads", None)
    if _any_size(view):
        view.drop("model/resolution")
    if view.model == "none":
        view.set("model/@primary", None)


class Sound(Device):
    """``<sound>``."""

    tag = "sound"
    title = "Sound"

    model = Choice(
        "@model",
        "Model",
        "The sound card that the guest sees.",
        values={
            "ich9": "Intel HDA",
            "ich6": "Intel HDA of older boards",
            "ac97": "",
            "usb": "",
            "virtio": "since libvirt 10.4",
            "es1370": "",
            "sb16": "",
        },
        told=told.enum("devices/sound", "model"),
        default=None,
        also=lambda view: view.forget_address(),
    )

    codec = Choice(
        "codec/@type",
        "Codec",
        "Speaker and microphone, or a line.",
        values=("duplex", "micro", "output"),
        unless=lambda view: "" if view.model in ("ich6", "ich9") else "only for Intel HDA",
    )
    audio = Number("audio/@id", "Audio backend", "By its number.", least=1)

    @property
    def summary(self) -> str:
        """Its model."""
        return self.model


class Audio(Device):
    """``<audio>``: the host's end of sound."""

    tag = "audio"
    title = "Audio backend"

    id = Number("@id", "Number", "What sound cards refer to.", shown_only=True)
    type = Choice(
        "@type",
        "Kind",
        "Where sound goes on the host.",
        values={
            "none": "nowhere",
            "alsa": "",
            "pulseaudio": "",
            "pipewire": "since libvirt 9.10",
            "spice": "to the viewer",
            "sdl": "",
            "jack": "",
            "oss": "",
            "file": "",
        },
        default=None,
    )

    @property
    def summary(self) -> str:
        """Its kind."""
        return self.type


class Input(Device):
    """``<input>``."""

    tag = "input"
    title = "Input"

    type = Choice(
        "@type",
        "Kind",
        "A tablet keeps the pointer where it is.",
        values=("tablet", "mouse", "keyboard"),
        default=None,
        shown_only=True,
    )
    bus = Choice(
        "@bus",
        "Bus",
        "How it is attached.",
        values=("usb", "virtio", "ps2"),
        default=None,
        shown_only=True,
    )

    source = Text("source/@dev", "Host device", "An input device of the host.", shown_only=True)

    @property
    def removable(self) -> bool:
        """libvirt puts the PS/2 ones back at once."""
        return self.bus != "ps2"

    @property
    def identity(self) -> str:
        """Kind and bus."""
        return f"{self.type} {self.bus}"

    @property
    def summary(self) -> str:
        """Where PS/2 comes from."""
        return "part of every PC" if self.bus == "ps2" else ""

    def why_not_hotplug(self) -> str:
        """On USB and virtio they can be plugged into a running machine."""
        return "PS/2 devices cannot be plugged" if self.bus == "ps2" else ""
