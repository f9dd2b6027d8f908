"""What stands on what, as ``qemu-img info`` tells it."""

from __future__ import annotations

import json

import libvirt
import pytest

from tui.hypervisor import shell
from tui.hypervisor.host import Host
from tui.hypervisor.images import Folders, look_into, pools_of_folders

FILE = {"driver": "file", "filename": "/i/base.qcow2"}
NBD = {"driver": "nbd", "server.path": "/run/nbd"}


async def told(host: Host, monkeypatch: pytest.MonkeyPatch, backing: str) -> Folders:
    async def info(_host: Host, command: str, _what: str) -> bytes:
        there = {"filename": "./vm.qcow2", "format": "qcow2", "full-backing-filename": backing}
        base = {"filename": "./base.qcow2", "format": "qcow2"}
        return "\n".join(map(json.dumps, (there, base))).encode() if "cd -- /i " in command else b""

    monkeypatch.setattr(shell, "can_run", lambda _host: True)
    monkeypatch.setattr(shell, "run", info)
    return await look_into(host, ["/i"], {})


@pytest.mark.parametrize(
    "backing",
    [
        "/i/base.qcow2",
        "base.qcow2",
        "json:" + json.dumps({"driver": "qcow2", "file": FILE}),
        "json:" + json.dumps({"driver": "raw", "file": {"driver": "raw", "file": FILE}}),
        'json:{"driver": "qcow2", "file.driver": "file", "file.filename": "/i/base.qcow2"}',
    ],
)
async def test_a_file_is_followed_however_it_is_told(
    host: Host, monkeypatch: pytest.MonkeyPatch, backing: str
) -> None:
    layers, trouble = (await told(host, monkeypatch, backing)).follow("/i/vm.qcow2")
    assert [layer.path for layer in layers] == ["/i/vm.qcow2", "/i/base.qcow2"]
    assert not trouble


@pytest.mark.parametrize(
    "backing",
    [
        "nbd://far/base",
        "ssh://far/i/base.qcow2",
        "json:" + json.dumps({"driver": "qcow2", "file": NBD}),
        'json:{"driver": "qcow2", "file": "node7"}',
        "json:no JSON",
    ],
)
async def test_what_is_no_file_here_is_not_called_missing(
    host: Host, monkeypatch: pytest.MonkeyPatch, backing: str
) -> None:
    layers, trouble = (await told(host, monkeypatch, backing)).follow("/i/vm.qcow2")
    assert [layer.path for layer in layers] == ["/i/vm.qcow2", backing]
    assert trouble == f"{backing} is no file of this host"
    assert not any(layer.missing for layer in layers)


async def test_a_file_that_is_named_and_not_there_is_missing(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    layers, trouble = (await told(host, monkeypatch, "/i/gone.qcow2")).follow("/i/vm.qcow2")
    assert layers[-1].missing
    assert not trouble


async def test_an_image_that_goes_while_its_folder_is_read_takes_nothing_along(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    pools = await host.call(pools_of_folders)
    (folder,) = [folder for folder, pool in pools.items() if pool.name() == "default"]
    before = (await look_into(host, [folder], pools)).images
    stock = libvirt.virStoragePool.listAllVolumes
    gone: list[str] = []

    def going(pool: libvirt.virStoragePool, flags: int = 0) -> list[libvirt.virStorageVol]:
        listed = stock(pool, flags)
        gone.append(listed[0].path())
        listed[0].delete(0)
        return listed

    monkeypatch.setattr(libvirt.virStoragePool, "listAllVolumes", going)
    assert (await look_into(host, [folder], pools)).images.keys() == before.keys() - set(gone)
    assert gone
