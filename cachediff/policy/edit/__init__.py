"""What is written into a policy for somebody, and shown before."""
