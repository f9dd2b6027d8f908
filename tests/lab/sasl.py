"""Users and passwords of libvirtd's own, as Cyrus SASL keeps them."""

import os
import subprocess
import sys
from pathlib import Path

_CONF = """\
mech_list: {mechanism}
pwcheck_method: auxprop
auxprop_plugin: sasldb
sasldb_path: {database}
"""
_SET_PASSWORD = """\
import ctypes, sys
sasl = ctypes.CDLL("libsasl2.so.2")
user, password, create = sys.argv[1].encode(), sys.stdin.read().encode(), 1
connection = ctypes.c_void_p()
assert sasl.sasl_server_init(None, b"libvirt") == 0
new = sasl.sasl_server_new(
    b"libvirt", None, None, None, None, None, 0, ctypes.byref(connection)
)
assert new == 0, new
done = sasl.sasl_setpass(connection, user, password, len(password), None, 0, create)
assert done == 0, done
"""


class SaslUsers:
    """A folder with SASL's settings for libvirtd and the users that they admit."""

    def __init__(self, folder: Path, mechanism: str = "scram-sha-256") -> None:
        folder.mkdir()
        self.environment = {"SASL_CONF_PATH": str(folder)}
        """What libvirtd has to be started with."""
        conf = _CONF.format(mechanism=mechanism, database=folder / "users.db")
        (folder / "libvirt.conf").write_text(conf)

    def add(self, name: str, password: str) -> None:
        """Admit a user."""
        subprocess.run(
            [sys.executable, "-c", _SET_PASSWORD, name],
            input=password,
            text=True,
            env={**os.environ, **self.environment},
            check=True,
        )
