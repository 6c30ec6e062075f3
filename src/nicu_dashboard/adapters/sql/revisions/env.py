"""Run by Alembic: revisions work on the connection that the program opened."""

from alembic import context

from nicu_dashboard.adapters.sql.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
