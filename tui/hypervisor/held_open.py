"""A QEMU for work on the disks of a machine that is off: started paused, ended afterwards.

It is marked in its live metadata, which goes with it: where the work is cut (virtty or the host
is gone), whoever looks next can tell why the machine is paused.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import libvirt

from tui.hypervisor.block_jobs import jobs_of
from tui.hypervisor.calls import CALL_TIMEOUT
from tui.hypervisor.errors import HypervisorError
from tui.hypervisor.handles import domain_of
from tui.hypervisor.host import Host
from tui.hypervisor.lanes import Lane
from tui.hypervisor.records import HELD_OPEN, DomainRecord
from tui.model import Domain

ELEMENT, LIVE = libvirt.VIR_DOMAIN_METADATA_ELEMENT, libvirt.VIR_DOMAIN_AFFECT_LIVE


@asynccontextmanager
async def held_open(host: Host, record: DomainRecord) -> AsyncIterator[None]:
    """A QEMU for block jobs: the running one, else one started paused and ended afterwards.

    The guest does not run in it; where somebody resumes it all the same it stays. One that earlier
    work has left is taken over. Raises HypervisorError where it cannot be started.
    """
    what = f"Hold the disks of {record.name} open"

    def begin(connection: libvirt.virConnect) -> bool:
        domain = domain_of(connection, record.uuid)
        if domain.isActive():
            return _is_marked(domain)
        if domain.hasManagedSaveImage():  # starting would use it up
            raise HypervisorError(
                what,
                words="it has a saved state, which expects the disks as they are",
                advice="Start it, or discard the saved state (Ctrl+W), first.",
            )
        domain.createWithFlags(libvirt.VIR_DOMAIN_START_PAUSED)
        _mark(domain, "<held/>")
        return True

    async def end() -> None:
        with contextlib.suppress(HypervisorError):  # it, or its host, is gone
            await host.run(
                lambda connection: _end(domain_of(connection, record.uuid)),
                lane=Lane.JOB,
                what=what,
                timeout=CALL_TIMEOUT,  # the program's end waits for it
            )

    def discard(ours: bool) -> None:
        """Cancelled while it was being started: nobody else would end it."""
        if ours:
            host.spawn(end())

    ours = await host.run(begin, lane=Lane.JOB, what=what, timeout=None, discard=discard)
    try:
        yield
    finally:
        if ours:
            await end()


def _is_marked(domain: libvirt.virDomain) -> bool:
    with contextlib.suppress(libvirt.libvirtError):  # it has no such mark
        return bool(domain.metadata(ELEMENT, HELD_OPEN, LIVE))
    return False


def _mark(domain: libvirt.virDomain, element: str | None) -> None:
    with contextlib.suppress(libvirt.libvirtError):  # a driver without metadata does without
        domain.setMetadata(ELEMENT, element, "virtty", HELD_OPEN, LIVE)


def _end(domain: libvirt.virDomain) -> None:
    if domain.state()[0] != libvirt.VIR_DOMAIN_PAUSED:
        _mark(domain, None)
        return
    disks = Domain.from_xml(domain.XMLDesc(0)).disks
    if not jobs_of(domain, [disk.target for disk in disks if disk.source]):  # else another's
        domain.destroy()
