from models import Moderator
from service.accounts.sessions import start_session
from service.wiring import Services


def add_desk_session(services: Services, moderator: Moderator | str) -> str:
    """The cookie's value of a browser in which the moderator (or the one of this id) has signed in."""
    moderator_id = moderator if isinstance(moderator, str) else moderator.id
    with services.write() as session:
        return start_session(session, moderator_id=moderator_id, now=services.clock.now())
