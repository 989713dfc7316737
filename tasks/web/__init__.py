"""HTTP: one client with limits on time and size, a guard on where it connects, and the manners that hosts ask for."""

from tasks.web.client import Client, Limits
from tasks.web.manners import HostRecords, Manners, Memory
from tasks.web.patience import Patience

__all__ = ["Client", "HostRecords", "Limits", "Manners", "Memory", "Patience"]
