"""HTTP: one client with limits on time and size, and the pace that hosts ask for."""

from tasks.web.client import Client, Limits

__all__ = ["Client", "Limits"]
