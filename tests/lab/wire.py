"""A cable to an isolated libvirtd, which a test may cut and narrow, and that may lose packets."""

import itertools
import os
from pathlib import Path

from tests.lab.commands import LabError, as_root, run
from tests.lab.daemon import IsolatedDaemon

_MTU = 576
_BURST = 2 * _MTU
"""Bytes that go at once however narrow the cable is; a whole packet has to."""
_numbers = itertools.count()


class Wire:
    """A pair of Ethernet devices, one here and one in the daemon's network.

    See tc(8); packets are lost by iptables' match "statistic", which more kernels have than netem.
    """

    def __init__(self, daemon: IsolatedDaemon) -> None:
        number = next(_numbers)
        network = f"10.214.{(os.getpid() * 8 + number) % 256}"
        self.far = f"{network}.2"
        """The daemon's address."""
        self._daemon = daemon
        self._device = f"vw{os.getpid()}n{number}"
        self._lossy: list[tuple[str, ...]] = []
        """Rules of iptables in force."""
        ends = ("type", "veth", "peer", "name", "wire0", "netns", daemon.pid)
        run(as_root("ip", "link", "add", self._device, "mtu", str(_MTU), *ends))
        for on, device, address in (
            ((), self._device, f"{network}.1/30"),
            (self._inside, "wire0", f"{self.far}/30"),
        ):
            run(as_root(*on, "ip", "address", "add", address, "dev", device))
            run(as_root(*on, "ip", "link", "set", device, "mtu", str(_MTU), "up"))

    @property
    def _inside(self) -> tuple[str, ...]:
        return ("nsenter", "--target", self._daemon.pid, "--net", "--")

    def cut(self) -> None:
        """Let nothing through, and tell nobody: each packet is dropped."""
        self._shape("bfifo", "limit", "1")

    def narrow(self, bytes_per_second: int) -> None:
        """Let so many bytes a second through, each way; what comes faster waits."""
        rate = f"{8 * bytes_per_second}bit"
        self._shape("tbf", "rate", rate, "burst", str(_BURST), "limit", "200000")

    def lose(self, every: int) -> None:
        """Lose one packet in so many, each way."""
        match = f"-m statistic --mode nth --every {every} --packet 0 -j DROP".split()
        for chain in ("INPUT -i wire0", "OUTPUT -o wire0"):
            rule = (*chain.split(), *match)
            run(as_root(*self._inside, "iptables", "--append", *rule))
            self._lossy.append(rule)

    @property
    def lost(self) -> int:
        """Packets lost since :meth:`lose`."""
        listed = run(as_root(*self._inside, "iptables", "--list", "--verbose", "--numeric"))
        return sum(int(line.split()[0]) for line in listed.splitlines() if " statistic " in line)

    def mend(self) -> None:
        """Let everything through again."""
        self._qdisc("del")
        while self._lossy:
            run(as_root(*self._inside, "iptables", "--delete", *self._lossy.pop()))

    def close(self) -> None:
        """Take the cable away."""
        run(as_root("ip", "link", "del", self._device))

    def _shape(self, *words: str) -> None:
        self._qdisc("replace", *words)

    def _qdisc(self, verb: str, *words: str) -> None:
        for on, device in (((), self._device), (self._inside, "wire0")):
            try:
                run(as_root(*on, "tc", "qdisc", verb, "dev", device, "root", *words))
            except LabError:
                if verb != "del":  # there was none
                    raise


def listen_on_tcp(daemon: IsolatedDaemon, auth: str = "none") -> None:
    """Let libvirtd take connections on its network's addresses, unencrypted, at port 16509."""
    conf = Path(daemon.uri.partition("socket=")[2]).parents[2] / "etc" / "libvirtd.conf"
    more = f'listen_tls = 0\nlisten_tcp = 1\nlisten_addr = "0.0.0.0"\nauth_tcp = "{auth}"\n'
    conf.write_text(conf.read_text() + more)
    daemon.kill()
    daemon.start("--listen")
