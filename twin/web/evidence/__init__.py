"""The evidence card: why a number is what it is, one component behind every number in the browser."""
