"""The port Spool as files in a folder."""

from nicu_dashboard.adapters.spool.folder import FolderSpool

__all__ = ["FolderSpool"]
