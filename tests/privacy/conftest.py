import pytest

from models import Site
from service.wiring import Services
from tests.privacy.writers import Writers


@pytest.fixture
def writers(services: Services, site: Site) -> Writers:
    return Writers.on(services, site)
