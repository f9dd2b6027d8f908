"""libvirtd's TLS and TCP sockets, with certificates made for the occasion."""

import contextlib
import ctypes
import socket
import threading
from pathlib import Path

from tests.lab.commands import poll, run
from tests.lab.daemon import IsolatedDaemon

CLONE_NEWNET = 0x40000000
PORTS = {"tls": 16514, "tcp": 16509}
_CONF = """\
auth_unix_ro = "none"
auth_unix_rw = "none"
unix_sock_rw_perms = "0777"
listen_tls = 1
listen_tcp = 1
auth_tls = "{auth}"
auth_tcp = "none"
key_file = "/etc/libvirt/pki/serverkey.pem"
cert_file = "/etc/libvirt/pki/servercert.pem"
ca_file = "/etc/libvirt/pki/cacert.pem"
"""


_NEW_KEY = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"


def _openssl(arguments: str) -> None:
    run(["openssl", *arguments.split()])


def authority(directory: Path, name: str) -> Path:
    """A certificate authority; its folder is what `certificate` wants."""
    folder = directory / name
    folder.mkdir(parents=True)
    key, made = folder / "cakey.pem", folder / "cacert.pem"
    _openssl(
        f"req -x509 {_NEW_KEY} -days 2 -subj /CN={name} -keyout {key} -out {made} "
        "-addext keyUsage=critical,keyCertSign"
    )
    return folder


def certificate(authority: Path, folder: Path, kind: str) -> None:
    """`{kind}key.pem`, `{kind}cert.pem` and `cacert.pem` for 127.0.0.1 in a folder."""
    folder.mkdir(exist_ok=True)
    key, request, made = (folder / f"{kind}{end}" for end in ("key.pem", ".csr", "cert.pem"))
    extensions = folder / f"{kind}.ext"
    usage = "serverAuth" if kind == "server" else "clientAuth"
    extensions.write_text(f"subjectAltName=IP:127.0.0.1\nextendedKeyUsage={usage}\n")
    _openssl(f"req {_NEW_KEY} -subj /CN={kind} -keyout {key} -out {request}")
    _openssl(
        f"x509 -req -in {request} -days 2 -CAcreateserial -CA {authority / 'cacert.pem'} "
        f"-CAkey {authority / 'cakey.pem'} -extfile {extensions} -out {made}"
    )
    (folder / "cacert.pem").write_bytes((authority / "cacert.pem").read_bytes())


class NetworkSockets:
    """Lets an isolated libvirtd listen on TLS and TCP, and brings both to this side's loopback."""

    def __init__(
        self, daemon: IsolatedDaemon, authority: Path, *, auth: str = "none", **environment: str
    ) -> None:
        """`auth` is auth_tls of libvirtd.conf, `environment` libvirtd's."""
        etc = Path(daemon.uri.partition("socket=")[2]).parents[2] / "etc"
        certificate(authority, etc / "pki", "server")
        (etc / "libvirtd.conf").write_text(_CONF.format(auth=auth))
        self._pid = daemon.pid
        daemon.kill()
        daemon.start("--listen", **environment)
        poll(lambda: self._reaches(PORTS["tls"]), "libvirtd listens on TLS", timeout=10)
        self._listeners: list[socket.socket] = []
        self.port = {name: self._serve(port) for name, port in PORTS.items()}

    def _reaches(self, port: int) -> bool:
        with contextlib.suppress(OSError):
            self._connect(port).close()
            return True
        return False

    def _connect(self, port: int) -> socket.socket:
        """A connection inside the daemon's network; only a thread of its own goes there."""
        found: list[socket.socket | OSError] = []

        def inside() -> None:
            library = ctypes.CDLL(None, use_errno=True)
            with open(f"/proc/{self._pid}/ns/net", "rb") as space:
                if library.setns(space.fileno(), CLONE_NEWNET):
                    found.append(OSError(ctypes.get_errno(), "setns"))
                    return
            try:
                found.append(socket.create_connection(("127.0.0.1", port), 5))
            except OSError as error:
                found.append(error)

        thread = threading.Thread(target=inside)
        thread.start()
        thread.join()
        if isinstance(found[0], OSError):
            raise found[0]
        return found[0]

    def _serve(self, port: int) -> int:
        listener = socket.create_server(("127.0.0.1", 0))
        self._listeners.append(listener)

        def serve() -> None:
            while True:
                try:
                    client = listener.accept()[0]
                except OSError:
                    return
                far = self._connect(port)
                far.settimeout(None)
                for ends in ((client, far), (far, client)):
                    threading.Thread(target=_pump, args=ends, daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        number: int = listener.getsockname()[1]
        return number

    def close(self) -> None:
        """Listen no longer."""
        for listener in self._listeners:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()


def _pump(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)
