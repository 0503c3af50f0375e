"""Every route says who may call it, what it takes and what it answers."""

import re

from service.accounts.access import opened_to
from service.app import create_app
from service.described import description_of


def test_every_route_states_who_may_call_it(services):
    app = create_app(services)
    silent = [
        f"{rule.rule} ({rule.endpoint})"
        for rule in app.url_map.iter_rules()
        if opened_to(app.view_functions[rule.endpoint]) is None
    ]
    assert silent == []


def test_every_api_route_is_described(services):
    app = create_app(services)
    silent = [
        f"{rule.rule} ({rule.endpoint})"
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/") and description_of(app.view_functions[rule.endpoint]) is None
    ]
    assert silent == []


def test_two_apps_live_in_one_process(services):
    first, second = create_app(services), create_app(services)
    assert first is not second
    assert first.test_client().get("/healthz").status_code == 200
    assert second.test_client().get("/healthz").status_code == 200


def test_no_path_of_the_desk_reaches_the_database_with_a_nul_in_it(services):
    app = create_app(services)
    client = app.test_client()
    asked = {
        re.sub("<[^>]+>", "a%00b", rule.rule): (rule.methods or set()) - {"HEAD", "OPTIONS"}
        for rule in app.url_map.iter_rules()
        if rule.arguments and "moderat" in rule.rule
    }
    answers = {(path, method): client.open(path, method=method).status_code for path in asked for method in asked[path]}
    assert set(answers.values()) == {404}, answers
