"""Giving a device to a machine: what speaks against it, its group, and how it is to appear."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from tui.hypervisor.host import Host
from tui.hypervisor.records import DomainRecord
from tui.hypervisor.volumes import NewVolume
from tui.model.node_devices import NodeDevice
from tui.model.passthrough import Devices
from tui.model.passthrough_xml import (
    checked_mac,
    checked_vlan,
    hostdev_of,
    pool_interface,
    usb_by_place,
    vf_interface,
)
from tui.model.pci import short
from tui.model.templates import new_mac
from tui.model.text import visible
from tui.screens.choose import Choose, Offer
from tui.screens.devices.ask_fields import Answers, AskField, AskFields
from tui.screens.devices.rows import held_words, what_words
from tui.screens.program import Program

NIC, PLAIN, IDENTITY, PLACE, POOL = "nic", "plain", "identity", "place", "pool "
ALL, DETACH, ALONE = "all", "detach", "alone"


@dataclass(frozen=True, slots=True)
class Assignment:
    """What was chosen."""

    xmls: tuple[str, ...]
    """The new devices of the machine."""
    detach: tuple[NodeDevice, ...] = ()
    """What is taken from the host's drivers when it is applied, and given to nobody."""
    volumes: tuple[NewVolume, ...] = ()
    """What is made in the host's pools when it is applied."""


async def devices_read(app: Program, host: Host) -> Devices:
    """The host's devices, read first where they are not known."""
    reader = app.fleet.devices_of(host.record.key)
    if not reader.is_read:
        with app.reading("the host's devices"):
            await reader.refresh()
    return reader.devices


async def choose_device(app: Program, devices: Devices, title: str, kind: str) -> NodeDevice | None:
    """One of the host's devices of a kind: ``pci``, ``usb_device``, ``mdev``."""
    found = [b.device for b in devices.index.tree() if b.device.kind == kind]
    offers = []
    for device in found:
        held, _style = held_words(devices, device)
        label = short(device.address)
        note = what_words(devices, device) + (f"   {held}" if held else "")
        offers.append(Offer(device.name, label, note, devices.why_not_assign(device)))
    if not offers:
        app.say("The host tells of no such device.", "warning")
        return None
    chosen = await app.push_screen_wait(Choose(title, offers))
    return None if chosen is None else devices.index.by_name[chosen]


async def choose_machine(
    app: Program, devices: Devices, device: NodeDevice, host: str
) -> DomainRecord | None:
    """A machine of the host that does not have it yet."""
    having = {holder.uuid for holder in devices.holders_of(device)}
    records = [record for record in app.fleet.domains() if record.host == host]
    offers = [
        Offer(
            record.uuid,
            record.name,
            f"{record.state.glyph} {record.state.word}",
            "it has the device already" if record.uuid in having else "",
        )
        for record in sorted(records, key=lambda record: record.name.casefold())
    ]
    title = f"Give {short(device.address)} to"
    if not offers:
        app.say("There is no machine on this host.", "warning")
        return None
    chosen = await app.push_screen_wait(Choose(title, offers))
    return next((record for record in records if record.uuid == chosen), None)


async def may_take(app: Program, devices: Devices, device: NodeDevice, verb: str) -> bool:
    """Whether it may leave the host; a guarded device only by typing its name."""
    guard = devices.guard(device)
    if not guard:
        return True
    name = short(device.address)
    title = f"{verb} {visible(name)}: refused"
    question = (
        f"{visible(guard.words[:1].upper() + guard.words[1:])}.\n"
        f"To do it nevertheless, type {visible(name)}:"
    )
    typed = await app.ask_text(title, question, "")
    if typed is None:
        return False
    if typed.strip() != name:
        app.say(f"{name} was not typed: nothing is done.", "warning")
        return False
    return True


async def ask_assignment(
    app: Program, devices: Devices, device: NodeDevice, record: DomainRecord
) -> Assignment | None:
    """All that has to be told to give the device to the machine; None when backed out."""
    if not await may_take(app, devices, device, "Give away"):
        return None
    if worries := _worries(devices, device, record.uuid):
        question = f"Configure {visible(record.name)} with it all the same?"
        if not await app.ask(question, visible("\n".join(worries), newlines=True), yes="Go on"):
            return None
    together = await _ask_group(app, devices, device, record)
    if together is None:
        return None
    taken, detached = together
    xml = await _ask_form(app, devices, device, record)
    if xml is None:
        return None
    return Assignment((xml, *(hostdev_of(other) for other in taken)), tuple(detached))


def _worries(devices: Devices, device: NodeDevice, uuid: str) -> list[str]:
    """What is worth a question before a device is given away."""
    found = []
    for member in devices.index.members(device):
        holder = devices.running_holder(member, uuid)
        if holder is not None:
            shared = "" if member is device else f" of the same group {device.group}"
            found.append(
                f"{short(member.address)}{shared} is held by {holder.machine}, which is running: "
                "only one of the two machines can run at a time."
            )
    functions = devices.index.virtual_functions(device)
    if functions:
        found.append(f"Its {len(functions)} virtual functions go away while a machine has it.")
    return found


async def _ask_group(
    app: Program, devices: Devices, device: NodeDevice, record: DomainRecord
) -> tuple[Sequence[NodeDevice], Sequence[NodeDevice]] | None:
    """The other members of its group that go with it, and those that are detached."""
    present = {
        holder.claim.place
        for holder in devices.holders
        if holder.uuid == record.uuid and holder.claim.kind == "pci"
    }
    blockers = devices.blockers(device, present)
    if not blockers:
        return (), ()
    for other in blockers:
        if not await may_take(app, devices, other, "Take the same group's"):
            return None
    giveable = [other for other in blockers if not devices.why_not_assign(other)]
    bound = [other for other in blockers if other not in giveable]
    names = " and ".join(short(other.address) for other in blockers)
    offers = [
        Offer(
            ALL,
            f"Give all {len(giveable) + 1} to the machine",
            " and ".join(short(d.address) for d in (device, *giveable)),
            "" if giveable else "the others are bridges",
        ),
        Offer(DETACH, "Only this one, detach the rest", f"the host loses {names}"),
        Offer(ALONE, "Only this one, as it is", "the machine does not start before"),
    ]
    why = devices.not_viable(device, present)
    title = f"{visible(why[:1].upper() + why[1:])}."
    chosen = await app.push_screen_wait(Choose(title, offers))
    if chosen == ALL:
        return giveable, bound
    if chosen == DETACH:
        return (), blockers
    return ((), ()) if chosen == ALONE else None


async def _ask_form(
    app: Program, devices: Devices, device: NodeDevice, record: DomainRecord
) -> str | None:
    """The device's XML: how it is to appear in the machine."""
    if device.usb is not None:
        return await _ask_usb(app, device)
    if device.pci is None or not device.is_vf or not device.pci.is_network:
        return hostdev_of(device)
    pools = devices.pools_of(device)
    offers = [
        Offer(NIC, "NIC with MAC and VLAN", "the host sets both on the card"),
        *(
            Offer(POOL + pool.name, f"NIC on network {pool.name}", "whichever function is free")
            for pool in pools
        ),
        Offer(PLAIN, "Plain PCI device", "the guest sets its own MAC"),
    ]
    chosen = await app.push_screen_wait(Choose(f"{short(device.address)} as", offers, NIC))
    if chosen is None or chosen == PLAIN:
        return None if chosen is None else hostdev_of(device)
    told = await _ask_nic(app, device)
    if told is None:
        return None
    if chosen.startswith(POOL):
        return pool_interface(chosen.removeprefix(POOL), told["mac"], told["vlan"])
    return vf_interface(device.pci.address, told["mac"], told["vlan"])


async def _ask_nic(app: Program, device: NodeDevice) -> Answers | None:
    macs = app.fleet.macs()

    def fault(answers: Answers) -> str:
        try:
            mac = checked_mac(answers["mac"])
            checked_vlan(answers["vlan"])
        except ValueError as error:
            return str(error)
        return f"{visible(macs[mac])} has this MAC address." if mac in macs else ""

    fields = (
        AskField("mac", "MAC address", new_mac(macs, random.randrange)),
        AskField("vlan", "VLAN tag", hint="none"),
    )
    return await app.push_screen_wait(AskFields(f"{short(device.address)} as NIC", fields, fault))


async def _ask_usb(app: Program, device: NodeDevice) -> str | None:
    usb = device.usb
    assert usb is not None
    offers = [
        Offer(IDENTITY, f"By identity {usb.identity}", "wherever it is plugged in"),
        Offer(
            PLACE,
            f"By place, bus {usb.bus} device {usb.device}",
            "this one of several alike, until it is unplugged",
        ),
    ]
    chosen = await app.push_screen_wait(Choose(f"Name {visible(device.product)}", offers))
    if chosen is None:
        return None
    return hostdev_of(device) if chosen == IDENTITY else usb_by_place(usb.bus, usb.device)
