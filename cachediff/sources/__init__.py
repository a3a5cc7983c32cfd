"""The only code that reads snapshots: bytes in, pages or problems out."""
