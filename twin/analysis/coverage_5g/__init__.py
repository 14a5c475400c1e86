"""5G coverage: how strong and how clean the signal of the city's sites is, where, and what would better it."""
