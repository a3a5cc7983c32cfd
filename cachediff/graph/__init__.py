"""What follows from the edges of a graph alone, whatever it is the graph of. Pure."""
