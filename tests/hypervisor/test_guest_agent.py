"""What an agent in a guest answers is the guest's to choose."""

from __future__ import annotations

import json
from types import SimpleNamespace

import libvirt_qemu
import pytest

from tui.hypervisor.guest_agent import set_terminal_size


class FakeHost:
    """Runs what it is given at once, on a connection that knows every machine."""

    async def run(self, work, **_more: object) -> object:
        return work(SimpleNamespace(lookupByUUIDString=lambda _uuid: None))


@pytest.mark.parametrize(
    ("begun", "status", "told"),
    [
        ({"pid": 7}, {"exited": True, "exitcode": 0}, True),
        ({"pid": 7}, {"exited": True, "exitcode": 1}, False),
        ({}, {}, False),
        ([], {}, False),
        ("{", {}, False),
        ({"pid": 7}, {}, False),
        ({"pid": 7}, 5, False),
    ],
)
async def test_whatever_the_agent_answers_is_no_fault_of_ours(
    monkeypatch, begun: object, status: object, told: bool
):
    def answer(_domain: object, request: str, _timeout: int, _flags: int) -> str:
        asked = json.loads(request)["execute"]
        return json.dumps({"return": begun if asked == "guest-exec" else status})

    monkeypatch.setattr(libvirt_qemu, "qemuAgentCommand", answer)
    record = SimpleNamespace(name="web", uuid="uuid")
    assert await set_terminal_size(FakeHost(), record, "/dev/ttyS0", 80, 24) is told
