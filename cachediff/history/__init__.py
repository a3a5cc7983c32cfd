"""Which snapshots there are, and which of them are compared."""
