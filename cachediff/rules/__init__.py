"""What is worth saying about a difference: one file a rule, pure, without judgement on what a team accepts."""
