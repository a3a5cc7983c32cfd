"""The command line: one file a command, and one place where exit codes are decided."""
