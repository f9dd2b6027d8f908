"""What there is to know of the device under the cursor. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from textual.content import Content

from tui.model import units
from tui.model.device_claims import Holder
from tui.model.node_devices import NodeDevice
from tui.model.passthrough import Devices, iommu_advice
from tui.model.pci import class_words, short
from tui.model.text import visible
from tui.screens.devices.rows import troubles
from tui.widgets.cells import TextPart


def device_details(devices: Devices, device: NodeDevice) -> Content:
    """Identity, holders, what speaks against giving it away, place: first what matters most."""
    lines: list[Content] = [_identity(device)]
    lines += _held(devices, device)
    lines += _against(devices, device)
    lines += _place(devices, device)
    lines += _functions(devices, device)
    lines += _mediated(devices, device)
    return Content("\n").join(lines)


def _line(label: str, *parts: TextPart) -> Content:
    return Content.assemble((f"{label:<9}", "$quiet"), *parts)


def _identity(device: NodeDevice) -> Content:
    parts: list[TextPart] = [(visible(device.address), "bold $text-primary")]
    if device.pci is not None:
        ids = f"{device.pci.vendor_id}:{device.pci.product_id}".replace("0x", "")
        words = f"  {class_words(device.pci.class_code)}  {visible(device.product)}"
        parts += [words, (f"  [{ids}]", "$quiet")]
    elif device.usb is not None:
        usb = device.usb
        parts += [f"  {visible(device.product)}", (f"  [{usb.identity}]", "$quiet")]
        parts.append((f"  bus {usb.bus} device {usb.device}", "$quiet"))
    elif device.storage is not None:
        size = units.size(device.storage.size) if device.storage.size else ""
        parts.append(f"  {visible(device.storage.model)}  {size}")
    elif device.net is not None:
        parts.append(f"  {device.net.mac}  link {device.net.state}")
    parts.append((f"  {visible(device.name)}", "$quiet"))
    return Content.assemble(*parts)


def _place(devices: Devices, device: NodeDevice) -> list[Content]:
    """Driver, group, NUMA node and link."""
    driver = device.driver or "no driver"
    parts: list[TextPart] = [visible(driver)]
    if device.is_for_guests:
        parts.append((", kept for machines", "$text-success"))
    if device.pci is None:
        return [_line("driver", *parts)] if device.driver else []
    if device.pci.numa is not None:
        parts.append(f"   NUMA node {device.pci.numa}")
    now, most = device.pci.link, device.pci.link_most
    if now is not None:
        parts.append(f"   link {now.words}")
        if most is not None and most.words != now.words:
            parts.append((f" of {most.words}", "$text-warning"))
    for nic in devices.index.interfaces(device):
        if nic.net is not None:
            speed = f" {nic.net.speed} Mbit/s" if nic.net.speed else ""
            parts.append(f"   {visible(nic.net.interface)} {nic.net.state}{speed} {nic.net.mac}")
    lines = [_line("driver", *parts)]
    members = devices.index.members(device)
    if device.group is not None and len(members) > 1:
        told = ", ".join(
            f"{short(m.address)} {m.driver or ('bridge' if _bridge(m) else 'no driver')}"
            for m in members
        )
        lines.append(_line("group", f"{device.group}: {visible(told)}"))
    elif device.group is not None:
        lines.append(_line("group", f"{device.group}, alone in it"))
    return lines


def _bridge(device: NodeDevice) -> bool:
    return device.pci is not None and device.pci.is_bridge


def _functions(devices: Devices, device: NodeDevice) -> list[Content]:
    """SR-IOV: a card's functions, a function's card."""
    card = devices.index.physical_function(device)
    if card is not None:
        names = [nic.address for nic in devices.index.interfaces(card)]
        pools = "".join(f"   given by network {pool.name}" for pool in devices.pools_of(device))
        return [_line("function", visible(f"of {short(card.address)} {' '.join(names)}{pools}"))]
    if device.pci is None:
        return []
    if device.pci.most_virtual is not None:
        there, used = len(device.pci.virtual), devices.functions_in_use(device)
        told = f"{there} of {device.pci.most_virtual} virtual functions, {used} in use"
        pools = "".join(f"   network {pool.name} gives them" for pool in devices.pools_of(device))
        return [_line("SR-IOV", visible(told + pools))]
    if device.pci.is_network and device.pci.link is not None:
        told = "no virtual functions: the card has none, or SR-IOV is off in the firmware"
        return [_line("SR-IOV", (told, "$quiet"))]
    return []


def _mediated(devices: Devices, device: NodeDevice) -> list[Content]:
    if device.mdev is not None:
        state = "started" if device.active else "not started"
        kept = "defined" if device.persistent else "gone with the host's next boot"
        auto = ", started with the host" if device.autostart else ""
        return [_line("mediated", f"{visible(device.mdev.type_id)}, {state}, {kept}{auto}")]
    if device.pci is None or not device.pci.mdev_types:
        return []
    there = sum(child.mdev is not None for child in devices.index.children(device))
    kinds = ", ".join(
        f"{kind.name or kind.id} ({kind.available} more fit)" for kind in device.pci.mdev_types
    )
    return [_line("mediated", visible(f"{there} there; {kinds}"))]


def _held(devices: Devices, device: NodeDevice) -> list[Content]:
    holders = devices.holders_of(device)
    if not holders:
        return []
    return [_line("held by", visible(", ".join(map(_holder, holders))))]


def _holder(holder: Holder) -> str:
    claim = holder.claim
    parts = [holder.words]
    if claim.mac:
        parts.append(f"MAC {claim.mac}")
    if claim.vlan:
        parts.append(f"VLAN {claim.vlan}")
    if claim.network:
        parts.append(f"from network {claim.network}")
    return " ".join(parts)


def _against(devices: Devices, device: NodeDevice) -> list[Content]:
    lines = [_warning("!", words) for words in troubles(devices, device)]
    refusal = devices.why_not_assign(device)
    if refusal:
        lines.append(_line("assign", (visible(refusal), "$quiet")))
        return lines
    guard = devices.guard(device)
    if guard:
        lines.append(_warning("guarded", guard.words))
    if words := devices.not_viable(device):
        lines.append(_warning("group", words))
    return lines


def _warning(label: str, words: str) -> Content:
    return _line(label, (visible(words), "$text-warning"))


def note(read: Iterable[Devices]) -> str:
    """What keeps a whole host from giving devices away, and the way out; mostly empty."""
    for devices in read:
        if devices.index.by_pci and not devices.index.has_iommu:
            advice = iommu_advice(devices.cpu_vendor)
            return f"No IOMMU: PCI devices cannot be given to machines. {advice}"
    return ""
