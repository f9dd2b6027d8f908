"""Node devices out of libvirt's ``<device>`` XML."""

from __future__ import annotations

import re
from dataclasses import replace

from lxml import etree

from tui.model import pci
from tui.model.node_devices import Link, Mdev, MdevType, Net, NodeDevice, Pci, Scsi, Storage, Usb
from tui.model.xml import parse

_BY_PATH = re.compile(r"/dev/disk/by-path/(?:\w+-)*?pci-([0-9a-f:]+\.[0-7])(?:-usb|-)")


def from_xml(text: str) -> NodeDevice:
    """Out of virNodeDeviceGetXMLDesc. Raises lxml.etree.XMLSyntaxError."""
    root = parse(text).getroot()
    name = root.findtext("name", "")
    capability = root.find("capability")
    kind = "" if capability is None else capability.get("type", "")
    plain = NodeDevice(
        name=name,
        kind=kind,
        parent=root.findtext("parent", ""),
        path=root.findtext("path", ""),
        driver=root.findtext("driver/name", ""),
    )
    if capability is None:
        return plain
    if kind == "pci":
        return replace(plain, pci=_pci(capability))
    if kind == "usb_device":
        return replace(plain, usb=_usb(capability, plain.path))
    if kind == "usb":
        numbers = [_number(capability, tag) or 0 for tag in ("class", "subclass", "protocol")]
        return replace(plain, usb_interface=(numbers[0], numbers[1], numbers[2]))
    if kind == "net":
        return replace(plain, net=_net(capability))
    if kind == "storage":
        return replace(plain, storage=_storage(root, capability))
    if kind == "scsi":
        at = [_number(capability, tag) or 0 for tag in ("host", "bus", "target", "lun")]
        detail = capability.findtext("type", "")
        return replace(plain, scsi=Scsi(*at), detail=detail)
    if kind == "scsi_host":
        wwpn = capability.findtext("capability[@type='fc_host']/wwpn", "")
        return replace(plain, wwpn=wwpn)
    if kind == "mdev":
        return replace(plain, mdev=_mdev(capability, name))
    detail = capability.findtext("product", "") or capability.findtext("type", "")
    return replace(plain, detail=detail)


def _pci(capability: etree._Element) -> Pci:
    parts = {name: capability.findtext(name, "0") for name in pci.PARTS}
    vendor, product = capability.find("vendor"), capability.find("product")
    group, numa = capability.find("iommuGroup"), capability.find("numa")
    virtual = capability.find("capability[@type='virt_functions']")
    links = {
        link.get("validity", ""): Link(link.get("speed", ""), link.get("width", ""))
        for link in capability.iterfind("pci-express/link")
    }
    most = None
    if virtual is not None:
        most = int(virtual.get("maxCount") or len(virtual))
    code = capability.findtext("class", "0x0")
    return Pci(
        address=pci.address_text(parts),
        class_code=int(code, 16) if re.fullmatch(r"0x[0-9a-fA-F]+", code) else 0,
        vendor_id=_id(vendor),
        vendor=_words(vendor),
        product_id=_id(product),
        product=_words(product),
        group=None if group is None else int(group.get("number", "0")),
        members=_addresses(group),
        numa=None if numa is None else int(numa.get("node", "0")),
        link=links.get("sta"),
        link_most=links.get("cap"),
        physical=next(iter(_addresses(capability.find("capability[@type='phys_function']"))), ""),
        virtual=_addresses(virtual),
        most_virtual=most,
        mdev_types=tuple(
            MdevType(
                kind.get("id", ""),
                kind.findtext("name", ""),
                _number(kind, "availableInstances") or 0,
            )
            for kind in capability.iterfind("capability[@type='mdev_types']/type")
        ),
    )


def _usb(capability: etree._Element, path: str) -> Usb:
    vendor, product = capability.find("vendor"), capability.find("product")
    last = path.rsplit("/", 1)[-1]
    return Usb(
        bus=_number(capability, "bus") or 0,
        device=_number(capability, "device") or 0,
        port=last if re.fullmatch(r"\d+-[\d.]+", last) else "",
        vendor_id=_id(vendor),
        vendor=_words(vendor),
        product_id=_id(product),
        product=_words(product),
    )


def _net(capability: etree._Element) -> Net:
    link = capability.find("link")
    speed = "" if link is None else link.get("speed", "")
    known = speed.isdigit() and 0 < int(speed) < 2**31
    return Net(
        interface=capability.findtext("interface", ""),
        mac=capability.findtext("address", ""),
        state="" if link is None else link.get("state", ""),
        speed=int(speed) if known else None,
    )


def _storage(root: etree._Element, capability: etree._Element) -> Storage:
    names = [node.text or "" for node in root.iterfind("devnode[@type='link']")]
    places = [found[1] for name in names if (found := _BY_PATH.match(name + "-"))]
    size = _number(capability, "size")
    if size is None:
        size = _number(capability, "capability[@type='removable']/media_size")
    return Storage(
        block=capability.findtext("block", ""),
        model=capability.findtext("model", "") or capability.findtext("vendor", ""),
        size=size,
        kind=capability.findtext("drive_type", ""),
        controller=places[0] if places else "",
    )


def _mdev(capability: etree._Element, name: str) -> Mdev:
    kind, group = capability.find("type"), capability.find("iommuGroup")
    # Before libvirt 8 the UUID is in the device's name alone.
    told = re.match(r"mdev_([0-9a-f_]{36})", name)
    return Mdev(
        type_id="" if kind is None else kind.get("id", ""),
        uuid=capability.findtext("uuid", "") or (told[1].replace("_", "-") if told else ""),
        group=None if group is None else int(group.get("number", "0")),
        parent_address=capability.findtext("parent_addr", ""),
    )


def _addresses(holder: etree._Element | None) -> tuple[str, ...]:
    found = () if holder is None else holder.iterfind("address")
    return tuple(pci.address_text(address) for address in found)


def _id(element: etree._Element | None) -> str:
    return "" if element is None else element.get("id", "")


def _words(element: etree._Element | None) -> str:
    return "" if element is None else " ".join((element.text or "").split())


def _number(element: etree._Element, path: str) -> int | None:
    text = (element.findtext(path) or "").strip()
    return int(text) if text.isdigit() else None
