"""The command line `atlas`: `python -m api` and the console script start here."""

from api.cli.main import main

if __name__ == "__main__":
    main()
