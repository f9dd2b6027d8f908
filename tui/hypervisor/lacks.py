"""What a driver has not got: the errors by which it says so, and how to go on without."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TypeVar

import libvirt

T = TypeVar("T")
U = TypeVar("U")

LACKS = frozenset(
    (libvirt.VIR_ERR_NO_SUPPORT, libvirt.VIR_ERR_INVALID_ARG, libvirt.VIR_ERR_ARGUMENT_UNSUPPORTED)
)
"""Error codes by which a driver says that it has not got this call or flag."""


def if_supported(ask: Callable[[], T], otherwise: U, also: Collection[int] = ()) -> T | U:
    """What a call gives; ``otherwise`` where the driver lacks it, or fails with a code of ``also``.

    Raises libvirtError for everything else.
    """
    try:
        return ask()
    except libvirt.libvirtError as error:
        if error.get_error_code() in LACKS or error.get_error_code() in also:
            return otherwise
        raise
