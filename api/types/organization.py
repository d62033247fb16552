"""The organization whose atlas this is, and who is asking."""

from decimal import Decimal

import strawberry

from api.context import Reading
from api.fields import computed, described, many
from api.types.node import Node
from api.types.status import PolicyParameter
from domain import organization


def status_parameters(record: organization.Organization, _: Reading) -> list[PolicyParameter]:
    """List the organization's own parameters in order of name."""
    own: list[tuple[str, Decimal]] = sorted(record.status_parameters.items())
    return [PolicyParameter(name=name, value=value) for name, value in own]


@strawberry.type(description="The organization whose atlas this is.")
class Organization(Node):
    """The public face of `domain.organization.Organization`."""

    key: str = described("Its external key.")
    title: str = described("Its name.")
    time_zone: str = described("The zone (IANA) in which its days, weeks and quarters are cut.")
    currency: str = described("Its currency (ISO 4217).")
    status_policy: str = described("The policy that decides statuses where a query names none.")
    status_parameters = computed(
        status_parameters,
        many(PolicyParameter),
        "The numbers that replace that policy's defaults, in order of name.",
    )


@strawberry.type(description="Who is asking.")
class Viewer:
    """Until there is sign-in, everyone who reaches the address may read everything."""

    is_anonymous: bool = described("Whether nobody signed in; always true until there is sign-in.")
    organization: Organization = described("The organization whose atlas the viewer reads.")
