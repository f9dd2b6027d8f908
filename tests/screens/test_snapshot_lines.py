"""What is told about the snapshot under the cursor."""

from __future__ import annotations

from dataclasses import replace

from tests.model.test_snapshot_daemon import FIRST, went_back
from tui.model.disk_chains import Image
from tui.screens.machine.snapshot_lines import details


def test_where_the_machine_went_back_to_tells_what_came_then_and_what_is_now():
    images = {"/t": Image("/t", "qcow2", allocation=2048)}
    back = went_back(FIRST, "/t")
    told = details(back, images, 0, 1).plain
    assert "vda: /a, since then b" in told
    assert "vda: the present in t  2.0 KiB" in told
    assert "the present in" not in details(replace(FIRST, current=True), images, 0, 0).plain
