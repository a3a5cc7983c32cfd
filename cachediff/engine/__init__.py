"""Two snapshots, package by package, on as many processes as there are cores."""
