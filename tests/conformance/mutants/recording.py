"""Mutants 43 and 44: one can't be replayed, one is not told of whole."""

from collections.abc import Mapping
from itertools import count
from typing import ClassVar

from journey_atlas_sdk import ConnectorInfo, Context
from tests.conformance.honest.survey import Survey, SurveySettings
from tests.conformance.mutants.made import info, surveys


class AsksDifferentlyEachTime(Survey):
    info: ClassVar[ConnectorInfo] = info(43)
    numbers: ClassVar = count()

    async def get(self, path: str, parameters: Mapping[str, str], context: Context) -> bytes:
        nonce = {"nonce": str(next(self.numbers))}
        return await super().get(path, {**parameters, **nonce}, context)


class Undocumented(SurveySettings):
    language: str = "en"


class HasASecretSetting(Survey):
    info: ClassVar[ConnectorInfo] = info(44, settings=Undocumented)


MUTANTS = surveys(AsksDifferentlyEachTime, HasASecretSetting)
