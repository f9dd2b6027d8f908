"""Letters reach the loop, a few in each of its turns."""

from __future__ import annotations

import asyncio
import time

from tui.hypervisor.mailbox import SLICE, Mailbox


async def test_what_was_posted_before_the_end_is_delivered_all_of_it():
    """Somebody may wait for the answers behind one that took long."""
    mailbox, came = Mailbox(), list[int]()
    mailbox.attach(asyncio.get_running_loop())
    mailbox.post(time.sleep, 2 * SLICE)
    for number in range(3):
        mailbox.post(came.append, number)
    mailbox.detach()
    await asyncio.sleep(10 * SLICE)
    assert came == [0, 1, 2]
