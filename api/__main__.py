"""The command line `atlas`."""


def main() -> None:
    """Run the command line."""
