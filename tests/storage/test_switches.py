"""A connector that is switched off is so for every process, until it is switched on."""

from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncEngine

from storage.switches import StoredSwitches, SwitchedOff
from tests.builders import NOW


async def test_a_switch_is_off_with_its_reason_until_it_is_on(engine: AsyncEngine) -> None:
    one, another = StoredSwitches(engine), StoredSwitches(engine)

    await one.switch_off("sleepy", "It blocks everything.", now=NOW)
    off = await another.why_off("sleepy"), await another.why_off("csv")
    switched = await another.switch_on("sleepy")
    again = await another.switch_on("sleepy")

    assert off == ("It blocks everything.", None)
    assert (switched, again, await one.why_off("sleepy")) == (True, False, None)


async def test_the_newest_reason_stands_and_the_time_stays(engine: AsyncEngine) -> None:
    switches = StoredSwitches(engine)

    await switches.switch_off("sleepy", "One reason.", now=NOW)
    await switches.switch_off("sleepy", "A better one.", now=NOW + timedelta(hours=1))

    assert await switches.all() == [SwitchedOff(key="sleepy", reason="A better one.", at=NOW)]
