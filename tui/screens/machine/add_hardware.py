"""Adding hardware: which kind, then what it has to be told."""

from __future__ import annotations

from tui.hypervisor.host import Host
from tui.hypervisor.records import DomainRecord
from tui.hypervisor.volumes import NewVolume
from tui.model.domain import Domain
from tui.model.surroundings import Surroundings
from tui.model.templates import TEMPLATES, Question
from tui.model.text import visible
from tui.screens.choose import Choose, Offer
from tui.screens.devices.assign import Assignment, ask_assignment, choose_device, devices_read
from tui.screens.machine.disk_data import ask_for_source
from tui.screens.program import Program

DEVICES = {"host-pci": "pci", "host-usb": "usb_device", "host-mdev": "mdev"}
"""Templates for devices of the host, and the kind of node device that each takes."""


async def add_hardware(
    app: Program,
    host: Host,
    record: DomainRecord,
    document: Domain,
    surroundings: Surroundings,
) -> Assignment | None:
    """Ask; answers the new devices, None when the person backs out."""
    offers = [Offer(kind.name, kind.label, kind.help) for kind in TEMPLATES]
    chosen = await app.push_screen_wait(Choose("Add hardware", offers))
    template = next((kind for kind in TEMPLATES if kind.name == chosen), None)
    if template is None:
        return None
    if template.name in DEVICES:
        devices = await devices_read(app, host)
        if devices.index:
            kind, title = DEVICES[template.name], f"Add {template.label}"
            device = await choose_device(app, devices, title, kind)
            return None if device is None else await ask_assignment(app, devices, device, record)
    answers: dict[str, str] = {}
    volumes: tuple[NewVolume, ...] = ()
    if template.name == "disk":
        found = await ask_for_source(app, host, document)
        if found is None:
            return None
        answers["source"], answers["format"] = found.source, found.format
        volumes = (found.volume,) if found.volume is not None else ()
    for question in template.ask(document, surroundings):
        if question.name not in answers:
            answer = await _ask(app, f"Add {template.label}", question)
            if answer is None:
                return None
            answers[question.name] = answer
    try:
        return Assignment(tuple(template.xml(document, answers)), volumes=volumes)
    except ValueError as error:
        app.say(visible(str(error)), "error")
        return None


async def _ask(app: Program, title: str, question: Question) -> str | None:
    if not question.offers:
        return await app.ask_text(title, question.text, question.default)
    offers = [Offer(value, value) for value in question.offers]
    return await app.push_screen_wait(Choose(f"{title}: {question.text}", offers, question.default))
