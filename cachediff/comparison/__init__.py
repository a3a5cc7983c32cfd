"""What differs between two snapshots: pure functions of pages, which know no rule and no severity."""
