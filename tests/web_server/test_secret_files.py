"""A secret may stand in a file; what is wrong with it is told without the secret."""

from pathlib import Path

import pytest

from service.errors import Misconfigured
from service.settings import Settings
from service.settings.secret_files import SECRET_SETTINGS, with_secret_files


@pytest.mark.parametrize("name", SECRET_SETTINGS)
def test_a_file_stands_for_its_setting(tmp_path: Path, name: str) -> None:
    (tmp_path / "secret").write_text(f"redis://{'s' * 40}\n")
    found = with_secret_files({f"{name}_FILE": str(tmp_path / "secret"), name: ""})
    assert found == {name: f"redis://{'s' * 40}"}
    assert with_secret_files(found) == found


def test_secrets_may_stand_a_line_each(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text(f"{'n' * 40}\n{'o' * 40}\n")
    environ = {"DATA_DIR": str(tmp_path), "REJOINDER_SECRET_KEYS_FILE": str(tmp_path / "keys")}
    assert Settings.from_environment(environ).secrets == ("n" * 40, "o" * 40)


@pytest.mark.parametrize(
    ("content", "value", "says"),
    [
        (b"hidden", "canary", "are both set"),
        (b"", "", "is empty"),
        (b"\xff\xfe", "", "is no text"),
        (None, "", "No such file"),
    ],
)
def test_what_is_wrong_is_one_line(tmp_path: Path, content: bytes | None, value: str, says: str) -> None:
    if content is not None:
        (tmp_path / "secret").write_bytes(content)
    with pytest.raises(Misconfigured, match=says) as raised:
        with_secret_files({"SMTP_URL_FILE": str(tmp_path / "secret"), "SMTP_URL": value})
    assert "canary" not in str(raised.value)
    assert "hidden" not in str(raised.value)
