"""How one sender works: where to, with which key, how long, how many at once."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass

from leads.retry import Policy, policy_of
from schemas.lead_settings import LeadSettings, need_delivery


def still_clock() -> float:
    """Seconds of a clock that never steps and counts while the machine sleeps, where there is one."""
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()


@dataclass(frozen=True, slots=True)
class SenderRules:
    """How one sender works. `lanes`: connections, each with one request in flight; seconds."""

    base_url: str
    key: str
    policy: Policy
    lease: float = 60.0
    lanes: int = 16
    deadline: float = 20.0
    connect: float = 5.0
    already_have: str | None = None

    def __repr__(self) -> str:
        return f"SenderRules({self.base_url!r}, lanes={self.lanes})"

    @property
    def identity(self) -> str:
        """Tells this key with this URL from any other, and the key to nobody."""
        slow = hashlib.scrypt(self.key.encode(), salt=self.base_url.encode(), n=2**12, r=8, p=1, dklen=12)
        return slow.hex()


def rules_of(settings: LeadSettings, *, lanes: int = 16) -> SenderRules:
    """The rules of these settings. SettingsError: no base URL or no key.

    A request may take a third of the lease at most, and is not begun when half the lease is over: whoever takes over
    can be sure that nothing of the old claim is still under way.
    """
    base_url, key = need_delivery(settings)
    deadline = min(20.0, settings.lease_seconds / 3)
    return SenderRules(
        base_url=base_url,
        key=key.reveal(),
        policy=policy_of(settings.retry_delays),
        lease=settings.lease_seconds,
        lanes=lanes,
        deadline=deadline,
        connect=min(5.0, deadline),
        already_have=settings.already_have,
    )
