"""What a disk stands on, in one string: a file, a device, a volume, a place on the network."""

from __future__ import annotations

from tui.model.fields import Words
from tui.model.views import Device, View

_WHERE = {"file": "file", "block": "dev", "dir": "dir", "vhostuser": "path", "vhostvdpa": "dev"}
"""The source's attribute by the disk's type."""
_STAYING = ("dir", "vhostuser", "vhostvdpa")
"""Types that another path does not change."""


class Source(Words):
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
        kind = view.get("@type")
        if value.startswith("/"):
            new = "block" if value.startswith("/dev/") else "file"
            if kind not in (new, *_STAYING):
                view.empty("source")
                view.set("@type", new)
                kind = new
            view.set(f"source/@{_WHERE[kind]}", value)
            return
        pool, _, volume = value.partition("/")
        if kind != "volume":
            view.empty("source")
            view.set("@type", "volume")
        view.set("source/@pool", pool)
        view.set("source/@volume", volume)

    def words(self, value: str) -> str:
        """As it is."""
        return value or "no medium"

    def parse(self, text: str) -> str:
        """A full path or ``pool/volume``."""
        text = super().parse(text)
        pool, _, volume = text.partition("/")
        if "://" in text:
            raise ValueError(f"{self.label}: a place on the network is edited as XML")
        if text and not text.startswith("/") and not (pool and volume):
            raise ValueError(f"{self.label}: a full path, or pool/volume")
        return text
