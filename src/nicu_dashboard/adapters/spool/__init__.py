"""The port Spool as files in a folder."""

from nicu_dashboard.adapters.spool.folder import FolderSpool, waiting_in

__all__ = ["FolderSpool", "waiting_in"]
