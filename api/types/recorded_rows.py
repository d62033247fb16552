"""What taking observations in came to."""

import strawberry

from api.fields import described


@strawberry.type(description="What recording rows came to.")
class RecordedRows:
    """The public face of `api.mutations.operating.RecordedRows`."""

    new: int = described("How many were new.")
    revised: int = described("How many said something else than was known.")
    unchanged: int = described("How many said what was known already.")
    was_known: bool = described(
        "Whether all of it was recorded before, by the same idempotency key; then nothing more was "
        "done, and the counts are those of then."
    )
