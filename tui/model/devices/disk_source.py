"""What a disk stands on, in one string: a file, a device, a volume, a place on the network."""

from __future__ import annotations

from tui.model.fields import Words
from tui.model.views import Device, View

_STAYING = {"dir": "dir", "vhostuser": "path", "vhostvdpa": "dev"}
"""Types that another path does not change, and the source's attribute for it."""


def located(text: str) -> tuple[str, dict[str, str]]:
    """A disk's type and its source's attributes: of a path, a device, ``pool/volume``.

    Raises ValueError with words for the person.
    """
    text = text.strip()
    if text.startswith("/dev/"):
        return "block", {"dev": text}
    if text.startswith("/"):
        return "file", {"file": text}
    if "://" in text:
        raise ValueError("Source: a place on the network is edited as XML")
    pool, _, volume = text.partition("/")
    if not pool or not volume:
        raise ValueError("Source: a full path, or pool/volume")
    return "volume", {"pool": pool, "volume": volume}


class DiskSource(Words):
    """A path, a device, ``pool/volume``, ``protocol://host:port/name``; empty: no medium."""

    def read(self, view: View) -> str:
        """In one string."""
        source = view.element.find("source")
        if source is None:
            return ""
        for name in ("file", "dev", "dir", "path"):
            if where := source.get(name):
                return where
        if source.get("volume"):
            return f"{source.get('pool', '')}/{source.get('volume')}"
        if source.get("protocol"):
            host = source.find("host")
            where = "" if host is None else host.get("name") or host.get("socket", "")
            port = "" if host is None else host.get("port", "")
            where = f"{where}:{port}" if port else where
            return f"{source.get('protocol')}://{where}/{source.get('name', '')}"
        assert isinstance(view, Device)
        return view.pci("source/address")  # NVMe; nothing for an empty drive

    def put(self, view: View, value: str) -> None:
        """A path; the disk's type follows it where it has to. Network sources stay as XML.

        What stood below another source is not below this one.
        """
        view.drop("backingStore")
        if not value:
            policy = view.get("source/@startupPolicy")
            view.empty("source")
            view.set("source/@startupPolicy", policy or None)  # of the drive's next medium
            return
        kind, attributes = located(value)
        present = view.get("@type")
        if present in _STAYING and kind in ("file", "block"):
            kind, attributes = present, {_STAYING[present]: value}
        if kind != present:
            view.empty("source")
            view.set("@type", kind)
        for name, text in attributes.items():
            view.set(f"source/@{name}", text)

    def words(self, value: str) -> str:
        """As it is."""
        return value or "no medium"

    def parse(self, text: str) -> str:
        """A full path or ``pool/volume``."""
        text = super().parse(text)
        if text:
            located(text)
        return text
