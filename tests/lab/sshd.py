"""A real sshd on loopback, with host keys, users and rules of its own."""

import contextlib
import grp
import os
import pwd
import secrets
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.lab.commands import LabError, as_root, poll, run

_SSHD_CONF = """\
Port {port}
ListenAddress {address}
HostKey {directory}/host_key
PidFile none
AuthorizedKeysFile {directory}/authorized_keys
StrictModes no
UsePAM yes
PermitRootLogin no
AllowUsers {user}
AllowTcpForwarding yes
LoginGraceTime 60
MaxAuthTries 10
PubkeyAuthentication {publickey}
PasswordAuthentication {password}
KbdInteractiveAuthentication {keyboard}
"""
_SSH_CONF = """\
Host *
    UserKnownHostsFile {directory}/known_hosts
    GlobalKnownHostsFile /dev/null
    IdentitiesOnly yes
    IdentityAgent none
    IdentityFile {directory}/no_key
    GSSAPIAuthentication no
"""
_PREFIX = "virtty-test-"


class Account:
    """A throw-away user with a password of its own, gone at the end."""

    def __init__(self) -> None:
        self.name = f"{_PREFIX}{os.getpid()}-{secrets.token_hex(2)}"
        self.password = secrets.token_urlsafe(12)
        run(as_root("useradd", "--create-home", "--shell", "/bin/sh", self.name))
        subprocess.run(
            as_root("chpasswd"), input=f"{self.name}:{self.password}\n", text=True, check=True
        )

    def may_reach(self, socket_path: Path) -> None:
        """Let it through the closed folders above a socket of the lab's."""
        group = grp.getgrgid(pwd.getpwnam(self.name).pw_gid).gr_name
        for folder in socket_path.parents:
            if not folder.stat().st_mode & 0o001:
                run(as_root("chgrp", group, str(folder)))
                run(as_root("chmod", "g+x", str(folder)))

    def remove(self) -> None:
        """Delete it with its home."""
        for _ in range(20):  # its last processes may still be leaving
            with contextlib.suppress(LabError):
                run(as_root("userdel", "--remove", self.name))
                return
            with contextlib.suppress(LabError):
                run(as_root("pgrep", "-u", self.name))


class SshServer:
    """sshd with these ways to sign in; ``command`` is an ssh that knows only this server."""

    def __init__(
        self,
        directory: Path,
        account: Account,
        *,
        publickey: bool = False,
        password: bool = False,
        keyboard: bool = False,
        inside: str = "",
        address: str = "127.0.0.1",
    ) -> None:
        """`inside`: a process in whose network it listens, at `address`."""
        directory.mkdir()
        directory.chmod(0o755)
        self.directory, self.account = directory, account
        self.address, self._inside = address, inside
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self.new_host_key()
        words = {True: "yes", False: "no"}
        (directory / "sshd_config").write_text(
            _SSHD_CONF.format(
                port=self.port,
                address=address,
                directory=directory,
                user=account.name,
                publickey=words[publickey],
                password=words[password],
                keyboard=words[keyboard],
            )
        )
        (directory / "authorized_keys").touch()
        (directory / "known_hosts").touch()
        (directory / "ssh_config").write_text(_SSH_CONF.format(directory=directory))
        self.command = directory / "ssh"
        self.command.write_text(f'#!/bin/sh\nexec ssh -F {directory}/ssh_config "$@"\n')
        self.command.chmod(0o755)
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        """Listen."""
        run(as_root("mkdir", "-p", "/run/sshd"))
        log = (self.directory / "sshd.log").open("ab")
        enter = ["nsenter", "--target", self._inside, "--net", "--"] if self._inside else []
        self._process = subprocess.Popen(
            as_root(
                *(*enter, "setpriv", "--pdeathsig", "TERM"),  # however the run ends
                *("/usr/sbin/sshd", "-D", "-e", "-f", str(self.directory / "sshd_config")),
            ),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        poll(self._listens, "sshd listens", timeout=10)

    def _listens(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection((self.address, self.port), 1):
            return True
        return False

    def set(self, line: str) -> None:
        """Start it anew with one more line of sshd_config."""
        self.close()
        with (self.directory / "sshd_config").open("a") as file:
            file.write(f"{line}\n")
        self.start()

    def new_host_key(self) -> None:
        """Another host key, for the next start."""
        key = self.directory / "host_key"
        for path in (key, key.with_suffix(".pub")):
            path.unlink(missing_ok=True)
        run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)])

    def know(self) -> None:
        """Write the host key into the client's known_hosts."""
        public = self.directory.joinpath("host_key.pub").read_text().split()
        line = f"[{self.address}]:{self.port} {public[0]} {public[1]}\n"
        (self.directory / "known_hosts").write_text(line)

    @property
    def fingerprint(self) -> str:
        """Of the host key: ``SHA256:…``."""
        return run(["ssh-keygen", "-lf", str(self.directory / "host_key.pub")]).split()[1]

    def key(self, passphrase: str = "") -> Path:
        """A key that the server accepts."""
        path = self.directory / f"key-{secrets.token_hex(3)}"
        run(["ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-f", str(path)])
        with (self.directory / "authorized_keys").open("a") as file:
            file.write(path.with_suffix(".pub").read_text())
        return path

    def uri(self, daemon_socket: Path, **parameters: object) -> str:
        """A qemu+ssh URI to a libvirtd's socket through this server."""
        query = "".join(f"&{name}={value}" for name, value in parameters.items())
        where = f"{self.account.name}@{self.address}:{self.port}"
        return f"qemu+ssh://{where}/system?socket={daemon_socket}&command={self.command}{query}"

    @property
    def sign_ins(self) -> int:
        """How often somebody has been let in."""
        return (self.directory / "sshd.log").read_text().count("Accepted ")

    def close(self) -> None:
        """Stop, with every connection that it has."""
        self.cut()
        process, self._process = self._process, None
        if process is not None:
            process.terminate()
            process.wait(10)

    def cut(self) -> None:
        """End every connection that it has; new ones are taken."""
        if self._process is None:
            return
        with contextlib.suppress(LabError):  # none is there
            for pid in run(["ps", "--ppid", str(self._process.pid), "-o", "pid="]).split():
                run(as_root("kill", pid))


def _remove_leftovers() -> None:
    """Delete the users of runs that ended without cleaning up."""
    for entry in pwd.getpwall():
        owner = entry.pw_name.removeprefix(_PREFIX).partition("-")[0]
        if entry.pw_name.startswith(_PREFIX) and not Path("/proc", owner).exists():
            with contextlib.suppress(LabError):
                run(as_root("userdel", "--remove", entry.pw_name))


@contextlib.contextmanager
def account() -> Iterator[Account]:
    """A user for the time of a test run."""
    _remove_leftovers()
    made = Account()
    try:
        yield made
    finally:
        made.remove()
