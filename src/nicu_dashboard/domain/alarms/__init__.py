"""Alarms: events go in, a new state and effects come out; the one table of transitions is in transitions.py."""
