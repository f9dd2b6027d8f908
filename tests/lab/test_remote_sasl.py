"""libvirt's own authentication, by SASL over TLS, asked in the program."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab import Lab
from tests.lab.commands import run
from tests.lab.far import answer, asked, connecting
from tests.lab.sasl import SaslUsers
from tests.lab.tls import NetworkSockets, authority, certificate
from tests.waiting import until
from tui.hypervisor.records import HostState

NAME, PASSWORD = "ada", "sw0rdfish"


@pytest.fixture(scope="module")
def uri(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A libvirtd that wants a name and a password over TLS."""
    folder = tmp_path_factory.mktemp("sasl")
    users = SaslUsers(folder / "sasl")
    users.add(NAME, PASSWORD)
    trusted = authority(folder, "right")
    certificate(trusted, folder / "client", "client")
    sockets = NetworkSockets(lab.isolated_daemon(), trusted, auth="sasl", **users.environment)
    yield f"qemu+tls://127.0.0.1:{sockets.port['tls']}/system?pkipath={folder / 'client'}"
    sockets.close()


async def test_a_name_and_a_password_are_asked_until_they_are_right(uri: str) -> None:
    async with connecting(uri) as host:
        text = await asked(host)
        assert host.record.state is HostState.NEEDS_AUTHENTICATION
        assert host.question is not None
        assert [field.secret for field in host.question.fields] == [False, True], text
        await answer(host, NAME, "wrong")
        await until(lambda: host.record.error is not None, 15)
        assert host.record.state is HostState.NEEDS_AUTHENTICATION
        assert host.record.retry_at is None
        assert host.record.error is not None
        assert host.record.error.advice
        host.retry()
        await asked(host)
        await answer(host, NAME, PASSWORD)
        await until(lambda: host.record.state is HostState.CONNECTED, 15)
        assert PASSWORD not in run(["ps", "-eo", "args", "eww"])


async def test_auth_conf_answers_without_a_person(
    uri: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "auth.conf"
    file.write_text(
        f"[credentials-us]\nauthname={NAME}\npassword={PASSWORD}\n"
        "[auth-libvirt-127.0.0.1]\ncredentials=us\n"
    )
    monkeypatch.setenv("LIBVIRT_AUTH_FILE", str(file))
    async with connecting(uri) as host:
        await until(lambda: host.record.state is HostState.CONNECTED, 15)
        assert host.question is None


async def test_whoever_backs_out_is_not_asked_again_by_itself(uri: str) -> None:
    async with connecting(uri) as host:
        await asked(host)
        question = host.question
        assert question is not None
        question.answer(None)
        await until(lambda: host.record.error is not None, 15)
        assert host.record.state is HostState.NEEDS_AUTHENTICATION
        assert host.record.retry_at is None
