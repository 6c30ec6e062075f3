"""Who is logged in, kept in mind for the time when the store cannot be asked.

Where several processes serve a unit, each meets people whose log-in only another one has seen.
"""

import asyncio

from nicu_dashboard.services.accounts import Accounts

KNOW_S = 5.0


async def know_forever(accounts: Accounts) -> None:
    """Learn every five seconds who is logged in and which keys are good."""
    while True:
        await asyncio.to_thread(accounts.know)
        await asyncio.sleep(KNOW_S)
