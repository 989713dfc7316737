"""Prefect flows and the `finews` command. Thin: what they start lives in `tasks/`."""
