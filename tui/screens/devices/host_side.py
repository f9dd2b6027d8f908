"""What is done to devices on the host: drivers, virtual functions, networks, mediated devices."""

from __future__ import annotations

from collections.abc import Sequence

from tui.hypervisor import device_verbs as verbs
from tui.hypervisor.host import Host
from tui.model.node_devices import NodeDevice
from tui.model.passthrough import Devices
from tui.model.passthrough_xml import vf_network
from tui.model.pci import short
from tui.model.text import visible
from tui.screens.choose import Choose, Offer
from tui.screens.devices.ask_fields import Answers, AskField, AskFields
from tui.screens.devices.assign import may_take
from tui.screens.program import Program

KEPT, PASSING = "kept", "passing"
WHOLE, LISTED = "whole", "listed"


async def detach(app: Program, host: Host, devices: Devices, device: NodeDevice) -> bool:
    """Take it from the host's driver, after asking; whether it was done."""
    if not await may_take(app, devices, device, "Detach"):
        return False
    question = f"Detach {short(device.address)} from the host?"
    told = f"{visible(device.driver)} lets go of it: {visible(device.product)} is gone there."
    if functions := devices.index.virtual_functions(device):
        told += f"\nIts {len(functions)} virtual functions go away with it."
    if not await app.ask(question, told, [visible(verbs.detach_command(device))], "Detach"):
        return False
    await verbs.detach(host, device)
    return True


async def reset(app: Program, host: Host, devices: Devices, device: NodeDevice) -> bool:
    """Reset it, after asking; whether it was done."""
    if not await may_take(app, devices, device, "Reset"):
        return False
    question = f"Reset {short(device.address)}?"
    told = "It begins anew; whoever uses it on the host loses what it was doing."
    if not await app.ask(question, told, [verbs.virsh("nodedev-reset", device.name)], "Reset"):
        return False
    await verbs.reset(host, device)
    return True


async def set_functions(app: Program, host: Host, devices: Devices, device: NodeDevice) -> bool:
    """Ask for the number of virtual functions and set it; whether it was done."""
    assert device.pci is not None
    most, there = device.pci.most_virtual or 0, len(device.pci.virtual)
    used = devices.functions_in_use(device)
    forbidden = verbs.why_not_set_functions(host)

    def fault(answers: Answers) -> str:
        text = answers["count"].strip()
        if not text.isdecimal() or int(text) > most:
            return f"A number from 0 to {most}."
        if used and int(text) != there:
            return f"{used} of its functions are in use: the kernel takes all away to count anew."
        return ""

    def lines(answers: Answers) -> list[str]:
        if fault(answers):
            return []
        told = ["On the host, as root:"]
        told.append("  " + verbs.functions_command(device, int(answers["count"])))
        if there:
            told.append(f"All {there} functions that are there go first.")
            told += _left_without(devices, device, int(answers["count"]))
        if forbidden:
            told.append(f"Not from here: {forbidden}.")
        return told

    field = AskField("count", "How many", str(there or most))
    title = f"Virtual functions of {short(device.address)}, {most} at most"
    answers = await app.push_screen_wait(AskFields(title, [field], fault, lines))
    if answers is None:
        return False
    count = int(answers["count"])
    if forbidden:
        command = verbs.functions_command(device, count)
        app.say(f"{forbidden[:1].upper()}{forbidden[1:]}:\n{command}", "warning")
        return False
    if count == there:
        app.say(f"{short(device.address)} has {count} virtual functions already.")
        return False
    for function in devices.index.virtual_functions(device):
        if not await may_take(app, devices, function, "Take away"):
            return False
    await verbs.set_functions(host, device, count)
    return True


def _left_without(devices: Devices, device: NodeDevice, count: int) -> list[str]:
    """The machines that are configured with functions that a lower number does not have."""
    return [
        f"{visible(holder.machine)} is configured with {short(function.address)}, gone then."
        for function in devices.index.virtual_functions(device)[count:]
        for holder in devices.holders_of(function)
        if holder.claim.configured
    ]


async def make_network(app: Program, host: Host, devices: Devices, device: NodeDevice) -> bool:
    """Ask for a name and make a network of the card's functions; whether it was done."""
    card = devices.index.physical_function(device) or device
    title = f"A network that gives functions of {short(card.address)}"
    interfaces = [nic.address for nic in devices.index.interfaces(card)]
    functions = devices.index.virtual_functions(card)
    held = [f for f in functions if any(h.claim.configured for h in devices.holders_of(f))]
    free = [f.address for f in functions if f not in held]
    offers = _network_offers(interfaces, [short(f.address) for f in held], free)
    chosen = await app.push_screen_wait(Choose(title, offers, LISTED if held else WHOLE))
    if chosen is None:
        return False
    name = await _ask_network_name(app, host, title, f"vf-{(interfaces or ['pool'])[0]}")
    if name is None:
        return False
    xml = vf_network(name, interfaces[0]) if chosen == WHOLE else vf_network(name, addresses=free)
    await verbs.make_vf_network(host, xml)
    app.say(f"Network {visible(name)} gives functions of {short(card.address)} now.")
    return True


def _network_offers(
    interfaces: Sequence[str], held: Sequence[str], free: Sequence[str]
) -> list[Offer]:
    """The whole card by its interface, or a list of functions; ``held`` by machines or ``free``."""
    trap = f"it does not skip {', '.join(held)}, held directly" if held else ""
    return [
        Offer(
            WHOLE,
            f"All functions of {' '.join(interfaces)}",
            trap or "also those that come later",
            "" if interfaces else "the card has no interface on the host",
        ),
        Offer(
            LISTED,
            f"Only the {len(free)} free ones",
            ", ".join(map(short, free)),
            "" if free else "no function is free",
        ),
    ]


async def _ask_network_name(app: Program, host: Host, title: str, usual: str) -> str | None:
    taken = {record.name for record in host.inventory.named["network"].values()}

    def fault(answers: Answers) -> str:
        name = answers["name"].strip()
        if not name or "/" in name or any(not char.isprintable() for char in name):
            return "A network needs a name."
        return f"There is a network {visible(name)} already." if name in taken else ""

    def lines(answers: Answers) -> list[str]:
        return ["  " + visible(verbs.network_command(answers["name"].strip() or "NAME"))]

    field = AskField("name", "Name", usual)
    answers = await app.push_screen_wait(AskFields(title, [field], fault, lines))
    return None if answers is None else answers["name"].strip()


async def make_mdev(app: Program, host: Host, device: NodeDevice) -> bool:
    """Ask for a type and make a mediated device; whether it was done."""
    assert device.pci is not None
    offers = [
        Offer(
            kind.id,
            kind.name or kind.id,
            f"{kind.id}, {kind.available} more fit",
            "" if kind.available else "none fits any more",
        )
        for kind in device.pci.mdev_types
    ]
    title = f"A mediated device on {short(device.address)}"
    kind = await app.push_screen_wait(Choose(title, offers))
    if kind is None:
        return False
    how = [
        Offer(KEPT, "Keep it", "defined: it is there after the host's next boot"),
        Offer(PASSING, "Until the host's next boot", ""),
    ]
    kept = await app.push_screen_wait(Choose(title, how))
    if kept is None:
        return False
    await verbs.make_mdev(host, device, kind, keep=kept == KEPT)
    return True


async def remove_mdev(app: Program, host: Host, device: NodeDevice) -> bool:
    """Take a mediated device away, after asking; whether it was done."""
    question = f"Remove mediated device {visible(device.address)}?"
    told = "It is stopped, and its definition is forgotten."
    if not await app.ask(
        question, told, [visible(f"virsh nodedev-destroy {device.name}")], "Remove"
    ):
        return False
    await verbs.remove_mdev(host, device)
    return True
