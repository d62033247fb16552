"""Mutant 35: what it needs to go on is nowhere but in its own process."""

from dataclasses import replace
from typing import ClassVar

from journey_atlas_sdk import ConnectorInfo
from tests.conformance.honest.exports import Exports
from tests.conformance.honest.exports_fake import specimen


class RemembersItsExports(Exports):
    info: ClassVar[ConnectorInfo] = replace(Exports.info, key="exports-35")
    jobs: ClassVar[dict[str, str]] = {}

    def token(self, job: str) -> str:
        token = f"token of {job}"
        self.jobs[token] = job
        return token

    def job(self, token: str) -> str:
        return self.jobs[token]


MUTANTS = {35: replace(specimen, connector=RemembersItsExports)}
