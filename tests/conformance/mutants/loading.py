"""Mutants 2, 3 and 5: what they say of themselves hides less than it should."""

from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar

from pydantic import ConfigDict

from journey_atlas_sdk import ConnectorInfo, Context, Settings
from tests.conformance.honest.survey import Survey, SurveySettings
from tests.conformance.mutants.made import info, surveys


class Proxy(Settings):
    """An inner model, whose password everyone can read."""

    user: str
    password: str


class WithProxy(SurveySettings):
    proxy: Proxy | None = None


class HidesNoPassword(Survey):
    info: ClassVar[ConnectorInfo] = info(2, settings=WithProxy)


class Loose(SurveySettings):
    model_config = ConfigDict(extra="ignore")


class TakesAnySetting(Survey):
    info: ClassVar[ConnectorInfo] = info(3, settings=Loose)


class LogsItsToken(Survey):
    info: ClassVar[ConnectorInfo] = info(5)

    async def get(self, path: str, parameters: Mapping[str, str], context: Context) -> bytes:
        context.log.debug("asking with %s", context.secret("token"))
        return await super().get(path, parameters, context)


_told = surveys(HidesNoPassword, TakesAnySetting, LogsItsToken)
MUTANTS = {**_told, 2: replace(_told[2], documentation=f"{_told[2].documentation} `proxy`")}
