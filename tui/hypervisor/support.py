"""What this machine's libvirt was built without: transports, and drivers that run in the client.

Drivers that run in a daemon (qemu, lxc, xen, …) are the far side's: only connecting tells.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

import libvirt

PROBES: Mapping[str, str] = {
    "libssh": "qemu+libssh://127.0.0.1:1/system",
    "libssh2": "qemu+libssh2://127.0.0.1:1/system",
    "esx": "esx://127.0.0.1:1/?no_verify=1",
    "vpx": "vpx://127.0.0.1:1/a/b?no_verify=1",
    "hyperv": "hyperv://127.0.0.1:1/",
}
"""What to open for each: nothing listens on port 1, and nobody gives a user name."""
MISSING = re.compile(r"built without|not enabled|not recogni[sz]ed|no connection driver available")


@cache
def lacking() -> Mapping[str, str]:
    """Name of a transport or driver to libvirt's words why it cannot be used. Blocks briefly."""
    return {name: words for name, uri in PROBES.items() if MISSING.search(words := refusal(uri))}


def refusal(uri: str) -> str:
    """libvirt's words when it is asked to open a URI and given nothing; empty when it opens."""
    nobody = [[libvirt.VIR_CRED_AUTHNAME, libvirt.VIR_CRED_PASSPHRASE], lambda _c, _o: -1, None]
    try:
        libvirt.openAuth(uri, nobody, 0).close()
    except libvirt.libvirtError as error:
        return error.get_error_message() or str(error)
    return ""
