"""What is copied in tmux is in tmux's buffer."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from tests.screens.test_machines import running
from tests.waiting import until

OLD = '#!/bin/sh\n[ "$2" = -w ] && exit 1\ncat > "$FOUND"\n'
NEW = '#!/bin/sh\n[ "$2" = -w ] && cat > "$FOUND"\n'


@pytest.mark.parametrize("script", [OLD, NEW])
async def test_tmux_gets_what_is_copied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str
):
    tmux, found = tmp_path / "tmux", tmp_path / "found"
    tmux.write_text(script)
    tmux.chmod(tmux.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setenv("FOUND", str(found))
    monkeypatch.setenv("TMUX", "/tmp/tmux,1,0")
    async with running() as (app, _pilot):
        app.copy_to_clipboard("läuft\nweiter")
        await until(lambda: found.exists() and found.read_text() == "läuft\nweiter")
