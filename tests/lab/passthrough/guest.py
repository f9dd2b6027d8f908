"""Guests of the passthrough host: they say on their consoles what hardware they see."""

import secrets
import shlex
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from tests.lab.commands import LabError, poll
from tests.lab.guests import READY
from tests.lab.passthrough.image import GUEST_INITRAMFS, GUEST_KERNEL

if TYPE_CHECKING:
    from tests.lab.passthrough.host import PassthroughHost

# Without what takes seconds where every instruction is emulated.
_COMMAND_LINE = (
    "console=ttyS0 quiet mitigations=off nokaslr audit=0 tsc=reliable no_timer_check "
    "iommu=noaperture cryptomgr.notests"
)

# How long a boot may take before it is tried again, in seconds; 15 are usual.
_PATIENCE = (60, 90)


def domain(name: str, devices: str, *, port: int, memory_mib: int) -> str:
    """Return the definition of a guest.

    Of type "kvm": the emulated processor has SVM, with which the host runs a
    guest ten times as fast as by emulating once more. Its second serial port
    is *port* of the host.
    """
    return f"""\
<domain type='kvm'>
  <name>{escape(name)}</name>
  <memory unit='MiB'>{memory_mib}</memory>
  <vcpu>1</vcpu>
  <os>
    <type arch='x86_64' machine='q35'>hvm</type>
    <kernel>{GUEST_KERNEL}</kernel>
    <initrd>{GUEST_INITRAMFS}</initrd>
    <cmdline>{_COMMAND_LINE}</cmdline>
  </os>
  <features><acpi/><apic/></features>
  <devices>
    <serial type='pty'><log file='{_console_log(name)}' append='off'/></serial>
    <serial type='tcp'><source mode='bind' host='127.0.0.1' service='{port}'/></serial>
    <console type='pty'/>
    <memballoon model='none'/>
    {devices}
  </devices>
</domain>
"""


def pci_hostdev(address: str) -> str:
    """Return the XML that gives a guest the PCI device at *address*, such as "0000:04:00.0"."""
    return (
        "<hostdev mode='subsystem' type='pci' managed='yes'>"
        f"<source><address {_address(address)}/></source></hostdev>"
    )


def vf_interface(address: str, mac: str) -> str:
    """Return the XML that gives a guest the virtual function at *address* as a network card."""
    return (
        f"<interface type='hostdev' managed='yes'><mac address='{mac}'/>"
        f"<source><address type='pci' {_address(address)}/></source></interface>"
    )


@dataclass(frozen=True)
class PassthroughGuest:
    """A domain of the passthrough host, with a root shell on its console.

    A second serial port is for `run()`."""

    host: "PassthroughHost" = field(repr=False)
    name: str

    def virsh(self, command: str, *arguments: str, stdin: str | None = None) -> str:
        """Run `virsh COMMAND <this guest> ARGUMENTS…` and return what it prints.

        Raises LabError with virsh's words.
        """
        return self.host.virsh(command, self.name, *arguments, stdin=stdin)

    @property
    def state(self) -> str:
        """virsh's word for the state, such as "running", "shut off" or "paused"."""
        return self.virsh("domstate").strip()

    def start(self) -> None:
        """Start it and wait until its drivers are loaded and its shell is there."""
        self.virsh("start")
        self.wait_until_ready()

    def wait_until_ready(self) -> None:
        """Wait until it has booted.

        One boot in fifty stops for good in the firmware, at an access that the
        emulated processor repeats for ever; a reset helps.
        """
        for patience in _PATIENCE:
            try:
                self.wait_for_output(timeout=patience)
            except LabError:
                self.virsh("reset")
            else:
                return
        self.wait_for_output()

    @property
    def output(self) -> str:
        """Everything that the serial console has printed since the last start."""
        return self.host.run(f"cat {_console_log(self.name)}")

    def wait_for_output(self, text: str = READY, timeout: float = 120) -> None:
        """Wait until *text* was printed on the console, by default the end of the boot."""
        poll(lambda: text in self.output, f"{self.name} prints {text!r}", timeout=timeout)

    def run(self, command: str, timeout: float = 60) -> str:
        """Run a shell command, one line, in the guest and return what it prints."""
        end = f"end-{secrets.token_hex(4)}"
        line = shlex.quote(f"{command}; echo {end}")
        source = self.virsh("dumpxml", "--xpath", "//serial[@type='tcp']/source")
        port = source.partition('service="')[2].partition('"')[0]
        printed = self.host.run(
            f"exec 3<>/dev/tcp/127.0.0.1/{port} && echo {line} >&3 && sed '/^{end}/q' <&3",
            timeout,
        )
        return printed.removesuffix(f"{end}\n")

    def macs(self) -> set[str]:
        """Return the MAC addresses of the network cards that the guest has drivers for."""
        return set(self.run("cat /sys/class/net/*/address").split()) - {"00:00:00:00:00:00"}

    def ping(self, address: str) -> str:
        """Send an address three echo requests, and return what ping says."""
        poll(
            lambda: "scope global" in self.run("ip -4 address"),
            f"{self.name} has an address",
            timeout=30,
        )
        return self.run(f"ping -c 3 -W 3 {address}")

    def attach(self, device: str) -> None:
        """Plug *device*, XML, into the running guest."""
        self.virsh("attach-device", "/dev/stdin", "--live", stdin=device)

    def detach(self, device: str) -> None:
        """Ask the guest to let go of *device*; it does so after this has returned."""
        self.virsh("detach-device", "/dev/stdin", "--live", stdin=device)

    def remove(self) -> None:
        """Force the guest off and undefine it."""
        for command in ("destroy", "undefine"):
            try:
                self.virsh(command)
            except LabError as error:
                if not any(
                    words in str(error) for words in ("not running", "failed to get domain")
                ):
                    raise


def _address(address: str) -> str:
    domain, bus, rest = address.split(":")
    slot, function = rest.split(".")
    return f"domain='0x{domain}' bus='0x{bus}' slot='0x{slot}' function='0x{function}'"


def _console_log(name: str) -> str:
    return f"/var/log/libvirt/qemu/{name}.console"
