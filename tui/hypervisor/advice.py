"""libvirt's error texts and what to do about them: data.

The texts were observed; each row is proved by a test with the text it answers to.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True, slots=True)
class Advice:
    """A pattern searched in libvirt's words, and the advice it stands for."""

    pattern: str
    text: str


TABLE = (
    # Connecting
    Advice(
        r"Failed to connect socket to '.*libvirt-sock.*': Permission denied",
        "Join the group libvirt (sudo usermod -aG libvirt $USER, then log in again), "
        "or use qemu:///session for machines of your own.",
    ),
    Advice(
        r"Failed to connect socket to '.*': (No such file|Connection refused)",
        "The daemon does not run there. Start it: sudo systemctl start libvirtd "
        "(or virtqemud.socket).",
    ),
    Advice(r"authentication unavailable|polkit", "Run as root, or join the group libvirt."),
    Advice(r"authentication failed|Permission denied \(|Host key verification failed",
           "Check that ssh to this host works without a question: its key in known_hosts, "
           "yours in the agent."),
    Advice(r"no connection driver available|unknown driver|URI scheme|Unable to parse URI"
           r"|unexpected .* URI path",
           "Check the URI: qemu:///system, qemu+ssh://user@host/system, test:///default."),
    Advice(r"(Name or service not known|nodename nor servname|Temporary failure in name)",
           "No such host name: check its spelling and the name server."),
    Advice(r"No route to host|Network is unreachable|Connection timed out",
           "The host cannot be reached over the network."),
    Advice(r"virt-ssh-helper|nc: (command )?not found|netcat",
           "Install libvirt-clients (virt-ssh-helper) or netcat on the far side."),
    # State
    Advice(r"domain is (already|not) running|is already active|domain is not active",
           "Its state has changed meanwhile, here or elsewhere; look again and decide anew."),
    Advice(r"cannot acquire state change lock",
           "Another job holds this machine (a migration, a snapshot, a hung monitor). "
           "Wait, or see Activity and virsh domjobinfo."),
    Advice(r"guest agent is not (connected|responding|configured)",
           "Install and start qemu-guest-agent in the guest; it needs the channel "
           "org.qemu.guest_agent.0."),
    Advice(r"[Dd]omain not found|no domain with matching",
           "It has been undefined meanwhile."),
    Advice(r"domain '.*' (is )?already (exists|defined)|already exists with uuid",
           "Choose another name: one machine of that name or UUID is there already."),
    Advice(r"cannot rename active domain", "Shut it down first."),
    Advice(r"Unable to read from monitor|monitor unexpectedly|qemu unexpectedly closed"
           r"|internal error: process exited while connecting",
           "QEMU ended at once: its log (l) says why."),
    # Storage
    Advice(r"Cannot access storage file '.*'.*No such file|Could not open '.*'.*No such file",
           "The disk image is missing: mount or start its storage, or correct the path."),
    Advice(r"Cannot access (storage file|backing file)|Could not open '.*': Permission denied",
           "The QEMU user cannot read the file: check its owner and every folder above it."),
    Advice(r"Failed to get \".*\" lock|Is another process using the image",
           "Another machine or program has this disk open. Two writers would destroy it."),
    Advice(r"No space left on device", "The storage is full: free space, then try again."),
    Advice(r"[Ss]torage pool .*(not found|is not active)|pool '.*' is not active",
           "Start the pool: virsh pool-start NAME."),
    Advice(r"native I/O needs either no disk cache or directsync|io=.?native",
           "io='native' works with cache 'none' or 'directsync' only."),
    # Network and devices
    Advice(r"[Nn]etwork '.*' is not active|network is not active",
           "Start the network: virsh net-start NAME (and net-autostart NAME to keep it)."),
    Advice(r"[Nn]etwork not found", "The network of one of its NICs does not exist here."),
    Advice(r"Address already in use", "Another program listens on that port: change or free it."),
    Advice(r"(?i)group \d+ is not viable",
           "Every device of its IOMMU group must be given to the machine or detached "
           "from the host."),
    Advice(r"PCI device .* is in use|is not assignable|in use by driver",
           "Another machine or the host holds this device."),
    # Host
    Advice(r"(?i)kvm.*(not available|permission denied|could not access)|/dev/kvm",
           "No hardware virtualisation: turn it on in the firmware, load kvm_intel or "
           "kvm_amd, and check the rights of /dev/kvm."),
    Advice(r"hugetlbfs|[Hh]uge ?pages?.*(mount|enough|allocate)",
           "Reserve huge pages (sysctl vm.nr_hugepages) and mount hugetlbfs, or turn them "
           "off for this machine."),
    Advice(r"[Cc]annot allocate memory|cannot set up guest memory",
           "The host has not enough free memory for this machine."),
    Advice(r"read.only (access|connection)|operation forbidden",
           "This connection is read-only."),
    Advice(r"not supported by (the connection|this) driver|this function is not supported",
           "This hypervisor's driver cannot do that."),
)  # fmt: skip


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((re.compile(advice.pattern), advice.text) for advice in TABLE)


def advise(words: str) -> str:
    """What to do about an error text of libvirt; empty when we know nothing better."""
    for pattern, text in _patterns():
        if pattern.search(words):
            return text
    return ""
