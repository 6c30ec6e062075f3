"""Vercel: what the record holds, read through the API."""

from nicu_dashboard.bootstrap import read_only_app

app = read_only_app()
