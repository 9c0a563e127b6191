"""THE RUNNING PROGRAM: the only place for async, Telegram's library, aiohttp, APScheduler and the environment."""
