"""What must be seen of every package, one file each: every process collects its share, and the shares are merged."""
