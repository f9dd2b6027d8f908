"""What the libvirt at hand lacks, asked of itself."""

from __future__ import annotations

import pytest

from tui.hypervisor.support import MISSING, PROBES, lacking, refusal


def test_only_what_libvirt_itself_denies_is_lacking() -> None:
    for name, words in lacking().items():
        assert name in PROBES
        assert MISSING.search(words)


def test_what_is_there_is_not_lacking() -> None:
    assert refusal("test:///default") == ""
    refused = refusal("qemu+tcp://127.0.0.1:1/system")
    assert "refused" in refused
    assert not MISSING.search(refused)


@pytest.mark.parametrize(
    "words",
    [
        "unsupported configuration: libvirt was built without the 'hyperv' driver",
        "libssh2 transport support was not enabled: Function not implemented",
        "invalid argument: remote_open: transport in URL not recognised (should be tls|unix|ssh)",
    ],
)
def test_words_of_what_is_lacking(words: str) -> None:
    assert MISSING.search(words)
