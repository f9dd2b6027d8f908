"""What the host itself uses: a probe that any shell runs, and what its answer means. Pure.

The guard against cutting the branch one sits on: the card that carries the connection, the
controller below a mounted file system, the display that the host booted with, its keyboard.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

PROBE = r"""
PATH=$PATH:/usr/sbin:/sbin
echo "@ssh"; echo "$SSH_CONNECTION"
echo "@route"; cat /proc/net/route
echo "@route6"; cat /proc/net/ipv6_route
echo "@address"; ip -o addr show
echo "@net"; for d in /sys/class/net/*; do
  n=${d##*/}; echo "device $n $(readlink -f "$d/device")"
  for u in "$d"/upper_*; do [ -e "$u" ] && echo "upper $n ${u##*/upper_}"; done
done
echo "@block"; for d in /sys/class/block/*; do
  n=${d##*/}; echo "device $n $(cat "$d/dev") $(readlink -f "$d")"
  for s in "$d"/slaves/*; do [ -e "$s" ] && echo "slave $n ${s##*/}"; done
done
echo "@nvme"; for d in /sys/class/nvme-subsystem/*/nvme*; do
  [ -e "$d/device" ] && echo "$(readlink -f "${d%/*}") $(readlink -f "$d/device")"
done
echo "@mounts"; cat /proc/self/mountinfo
echo "@swaps"; cat /proc/swaps
echo "@vga"; for f in /sys/bus/pci/devices/*/boot_vga; do
  [ "$(cat "$f")" = 1 ] && f=${f%/boot_vga} && echo "${f##*/}"
done
echo "@keyboards"; cat /proc/bus/input/devices
echo "@sriov"; for f in /sys/bus/pci/devices/*/sriov_totalvfs; do
  d=${f%/*}; echo "${d##*/} $(cat "$f") $(cat "$d/sriov_numvfs")"
done
true
"""
"""Reads only. For a POSIX shell; what is missing on a host is left out of the answer."""

_PCI = re.compile(r"\b[0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]\b")
_USB = re.compile(r"/(\d+-[\d.]+)(?=/|$)")
_TAP = re.compile(r"(?:vnet|tap|macvtap)\d+")
UP = 1
"""RTF_UP"""


@dataclass(frozen=True, slots=True)
class HostUse:
    """Why devices are the host's own, by PCI address or USB port (``1-2``)."""

    known: bool = False
    """The host could be looked at; else what is not in here is not known."""
    reasons: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    functions: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """SR-IOV cards by address: how many virtual functions there can be, and are."""
    mounts: Mapping[str, str] = field(default_factory=dict)
    """Controller or USB place by mount point; several joined by a blank."""

    def pool_places(self, path: str) -> list[str]:
        """What a directory is on: the places of the mount point nearest above it."""
        best = max(
            (at for at in self.mounts if path == at or path.startswith(at.rstrip("/") + "/")),
            key=len,
            default="",
        )
        return self.mounts.get(best, "").split()


def parse_probe(text: str) -> HostUse:
    """What :data:`PROBE` printed on a Linux host."""
    parts: dict[str, list[str]] = defaultdict(list)
    section = ""
    for line in text.splitlines():
        if re.fullmatch(r"@[a-z0-9]+", line):
            section = line[1:]
        elif line.strip():
            parts[section].append(line)
    found: dict[str, list[str]] = defaultdict(list)

    def add(places: Sequence[str], reason: str) -> None:
        for place in places:
            if reason not in found[place]:
                found[place].append(reason)

    network_paths = _network_paths(parts["net"])
    for interface, reason in _network_uses(parts):
        add(_places(network_paths.get(interface, "")), f"{reason} ({interface})")
    mounts: dict[str, list[str]] = {}
    blocks = _Blocks(parts["block"], parts["nvme"])
    for number, source, point in _mounts(parts["mounts"]):
        places = blocks.places(number, source)
        mounts[point] = places
        add(places, f"{point} is mounted from it")
    for line in parts["swaps"][1:]:
        add(blocks.places("", line.split()[0]), "the host swaps to it")
    for address in parts["vga"]:
        add([address.strip()], "the host's display since boot")
    for path in _keyboards(parts["keyboards"]):
        add(_places(path), "the host's keyboard is on it")
    functions = {}
    for line in parts["sriov"]:
        address, *counts = line.split()
        if len(counts) == 2 and all(count.isdigit() for count in counts):
            functions[address] = (int(counts[0]), int(counts[1]))
    return HostUse(
        bool(parts["mounts"]),
        {place: tuple(reasons) for place, reasons in found.items()},
        functions,
        {point: " ".join(places) for point, places in mounts.items()},
    )


def _places(path: str) -> list[str]:
    """The controller that a sysfs path ends at, and the USB device where there is one."""
    found = _PCI.findall(path)
    usb = _USB.findall(path)
    return [*found[-1:], *usb[-1:]]


# -- network -------------------------------------------------------------------------------


def _network_paths(lines: Sequence[str]) -> dict[str, str]:
    words = [line.split() for line in lines]
    return {w[1]: w[2] for w in words if w[0] == "device" and len(w) > 2}


def _network_uses(parts: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, str]]:
    """Interfaces of hardware, with what they are needed for."""
    uppers: dict[str, list[str]] = defaultdict(list)
    for line in parts.get("net", ()):
        words = line.split()
        if words[0] == "upper" and len(words) == 3:
            uppers[words[1]].append(words[2])
    lowers: dict[str, list[str]] = defaultdict(list)
    for lower, above in uppers.items():
        for upper in above:
            lowers[upper].append(lower)

    def carrying(interface: str) -> Iterator[str]:
        yield interface
        for lower in lowers.get(interface, ()):
            if not _TAP.fullmatch(lower):
                yield from carrying(lower)

    used: list[tuple[str, str]] = []
    session = " ".join(parts.get("ssh", ())).split()
    for line in parts.get("address", ()):
        words = line.split()
        if len(words) > 3 and words[2] in ("inet", "inet6"):
            address = words[3].split("/")[0]
            if len(session) == 4 and address == session[2].removeprefix("::ffff:"):
                used.append((words[1].split("@")[0], "carries this SSH session"))
    for line in parts.get("route", ())[1:]:
        words = line.split()
        if len(words) > 7 and words[1] == words[7] == "00000000" and int(words[3], 16) & UP:
            used.append((words[0], "carries the default route"))
    for line in parts.get("route6", ()):
        words = line.split()
        if len(words) > 9 and set(words[0]) == {"0"} and words[1] == "00" and words[9] != "lo":
            used.append((words[9], "carries the IPv6 default route"))
    for lower, above in uppers.items():
        if _TAP.fullmatch(lower):
            used += [(upper, f"carries guests on {upper}") for upper in above]
    for lower, above in uppers.items():
        if any(upper.startswith("macvtap") for upper in above):
            used.append((lower, "carries guests by macvtap"))
    for interface, reason in dict.fromkeys(used):
        for carrier in carrying(interface):
            yield carrier, reason


# -- storage -------------------------------------------------------------------------------


class _Blocks:
    """Block devices by number and name, with what they stand on."""

    def __init__(self, lines: Sequence[str], nvme: Sequence[str]) -> None:
        self._paths: dict[str, str] = {}
        self._numbers: dict[str, str] = {}
        self._slaves: dict[str, list[str]] = defaultdict(list)
        self._controllers: dict[str, list[str]] = defaultdict(list)
        for line in lines:
            kind, name, *rest = line.split()
            if kind == "device" and len(rest) == 2:
                self._numbers[rest[0]], self._paths[name] = name, rest[1]
            elif kind == "slave" and rest:
                self._slaves[name].append(rest[0])
        for line in nvme:
            words = line.split()
            if len(words) == 2:
                self._controllers[words[0]].append(words[1])

    def places(self, number: str, source: str) -> list[str]:
        """PCI addresses and USB ports that hold a block device, by number or ``/dev`` name."""
        name = self._numbers.get(number) or source.removeprefix("/dev/")
        return list(dict.fromkeys(self._below(name, set())))

    def _below(self, name: str, seen: set[str]) -> Iterator[str]:
        if name in seen:
            return
        seen.add(name)
        for slave in self._slaves.get(name, ()):
            yield from self._below(slave, seen)
        path = self._paths.get(name, "")
        for subsystem, controllers in self._controllers.items():
            if path.startswith(subsystem + "/"):
                for controller in controllers:
                    yield from _places(controller)
        yield from _places(path)
        whole = path.rsplit("/", 2)[-2:-1]  # a partition stands on what its disk does
        if whole and whole[0] in self._paths:
            yield from self._below(whole[0], seen)


def _mounts(lines: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    """Device number, source and mount point of each line of mountinfo."""
    for line in lines:
        before, dash, after = line.partition(" - ")
        words, rest = before.split(), after.split()
        if dash and len(words) > 4 and len(rest) > 1:
            source = rest[1] if rest[1].startswith("/dev/") else ""
            if source or not words[2].startswith("0:"):
                yield words[2], source, _octal(words[4])


def _octal(text: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), text)


def _keyboards(lines: Sequence[str]) -> Iterator[str]:
    path = ""
    for line in lines:
        if line.startswith("S: Sysfs="):
            path = line.removeprefix("S: Sysfs=")
        elif line.startswith("H: Handlers=") and {"kbd", "leds"} <= set(
            line.partition("=")[2].split()
        ):  # power buttons and the like have no lights
            yield path
