"""`python -m cachediff` is `cachediff`."""

from cachediff.cli.main import main

if __name__ == "__main__":
    main()
