"""What does not stay in memory: temporary files that are gone with the run."""
