"""libvirt-python leaves macros of libvirt's headers out: a name that it has not ends a call."""

from __future__ import annotations

import ast
from pathlib import Path

import libvirt

import tui.hypervisor


def test_every_name_of_libvirt_that_is_used_is_there():
    used = {
        node.attr
        for path in Path(tui.hypervisor.__file__).parent.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "libvirt"
    }
    assert len(used) > 50
    assert [name for name in sorted(used) if not hasattr(libvirt, name)] == []
