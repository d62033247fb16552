"""Start a vendor's fake on this machine: `python -m tests.vendors surveymonkey --port 8901`."""

import argparse
import json
from datetime import UTC, datetime

import uvicorn

from tests.vendors.demos import VENDORS, demo_of


def main() -> None:
    """Print the settings of a connection that leads there, and serve until interrupted."""
    parser = argparse.ArgumentParser(prog="python -m tests.vendors", description=__doc__)
    parser.add_argument("vendor", choices=VENDORS)
    parser.add_argument("--port", type=int, default=8901)
    asked = parser.parse_args()
    demo = demo_of(asked.vendor, datetime.now(UTC))
    settings = demo.settings_at(f"http://127.0.0.1:{asked.port}")
    print(json.dumps({"connector": asked.vendor, "settings": settings}, indent=2))  # noqa: T201 -- for its user
    uvicorn.run(demo.app, host="127.0.0.1", port=asked.port, log_level="warning")


if __name__ == "__main__":
    main()
