"""The verbs of a machine's life: start, stop, pause, save and what goes with them.

Each takes a host and the record of a domain on it, makes the change, and returns when
libvirt has accepted it; the new state comes by libvirt's event. Each raises HypervisorError.
"""

from __future__ import annotations

import asyncio

import libvirt

from tui.hypervisor.change import change_domain, virsh
from tui.hypervisor.errors import GoneError, HypervisorError
from tui.hypervisor.host import Host
from tui.hypervisor.records import DomainRecord
from tui.model.states import DomainState
from tui.model.text import visible


async def start(host: Host, domain: DomainRecord, *, paused: bool = False) -> None:
    """Start, restore from the managed save, resume or wake, whichever the state asks for."""
    if domain.state.can_resume and not paused:
        await resume(host, domain)
        return
    flags = libvirt.VIR_DOMAIN_START_PAUSED if paused else 0
    restoring = domain.managed_save and not paused
    await change_domain(
        host,
        domain,
        "restore" if restoring else "start",
        virsh("start --paused" if paused else "start", domain.name),
        lambda handle: handle.createWithFlags(flags),
        transition="restoring" if restoring else "starting",
    )


async def resume(host: Host, domain: DomainRecord) -> None:
    """Let a paused or guest-suspended domain go on (virDomainResume, virDomainPMWakeup)."""
    if domain.state is DomainState.PMSUSPENDED:
        await change_domain(
            host,
            domain,
            "wake up",
            virsh("dompmwakeup", domain.name),
            lambda handle: handle.pMWakeup(0),
            transition="waking up",
        )
        return
    await change_domain(
        host,
        domain,
        "resume",
        virsh("resume", domain.name),
        lambda handle: handle.resume(),
        transition="resuming",
    )


async def pause(host: Host, domain: DomainRecord) -> None:
    """Stop its virtual CPUs, memory kept (virDomainSuspend)."""
    await change_domain(
        host,
        domain,
        "pause",
        virsh("suspend", domain.name),
        lambda handle: handle.suspend(),
        transition="pausing",
    )


async def shut_down(host: Host, domain: DomainRecord) -> None:
    """Ask the guest to power off: by its agent, else by the ACPI button.

    Returns when the request is made; the guest may take its time, or ignore it.
    """

    def ask(handle: libvirt.virDomain) -> None:
        try:
            handle.shutdownFlags(libvirt.VIR_DOMAIN_SHUTDOWN_GUEST_AGENT)
        except libvirt.libvirtError:  # no agent, or a driver without it: its own default
            handle.shutdown()

    await change_domain(
        host, domain, "shut down", virsh("shutdown", domain.name), ask, transition="stopping"
    )


async def reboot(host: Host, domain: DomainRecord) -> None:
    """Ask the guest to restart (virDomainReboot)."""
    await change_domain(
        host,
        domain,
        "reboot",
        virsh("reboot", domain.name),
        lambda handle: handle.reboot(0),
        transition="rebooting",
    )


RESTART_PATIENCE = 120.0
"""Seconds that a guest has to shut down before a restart is given up."""
LOOK_EVERY = 0.1
"""Seconds between two looks whether it is off."""


async def restart(host: Host, domain: DomainRecord) -> None:
    """Shut down, wait until it is off, start: what is stored for the next boot takes effect.

    A reboot keeps QEMU and what it was started with. Raises HypervisorError when the guest
    does not shut down within RESTART_PATIENCE, GoneError when it is no more afterwards.
    """
    what = f"Restart {domain.name}"

    def is_off() -> bool:
        now = host.inventory.domains.get(domain.uuid)
        return now is None or now.state is DomainState.SHUTOFF

    await shut_down(host, domain)
    try:
        async with asyncio.timeout(RESTART_PATIENCE):
            # By the record: no event tells of what happened while the connection was lost.
            while not is_off():  # noqa: ASYNC110
                await asyncio.sleep(LOOK_EVERY)
    except TimeoutError:
        raise HypervisorError(
            what,
            words=f"the guest has not shut down within {RESTART_PATIENCE:.0f} s",
            advice="Force it off, or shut it down from inside; then start it.",
        ) from None
    stopped = host.inventory.domains.get(domain.uuid)
    if stopped is None:
        raise GoneError(what, words="it was gone once it had shut down: it is not defined")
    await start(host, stopped)


async def reset(host: Host, domain: DomainRecord) -> None:
    """Press the reset button: no shutdown in the guest (virDomainReset)."""
    await change_domain(
        host, domain, "reset", virsh("reset", domain.name), lambda handle: handle.reset(0)
    )


async def force_off(host: Host, domain: DomainRecord) -> None:
    """Pull the plug (virDomainDestroy); the definition stays."""
    await change_domain(
        host,
        domain,
        "force off",
        virsh("destroy", domain.name),
        lambda handle: handle.destroy(),
        transition="powering off",
    )


async def save(host: Host, domain: DomainRecord) -> None:
    """Save memory to disk and stop; the next start restores it (virDomainManagedSave)."""
    await change_domain(
        host,
        domain,
        "save",
        virsh("managedsave", domain.name),
        lambda handle: handle.managedSave(0),
        transition="saving",
    )


async def discard_saved_state(host: Host, domain: DomainRecord) -> None:
    """Delete the managed save: the next start boots afresh."""
    await change_domain(
        host,
        domain,
        "discard the saved state of",
        virsh("managedsave-remove", domain.name),
        lambda handle: handle.managedSaveRemove(0),
    )


async def set_autostart(host: Host, domain: DomainRecord, enabled: bool) -> None:
    """Have it started with the host, or not (virDomainSetAutostart)."""
    await change_domain(
        host,
        domain,
        "turn autostart on for" if enabled else "turn autostart off for",
        virsh("autostart" if enabled else "autostart --disable", domain.name),
        lambda handle: handle.setAutostart(int(enabled)),
    )


async def rename(host: Host, domain: DomainRecord, name: str) -> None:
    """Give a shut-off domain another name (virDomainRename), unless somebody else just has.

    Asked of libvirt itself: the inventory may not have heard of our own last renaming yet.
    """

    def rename_unless_renamed(handle: libvirt.virDomain) -> None:
        found = handle.connect().lookupByUUIDString(domain.uuid).name()
        if found != domain.name:
            words = f"it has been renamed to {visible(found)} meanwhile"
            raise HypervisorError(f"Rename {visible(domain.name)}", words=words)
        handle.rename(name, 0)

    await change_domain(
        host, domain, "rename", virsh("domrename", domain.name, name), rename_unless_renamed
    )


async def set_text(host: Host, domain: DomainRecord, kind: str, text: str) -> None:
    """Set ``kind`` ("title" or "description"), live where active and in the definition.

    virDomainSetMetadata; an empty text removes the element.
    """
    types = {
        "title": libvirt.VIR_DOMAIN_METADATA_TITLE,
        "description": libvirt.VIR_DOMAIN_METADATA_DESCRIPTION,
    }
    flags = libvirt.VIR_DOMAIN_AFFECT_CURRENT
    options = []
    if domain.persistent:
        flags |= libvirt.VIR_DOMAIN_AFFECT_CONFIG
        options.append("--config")
    if domain.state.is_active:
        flags |= libvirt.VIR_DOMAIN_AFFECT_LIVE
        options.append("--live")
    if kind == "title":
        options.append("--title")
    await change_domain(
        host,
        domain,
        f"change the {kind} of",
        virsh("desc", domain.name, *options, text),
        lambda handle: handle.setMetadata(types[kind], text or None, None, None, flags),
    )
