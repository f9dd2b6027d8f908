"""Disk images of a host: what stands on what, new overlays, deleting.

libvirt's storage pools tell where there is one over the folder; else ``qemu-img`` does, here on
the local host or over the SSH sign-in. Nothing is asked of a host that has neither.
"""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from posixpath import basename, dirname, join, normpath
from typing import Any

import libvirt
from lxml import etree

from tui.hypervisor import shell
from tui.hypervisor.errors import HypervisorError
from tui.hypervisor.helpings import read_each
from tui.hypervisor.host import Host
from tui.hypervisor.lanes import Lane
from tui.hypervisor.opening import is_remote
from tui.hypervisor.volumes import if_there
from tui.in_thread import in_thread
from tui.model.disk_chains import Image
from tui.model.xml import parse

AT_MOST = 400
"""Images of one folder that are looked into."""


@dataclass(frozen=True)
class Folders:
    """What some folders of a host hold."""

    images: Mapping[str, Image] = field(default_factory=dict)
    """By path."""
    free: Mapping[str, int] = field(default_factory=dict)
    """Bytes free, by folder, where that is known."""
    unseen: Mapping[str, str] = field(default_factory=dict)
    """Folders that could not be looked into, and why."""

    def follow(self, path: str, format: str = "") -> tuple[tuple[Image, ...], str]:
        """The layers under a path, itself first, and why the base was not reached."""
        layers: list[Image] = []
        while path:
            image = self.images.get(path)
            if image is None and not path.startswith("/"):
                return (*layers, Image(path, format)), f"{path} is no file of this host"
            if image is None:
                if why := self.unseen.get(dirname(path)):
                    return (*layers, Image(path, format)), f"{dirname(path)}: {why}"
                return (*layers, Image(path, format, missing=True)), ""
            layers.append(image)
            path, format = image.backing, ""
            if any(path == layer.path for layer in layers):
                return tuple(layers), f"{path} stands on itself"
        return tuple(layers), ""


async def look_into(
    host: Host, folders: Iterable[str], pools: Mapping[str, libvirt.virStoragePool]
) -> Folders:
    """All images in some folders, and in those that they lead to; ``pools`` are those of
    :func:`pools_of_folders`. Raises HypervisorError.
    """
    images: dict[str, Image] = {}
    free: dict[str, int] = {}
    unseen: dict[str, str] = {}
    wanted, done = set(folders) - {""}, set[str]()
    while todo := sorted(wanted - done):
        for folder in todo:
            done.add(folder)
            found = await _of_pool(host, pools[folder]) if folder in pools else None
            if found is not None:
                here, free[folder] = found
            elif shell.can_run(host):
                try:
                    here = await _of_qemu_img(host, folder)
                except HypervisorError as error:
                    unseen[folder] = error.words
                    continue
                if (space := await _room_here(host, folder)) is not None:
                    free[folder] = space
            else:
                unseen[folder] = "no storage pool is over it"
                continue
            images.update((image.path, image) for image in here)
            # A file may have been made since: only what is named and not there is missing.
            wanted.update(dirname(image.backing) for image in here if image.backing[:1] == "/")
    return Folders(images, free, unseen)


async def make_overlay(host: Host, path: str, backing: Image) -> None:
    """Make a qcow2 overlay on top of an image. Raises HypervisorError, also when it is there."""
    document = etree.Element("volume")
    etree.SubElement(document, "name").text = basename(path)
    etree.SubElement(document, "capacity").text = str(backing.capacity or 0)
    target = etree.SubElement(document, "target")
    etree.SubElement(target, "format", type="qcow2")
    store = etree.SubElement(document, "backingStore")
    etree.SubElement(store, "path").text = backing.path
    etree.SubElement(store, "format", type=backing.format or "raw")
    xml = etree.tostring(document, encoding="unicode")

    def create(connection: libvirt.virConnect) -> bool:
        pool = pools_of_folders(connection).get(dirname(path))
        if pool is None:
            return False
        pool.createXML(xml, 0)
        return True

    what = f"Make the overlay {path}"
    if await host.run(create, lane=Lane.JOB, what=what, timeout=None):
        return
    words = ["qemu-img", "create", "-f", "qcow2", "-b", backing.path]
    words += ["-F", backing.format or "raw", path]
    guard = f"test ! -e {shlex.quote(path)}"
    await _run(host, f"{guard} && {shlex.join(words)}", what)


async def delete_file(host: Host, path: str) -> None:
    """Delete an image or a file with memory; one that is not there is no error.

    Raises HypervisorError.
    """

    def delete(connection: libvirt.virConnect) -> bool:
        pool = pools_of_folders(connection).get(dirname(path))
        if pool is None:
            return False
        pool.refresh(0)
        if basename(path) not in pool.listVolumes():
            return True
        pool.storageVolLookupByName(basename(path)).delete(0)
        return True

    what = f"Delete {path}"
    if not await host.run(delete, lane=Lane.JOB, what=what, timeout=None):
        await _run(host, shlex.join(["rm", "-f", "--", path]), what)


# -- by pools --------------------------------------------------------------------------------


def pools_of_folders(connection: libvirt.virConnect) -> dict[str, libvirt.virStoragePool]:
    """Active pools of folders, by folder: a call for each pool. Raises libvirtError."""
    found = {}
    for pool in connection.listAllStoragePools(libvirt.VIR_CONNECT_LIST_STORAGE_POOLS_ACTIVE):
        root = parse(pool.XMLDesc(0)).getroot()
        if root.get("type") in ("dir", "fs", "netfs"):
            found[normpath(root.findtext("target/path") or "/")] = pool
    return found


async def _of_pool(host: Host, pool: libvirt.virStoragePool) -> tuple[list[Image], int] | None:
    """Images and free bytes of a pool's folder; None where there are too many to look into."""
    what = f"Looking into the storage of {host.record.name}"

    def begin(_connection: libvirt.virConnect) -> tuple[list[libvirt.virStorageVol], int]:
        try:
            pool.refresh(0)  # a pool does not see by itself what a snapshot has made
        except libvirt.libvirtError as error:
            if error.get_error_code() != libvirt.VIR_ERR_OPERATION_DENIED:  # read-only
                raise
        return pool.listAllVolumes(), pool.info()[3]

    volumes, free = await host.run(begin, lane=Lane.JOB, what=what, timeout=None)
    if len(volumes) > AT_MOST:
        return None
    found = await read_each(host, volumes, lambda _connection, volume: _image(volume), what)
    return [image for image in found if image is not None], free


def _image(volume: libvirt.virStorageVol) -> Image | None:
    """None of one that went since it was listed."""
    xml = if_there(volume.XMLDesc)
    if not xml:
        return None
    root = parse(xml).getroot()

    def number(path: str) -> int | None:
        text = root.findtext(path) or ""
        return int(text) if text.isdigit() else None

    form = root.find("target/format")
    return Image(
        path=root.findtext("target/path") or root.findtext("key") or "",
        format="" if form is None else form.get("type", ""),
        capacity=number("capacity"),
        allocation=number("allocation"),
        backing=root.findtext("backingStore/path") or "",
    )


# -- by qemu-img -----------------------------------------------------------------------------


async def _run(host: Host, command: str, what: str) -> bytes:
    """What a command line prints on the host. Raises HypervisorError."""
    if not shell.can_run(host):
        raise HypervisorError(
            what,
            words="no storage pool is over its folder, and there is no other way to its files",
            advice="Define a storage pool over that folder.",
        )
    return await shell.run(host, command, what)


async def _of_qemu_img(host: Host, folder: str) -> list[Image]:
    """What ``qemu-img info`` tells of the files of a folder; files that are no images are raw."""
    place = shlex.quote(folder)
    script = (
        f"cd -- {place} && command -v qemu-img >/dev/null || exit 1; n=0; for f in ./*; do "
        f'[ -f "$f" ] || continue; n=$((n+1)); [ $n -gt {AT_MOST} ] && exit 0; '
        'qemu-img info -U --output=json "$f" 2>/dev/null; done; exit 0'
    )
    text = (await _run(host, script, f"Look into {folder}")).decode(errors="replace")
    decoder, at, found = json.JSONDecoder(), 0, []
    while (at := text.find("{", at)) >= 0:
        told, at = decoder.raw_decode(text, at)
        found.append(_told_image(folder, told))
    return found


def _told_image(folder: str, told: Mapping[str, Any]) -> Image:
    backing = str(told.get("full-backing-filename") or told.get("backing-filename") or "")
    if backing.startswith("json:"):
        backing = _file_of(backing.removeprefix("json:")) or backing
    if backing and ":" not in backing.partition("/")[0]:  # else it is behind a protocol
        backing = normpath(join(folder, backing))
    return Image(
        path=normpath(join(folder, str(told.get("filename", "")))),
        format=str(told.get("format", "")),
        capacity=told.get("virtual-size"),
        allocation=told.get("actual-size"),
        backing=backing,
    )


def _file_of(node: str) -> str:
    """The file that a block node leads to, told in QEMU's JSON; empty where to none of the host."""
    try:
        told = json.loads(node)
    except ValueError:
        return ""
    while isinstance(told, dict):
        file = told.get("file") or {
            key.removeprefix("file."): value for key, value in told.items() if key[:5] == "file."
        }
        if not file:
            return str(told.get("filename", "")) if told.get("driver") == "file" else ""
        told = file
    return ""  # the name of a node of its own


async def _room_here(host: Host, folder: str) -> int | None:
    if is_remote(host.record.uri):
        return None
    try:
        told = await in_thread(lambda: os.statvfs(folder))
    except OSError:
        return None
    return told.f_bavail * told.f_frsize
