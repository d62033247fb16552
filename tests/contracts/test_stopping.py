"""A driver's work is stopped when its time is over or nobody waits, and only then."""

import threading
import time

import pytest

from journey_atlas_sdk import TransientError
from journey_atlas_sdk.stopping import stopping
from journey_atlas_sdk.testing import FakeContext


class Driver:
    """Works until it is stopped, or for so many seconds."""

    def __init__(self, seconds: float = 10) -> None:
        self.seconds = seconds
        self.is_stopped = threading.Event()

    def work(self) -> None:
        if self.is_stopped.wait(self.seconds):
            message = "interrupted"
            raise RuntimeError(message)


class Deserted(FakeContext):
    """A context in which nobody waits any more."""

    def cancelled(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("context", "seconds"),
    [
        pytest.param(FakeContext(), 0.1, id="its time is over"),
        pytest.param(Deserted(), 60, id="nobody waits"),
    ],
)
def test_a_driver_is_stopped(context: FakeContext, seconds: float) -> None:
    driver, started = Driver(), time.monotonic()

    with (
        pytest.raises(TransientError, match=f"did not answer within {seconds:g} seconds"),
        stopping(driver.is_stopped.set, context, seconds=seconds),
    ):
        driver.work()

    assert time.monotonic() - started < 2


def test_a_driver_that_is_done_in_time_is_left_alone() -> None:
    driver = Driver(seconds=0.01)

    with stopping(driver.is_stopped.set, FakeContext(), seconds=60):
        driver.work()

    assert not driver.is_stopped.is_set()


def test_a_failure_of_its_own_stays_what_it_is() -> None:
    with (
        pytest.raises(ZeroDivisionError),
        stopping(lambda: None, FakeContext(), seconds=60),
    ):
        raise ZeroDivisionError
