"""Connectors that keep to the contract: survey (pages, webhooks), renewing (tokens), exports."""

from tests.conformance.honest import exports_fake, renewing_fake, survey_fake

HONEST = (survey_fake.specimen, renewing_fake.specimen, exports_fake.specimen)
