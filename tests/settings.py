from typing import Any

from service.settings import Settings

TEST_SECRET = "a-secret-of-the-test-suite-that-is-long-enough"


def make_settings(database_url: str, redis_url: str, **changes: Any) -> Settings:
    """Settings as the environment would give them; every change is an environment variable's value."""
    environ = {
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "REJOINDER_SECRET_KEYS": TEST_SECRET,
        "REJOINDER_PUBLIC_URL": "http://127.0.0.1:8000",
        "REJOINDER_SUBMIT_LIMIT": "off",
        "REJOINDER_DNS": "off",
    }
    return Settings.from_environment(environ | changes)
