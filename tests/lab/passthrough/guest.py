"""Guests of the passthrough host: they say on their consoles what hardware they see."""

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from tests.lab.commands import LabError, poll
from tests.lab.guests import READY
from tests.lab.passthrough.image import GUEST_INITRAMFS, GUEST_KERNEL

if TYPE_CHECKING:
    from tests.lab.passthrough.host import PassthroughHost


def domain(name: str, devices: str, *, memory_mib: int) -> str:
    """Return the definition of a guest.

    Of type "kvm": the emulated processor has SVM, with which the host runs a
    guest ten times as fast as by emulating once more.
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
    <cmdline>console=ttyS0 quiet mitigations=off</cmdline>
  </os>
  <features><acpi/><apic/></features>
  <devices>
    <serial type='pty'><log file='{_console_log(name)}' append='off'/></serial>
    <console type='pty'/>
    <memballoon model='none'/>
    {devices}
  </devices>
</domain>
"""


@dataclass(frozen=True)
class PassthroughGuest:
    """A domain of the passthrough host, with a root shell on its serial console."""

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
        self.wait_for_output()

    @property
    def output(self) -> str:
        """Everything that the serial console has printed since the last start."""
        return self.host.run(f"cat {_console_log(self.name)}")

    def wait_for_output(self, text: str = READY, timeout: float = 120) -> None:
        """Wait until *text* was printed on the console, by default the end of the boot."""
        poll(lambda: text in self.output, f"{self.name} prints {text!r}", timeout=timeout)

    def run(self, command: str, timeout: float = 60) -> str:
        """Run a shell command in the guest, by its console, and return what it prints."""
        end = f"end-{secrets.token_hex(4)}"
        # The quotes keep the echo of the command from looking like its end.
        line = f"{command}; echo '{end[:4]}''{end[4:]}'"
        terminal = self.virsh("ttyconsole").strip()
        before = len(self.output)
        self.host.run(f"cat >{terminal} <<'EOF'\n{line}\nEOF")

        def answer() -> str | None:
            _, _, printed = self.output[before:].replace("\r", "").partition(f"{line}\n")
            text, ended, _ = printed.partition(f"{end}\n")
            return text + "\n" if ended else None

        return poll(answer, f"{self.name} ends {command!r}", timeout=timeout).removesuffix("\n")

    def macs(self) -> set[str]:
        """Return the MAC addresses of the network cards that the guest has drivers for."""
        return set(self.run("cat /sys/class/net/*/address").split()) - {"00:00:00:00:00:00"}

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


def _console_log(name: str) -> str:
    return f"/var/log/libvirt/qemu/{name}.console"
