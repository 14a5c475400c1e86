"""Analyses of the city: pure functions, arrays and tables in, arrays and tables out."""
