"""Daemon threads: order, hung calls, the end."""

from __future__ import annotations

import queue
import threading
from functools import partial

from tui.hypervisor.lanes import MAX_ABANDONED, DroppedError, Job, Worker


def submit(worker: Worker, work) -> tuple[Job, queue.Queue]:
    done: queue.Queue = queue.Queue()
    job = Job(work, lambda result, error: done.put((result, error)))
    worker.submit(job)
    return job, done


def test_results_and_errors_come_back_in_order():
    worker = Worker("test", 1)
    seen: list[int] = []

    def work(number: int) -> int:
        seen.append(number)
        return number

    jobs = [submit(worker, partial(work, number)) for number in range(5)]
    assert [done.get(timeout=2) for _job, done in jobs] == [(n, None) for n in range(5)]
    assert seen == list(range(5))
    _job, done = submit(worker, lambda: 1 / 0)
    _result, error = done.get(timeout=2)
    assert isinstance(error, ZeroDivisionError)
    worker.close()


def test_calls_made_at_once_run_side_by_side_on_a_lane_that_has_one_thread_idle():
    worker = Worker("test", 2)
    for _ in range(20):
        _job, done = submit(worker, lambda: "before")
        done.get(timeout=2)
        both = threading.Barrier(2)
        waiting = [submit(worker, partial(both.wait, 2)) for _ in range(2)]
        assert all(done.get(timeout=5)[1] is None for _job, done in waiting)
    worker.close()


def test_a_hung_call_is_replaced_and_the_next_one_runs():
    worker = Worker("test", 1)
    gate = threading.Event()
    hung, hung_done = submit(worker, gate.wait)
    _waiting, done = submit(worker, lambda: "through")
    while hung.started is None:
        pass
    worker.abandon(hung)
    assert done.get(timeout=2) == ("through", None)
    assert worker.oldest_start() is not None  # the hung one still counts for the watchdog
    gate.set()
    hung_done.get(timeout=2)
    worker.close()


def test_no_more_threads_than_so_many_are_given_up():
    worker = Worker("test", 1)
    gate = threading.Event()
    before = threading.active_count()
    for _ in range(MAX_ABANDONED + 3):
        job, _done = submit(worker, gate.wait)
        if job.started is None:
            continue
        worker.abandon(job)
    assert threading.active_count() - before <= MAX_ABANDONED + 1
    gate.set()
    worker.close()


def test_what_waits_can_be_given_up():
    worker = Worker("test", 1)
    gate = threading.Event()
    _first, first_done = submit(worker, gate.wait)
    second, second_done = submit(worker, lambda: "never")
    worker.abandon(second)
    gate.set()
    first_done.get(timeout=2)
    _third, third_done = submit(worker, lambda: 3)
    assert third_done.get(timeout=2) == (3, None)
    assert second_done.empty()
    worker.close()


def test_what_waits_when_a_lane_is_closed_is_told_so():
    worker, told = Worker("closed", 1), []
    gate = threading.Event()
    worker.submit(Job(lambda: gate.wait(5), lambda *_: None))
    worker.submit(Job(lambda: "never", lambda _result, error: told.append(error)))
    worker.close()
    worker.submit(Job(lambda: "never", lambda _result, error: told.append(error)))
    gate.set()
    assert [type(error) for error in told] == [DroppedError, DroppedError]


def test_what_is_under_way_is_told_and_waited_for():
    worker = Worker("test", 1)
    gate = threading.Event()
    hung, hung_done = submit(worker, gate.wait)
    _waiting, waiting_done = submit(worker, lambda: "never")
    while hung.started is None:
        pass
    worker.close()
    for done, began in ((hung_done, True), (waiting_done, False)):
        _result, error = done.get(timeout=2)
        assert isinstance(error, DroppedError)
        assert error.began is began
    idle = threading.Thread(target=worker.wait_until_idle)
    idle.start()
    idle.join(0.05)
    assert idle.is_alive()
    gate.set()
    idle.join(2)
    assert not idle.is_alive()
