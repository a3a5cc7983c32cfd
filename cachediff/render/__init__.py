"""What people and programs read: pure functions from a report to text, one file a format."""
