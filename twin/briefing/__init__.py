"""Briefings: viewpoints in an order that tells a story, kept and shared as tours."""
