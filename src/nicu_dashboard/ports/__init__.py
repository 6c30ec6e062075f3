"""Protocols between the use cases and the technology; one per file, standard library only."""
