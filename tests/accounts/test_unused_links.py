"""What ends a sign-in link that nobody has used."""

import pytest

from service.accounts import account_administration
from service.accounts.moderators import ALL_SITES
from service.accounts.sign_in import SignInLinkSpent, follow_link
from tests.factories import add_moderator
from tests.factories.moderator import PASSWORD

CHANGES = [
    pytest.param({"password": PASSWORD}, id="a new password"),
    pytest.param({"role": "admin"}, id="another role"),
    pytest.param({"sites": [ALL_SITES]}, id="other sites"),
]


@pytest.mark.parametrize("change", CHANGES)
def test_an_unused_link_ends_with_what_it_was_made_for(services, site, change):
    moderator, other = (add_moderator(services, "viewer", site, address=f"{n}@example.org") for n in range(2))
    _, link = account_administration.let_in(services, None, moderator.id)
    _, others = account_administration.let_in(services, None, other.id)
    account_administration.change(services, None, moderator.id, **change)
    with pytest.raises(SignInLinkSpent):
        follow_link(services, link)
    follow_link(services, others)
    follow_link(services, account_administration.let_in(services, None, moderator.id)[1])


def test_a_new_name_leaves_links_alone(services, site):
    moderator = add_moderator(services, "viewer", site)
    _, link = account_administration.let_in(services, None, moderator.id)
    account_administration.change(services, None, moderator.id, name="Else", role="viewer")
    follow_link(services, link)


def test_a_second_link_takes_the_place_of_the_first(services, site):
    moderator = add_moderator(services, "viewer", site)
    first, second = (account_administration.let_in(services, None, moderator.id)[1] for _ in range(2))
    with pytest.raises(SignInLinkSpent):
        follow_link(services, first)
    follow_link(services, second)
