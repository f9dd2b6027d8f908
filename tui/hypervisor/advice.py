"""What to do about libvirt's errors: data.

Each row is proved by a test with texts that libvirt and QEMU gave. The first row that fits
holds, so the particular stands before the general.
"""

from __future__ import annotations

import re
from functools import cache

_SSH = "Check that ssh logs in there without a question: "

BY_WORDS: tuple[tuple[str, str], ...] = (
    # Connecting
    (
        r"(\bnc|virt-ssh-helper): .*Permission denied",
        "That account may not use libvirt's socket there: sudo usermod -aG libvirt ACCOUNT on "
        "that host. Then disconnect and connect again: a sign-in keeps the groups it began with.",
    ),
    (
        r"\bnc: .*(No such file|Connection refused)",
        "No libvirt daemon answers on that host. Start it there: sudo systemctl start libvirtd "
        "(or virtqemud.socket). If it runs, check the URI.",
    ),
    (
        r"\bnc: (command )?not found",
        "Install netcat-openbsd on that host (an nc that knows -U): its libvirt has no "
        "virt-ssh-helper.",
    ),
    (
        r"virt-ssh-helper: (command )?not found",
        "The libvirt there is too old to have it: leave the proxy empty or choose netcat.",
    ),
    (
        r"Failed to connect socket to '.*': Permission denied",
        "Join the group libvirt (sudo usermod -aG libvirt $USER, then log in again), "
        "or use qemu:///session for machines of your own.",
    ),
    (
        r"Failed to connect socket to '.*': (No such file|Connection refused)",
        "No libvirt daemon answers there. Start it: sudo systemctl start libvirtd "
        "(or virtqemud.socket). If it runs, check the URI.",
    ),
    (
        r"Host key verification failed",
        "Its key is unknown or has changed: qemu+ssh asks whether to accept an unknown one.",
    ),
    (
        r"failed to authenticate",
        "Check the user name, and the password or the key. qemu+ssh also takes keys from an agent, "
        "~/.ssh/config and jump hosts.",
    ),
    (
        r"SSH host key for .* was not accepted",
        "Enter on it in Hosts asks again. Compare what is shown with the host's own key before you "
        "accept it.",
    ),
    (
        r"Identity of host .* differs from stored identity",
        "Somebody may sit in between: do not sign in before its administrator has confirmed the "
        "new key. Then take the old one out of that file.",
    ),
    (
        r"Permission denied \((publickey|password|keyboard|gssapi)",
        _SSH + "your key in the agent here and in authorized_keys there.",
    ),
    (
        r"ssh: connect to host .* Connection refused|server at '.*:22': Connection refused",
        "No SSH server answers on that port: check the host and the port.",
    ),
    (
        r"unable to connect to server at '.*': Connection refused",
        "Nothing listens on that port. libvirt's TCP and TLS sockets are off by default; "
        "qemu+ssh://user@host/system needs neither.",
    ),
    (
        r"Name or service not known|Could not resolve hostname|Temporary failure in name",
        "No such host: check its spelling and the name server.",
    ),
    (
        r"Cannot (recv|write) data: (Connection timed out|No route to host)$",
        "The link to the host broke; whether this took effect will show.",
    ),
    (
        r"No route to host|Network is unreachable|Connection timed out|Operation timed out",
        "The host cannot be reached: is it up, and does a firewall stand between?",
    ),
    (
        r"Cannot read CA certificate|certificate (is not|has|failed)|peer's certificate",
        "driver://host without a transport means TLS, which needs certificates in /etc/pki/CA and "
        "/etc/pki/libvirt that both sides trust; qemu+ssh://user@host/system needs none.",
    ),
    (
        r"polkit|authentication unavailable",
        "The host's polkit refuses this account. Join the group libvirt there, or be root.",
    ),
    (
        r"no connection driver available|transport in URL not recogni[sz]ed"
        r"|Unable to parse URI|unexpected .* URI path",
        "Check the URI: qemu:///system, qemu+ssh://user@host/system, test:///default. "
        "If it is right, that driver is not installed on the host.",
    ),
    (
        r"failed to parse xml document '",
        "The file is missing, cannot be read, or is not XML.",
    ),
    (
        r"Cannot (write|recv) data|client socket is closed|End of file while reading data",
        "The connection to the daemon broke; whether this took effect will show.",
    ),
    # What a machine's state does not allow
    (
        r"domain (is|'.*') (already |not )?(running|active|paused)|'.*' is (already|not) running",
        "Its state is not what it was, here or elsewhere: look again and decide anew.",
    ),
    (
        r"cannot acquire state change lock",
        "Another job holds this machine: a migration, a snapshot, or a QEMU that does not "
        "answer. Wait, or see what it is: virsh domjobinfo NAME.",
    ),
    (
        r"[Gg]uest agent is not configured",
        "The machine has no channel for the guest agent: add org.qemu.guest_agent.0.",
    ),
    (
        r"[Gg]uest agent is not (connected|responding|available)",
        "Install and start qemu-guest-agent in the guest.",
    ),
    (r"[Nn]o domain with matching|Domain not found", "It was deleted or renamed meanwhile."),
    (
        r"already (exists|defined)( with uuid)?|domain '.*' is already defined|moment .* exists",
        "That name or UUID is taken: choose another, or leave the UUID to libvirt.",
    ),
    (r"cannot rename active domain", "A running machine keeps its name: shut it down first."),
    (
        r"managed saved? (state|image)",
        "It has a saved state: start it, or discard the saved state first.",
    ),
    (
        r"cannot delete inactive domain with \d+ (snapshots|checkpoints)",
        "Its snapshots would be lost: delete them first, or with it.",
    ),
    (r"domain with nvram", "Say whether its UEFI variables (NVRAM) go with it or are kept."),
    (
        r"for transient domain",
        "It is transient, gone for good when it stops. Define it first to make it last.",
    ),
    (
        r"image magic is incorrect|load of migration failed|while loading VM state",
        "Its saved state is damaged, or does not fit this QEMU. Discard it to start afresh: "
        "virsh managedsave-remove NAME. What was in memory is lost.",
    ),
    (
        r"read.only access",
        "This connection is read-only: connect without read-only to change things.",
    ),
    # Storage
    (
        r"(Cannot access|Could not open).*: No such file|unable to stat: .*: No such file",
        "The file is missing on the host: mount or start its storage, or correct the path.",
    ),
    (
        r"(Cannot access|Could not open).*: Permission denied",
        "QEMU's user cannot read it: check the owner of the file and every folder above it, "
        "and SELinux or AppArmor.",
    ),
    (
        r"Image is not in \S+ format",
        "The file is not in the format that the disk declares: qemu-img info FILE tells it.",
    ),
    (
        r'Failed to get ".*" lock|Is another process using the image',
        "Another machine or program has this disk open. Two writers would destroy it.",
    ),
    (r"No space left on device", "The storage is full: free space, then try again."),
    (
        r"[Ss]torage pool .*not active|[Ss]torage pool not found|no storage pool with matching",
        "Its storage pool is not there or not started: virsh pool-start NAME.",
    ),
    (
        r"cannot open directory '.*': No such file",
        "Its directory is missing: create it, or mount what belongs there.",
    ),
    (
        r"io='native' needs",
        "io='native' works only with cache 'none' or 'directsync': change one of the two.",
    ),
    (
        r"IOThreads not available for bus",
        "Only virtio disks and virtio-scsi controllers can have an I/O thread.",
    ),
    (r"iothread '\d+' not defined", "Give the machine I/O threads before a disk uses one."),
    (r"target '.*' duplicated", "Two disks have the same target: give one another name."),
    (
        r"internal snapshot for disk .* unsupported",
        "Only qcow2 disks can hold internal snapshots: take an external one.",
    ),
    (
        r"target of not completed snapshot delete",
        "Deleting the snapshot below it was cut: delete that one once more, it is gone on with.",
    ),
    (
        r"active block job",
        "A block job runs on one of its disks: wait for it, or cancel it in Jobs of its snapshots.",
    ),
    # Network and devices
    (
        r"[Nn]etwork '.*' is not active",
        "Start the network: virsh net-start NAME (and net-autostart NAME to keep it started).",
    ),
    (r"[Nn]etwork not found|no network with matching", "The host has no network of that name."),
    (
        r"(MTU on|index for interface|interface) '?\S+?'?: No such device",
        "The host has no bridge or interface of that name.",
    ),
    (
        r"Address already in use|Failed to reserve port",
        "Another machine or program has that port: choose another, or let libvirt choose.",
    ),
    (r"Cannot assign requested address", "The host does not have the address to listen on."),
    (
        r"vlan tag not supported",
        "Only ports on Open vSwitch and of SR-IOV take a VLAN tag: take it out, or another source.",
    ),
    (r"multiqueue is not supported", "Several queues need a bridge, network or direct NIC."),
    (r"No more available PCI slots", "Add PCIe root ports to the machine at its next boot."),
    (
        r"support passthrough|requires VFIO support",
        "The host cannot give devices away: turn on VT-d or AMD-Vi in its firmware and the "
        "IOMMU on its kernel command line.",
    ),
    (
        r"group \d+ is not viable",
        "All devices of its IOMMU group must be given to the machine or taken from the host.",
    ),
    (r"PCI device .* is in use|in use by driver", "Another machine or the host has this device."),
    (r"USB is disabled in this host", "The host has no USB that libvirt could give away."),
    # The host's processors and memory
    (
        r"does not support virt type 'kvm'|KVM kernel module|failed to initialize kvm|/dev/kvm",
        "No hardware virtualisation: turn it on in the firmware, load kvm_intel or kvm_amd, "
        "and check the rights of /dev/kvm. Type qemu works without it, slowly.",
    ),
    (
        r"cgroup \S+ controller is not mounted",
        "libvirt on that host has no such control group: limits, shares and weights need it "
        "mounted. The definition has it.",
    ),
    (
        r"hugetlbfs",
        "Mount hugetlbfs and reserve huge pages (sysctl vm.nr_hugepages=N), or turn huge "
        "pages off for this machine.",
    ),
    (
        r"Cannot allocate memory",
        "The host has not enough free memory: stop something, or give the machine less.",
    ),
    (r"NUMA node \d+ is unavailable", "The host has no such NUMA node: correct the node set."),
    (r"query numad", "Automatic placement needs numad on the host: install it, or place by hand."),
    (
        r"cannot set CPU affinity|cpuset\.cpus",
        "A pin names a processor that the host has not got or that is offline.",
    ),
    (r"Maximum CPUs greater", "The machine type allows fewer vCPUs: lower the number."),
    (
        r"topology doesn't match",
        "Sockets × cores × threads must be the maximum of vCPUs.",
    ),
    (r"NUMA cells .* overlapping", "Each vCPU belongs to one NUMA cell of the guest only."),
    (r"invalid without any guest NUMA cells", "Give the guest NUMA cells first."),
    (r"not supported by QEMU", "QEMU has no such setting: remove it."),
    (
        r"greater than max allowable|higher than max memory",
        "That is above the machine's maximum: raise the maximum for the next boot.",
    ),
    (r"locked memory", "libvirtd may not lock that much memory: raise its limit, or set less."),
    (
        r"missing features: |Unknown CPU model|unknown CPU feature|CPU mode '.*' .*not supported",
        "This host cannot give that processor: choose host-model or another model.",
    ),
    # The rest of a definition
    (r"Cannot check QEMU binary", "The emulator of its definition is not on this host."),
    (
        r"does not support machine type",
        "This host's QEMU has no such machine type: choose one that it has, such as q35.",
    ),
    (r"UEFI requires ACPI", "Turn on ACPI in the machine's features."),
    (
        r"find any firmware to satisfy|find any master var store",
        "The host has no UEFI firmware that fits: install ovmf (edk2-ovmf), or ask for less.",
    ),
    (
        r"per-device boot elements cannot be used together",
        "Set the boot order either by device or by kind, not both.",
    ),
    (
        r"failed to validate against schema",
        "The host's libvirt does not know something in the element named, or misses something: "
        "a value that is newer than it, or two that are told together.",
    ),
    # QEMU is gone, and nothing above said why
    (
        r"process exited while connecting|unexpectedly closed the monitor"
        r"|read from monitor|qemu monitor",
        "QEMU ended: its last words are in the machine's log.",
    ),
)
"""A pattern searched in the words, and the advice."""

BY_CODE: dict[int, str] = {
    3: "This host's driver cannot do that.",  # NO_SUPPORT
    29: "This connection is read-only.",  # OPERATION_DENIED
    45: "Check the user name and the password or key.",  # AUTH_FAILED
    68: "The host was too slow: try again when it has less to do.",  # OPERATION_TIMEOUT
    79: "The host asks for a user name and password.",  # AUTH_CANCELLED
    84: "This host's driver cannot do that.",  # OPERATION_UNSUPPORTED
    86: "Install and start qemu-guest-agent in the guest.",  # AGENT_UNRESPONSIVE
    88: "The host's access rules forbid it to this account.",  # ACCESS_DENIED
}
"""virErrorNumber, and the advice for whatever words come with it."""


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((re.compile(pattern), text) for pattern, text in BY_WORDS)


def advise(words: str, code: int = 0) -> str:
    """What to do about an error of libvirt; empty when we know nothing better."""
    for pattern, text in _patterns():
        if pattern.search(words):
            return text
    return BY_CODE.get(code, "")
