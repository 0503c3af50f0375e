"""Standard error goes to logs: what an operator typed in the wrong place is not echoed."""

import pytest

from service.cli import run

SECRETS = [
    pytest.param("canary.bird@example.org", "canary", id="address"),
    pytest.param("rj_admin_kXw7canaryvF2mQpZr9LtYb3sNdHc6Ga8Je1Uo4iTx0", "canary", id="key"),
    pytest.param("postgresql://owner:canary@db.example/rejoinder", "canary", id="password in a URL"),
    pytest.param("redis://:can:canary@cache.example/0", "canary", id="password with a colon in a URL"),
]
COMMANDS = [
    pytest.param(lambda text: [text], id="command"),
    pytest.param(lambda text: ["site", text], id="subcommand"),
    pytest.param(lambda text: ["key", "add", "gazette", text], id="argument too many"),
    pytest.param(lambda text: ["key", "add", "gazette", "--scope", text], id="choice"),
    pytest.param(lambda text: ["site", "set", "gazette", f"--{text}"], id="option"),
    pytest.param(lambda text: ["site", "add", "gazette", "--language", text], id="checked value"),
]


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("typed, secret", SECRETS)
def test_a_wrong_call_keeps_secrets(capsys, command, typed, secret):
    assert run(command(typed)) == 2
    said = capsys.readouterr()
    assert secret not in said.out + said.err
    assert "Usage: rejoinder" in said.err


def test_a_wrong_call_says_what_is_wrong(capsys):
    assert run(["key", "add", "gazette", "--scope", "king"]) == 2
    said = capsys.readouterr().err
    assert "Usage: rejoinder key add" in said
    assert "'king' is not one of" in said
