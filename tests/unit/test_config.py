import os
from pathlib import Path

import pytest

from faceplate.config import describe_settings, load_settings, usable_cores
from faceplate.domain.errors import Misconfigured


@pytest.fixture(autouse=True)
def nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An empty working folder, and no setting in the environment."""
    for name in [name for name in os.environ if name.upper().startswith("FACEPLATE_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def sources() -> dict[str, tuple[str, str]]:
    return {
        row["setting"]: (row["value"], row["source"]) for row in describe_settings(load_settings())
    }


def test_constructor_comes_before_environment_before_dotenv(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert load_settings().port == 8000
    (tmp_path / ".env").write_text("FACEPLATE_PORT=9001\n")
    assert load_settings().port == 9001
    assert sources()["FACEPLATE_PORT"] == ("9001", ".env")
    monkeypatch.setenv("FACEPLATE_PORT", "9002")
    assert load_settings().port == 9002
    assert sources()["FACEPLATE_PORT"] == ("9002", "environment")
    assert load_settings(port=9003).port == 9003


def test_other_programs_variables_in_dotenv_are_none_of_our_business(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(
        "# note\nOTHER=1\nexport SOMETHING='x'\nFACEPLATE_URL=http://x\n"
    )
    assert load_settings().port == 8000


@pytest.mark.parametrize("name", ["FACEPLATE_PROT", "FACEPLATE_ENGINE__MODLE", "FACEPLATE_PORT__X"])
def test_an_unknown_name_is_an_error_wherever_it_stands(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    monkeypatch.setenv(name, "1")
    with pytest.raises(Misconfigured) as caught:
        load_settings()
    assert caught.value.code == "setting_unknown"
    assert name in caught.value.message
    monkeypatch.delenv(name)
    (tmp_path / ".env").write_text(f"{name}=1\n")
    with pytest.raises(Misconfigured):
        load_settings()
    with pytest.raises(Misconfigured):
        load_settings(prot=1)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("FACEPLATE_PORT", "secret-looking"),
        ("FACEPLATE_PORT", "70000"),
        ("FACEPLATE_ENGINE", "{not json"),
        ("FACEPLATE_ENGINE__ATTRIBUTES", "SHOE_SIZE"),
        ("FACEPLATE_COLLECTION", "no spaces"),
        ("FACEPLATE_API_KEY", "   "),
        ("FACEPLATE_REKOGNITION__ACCESS_KEY_ID", "AKIDALONE"),
        ("FACEPLATE_REKOGNITION__SECRET_ACCESS_KEY", "a secret alone"),
        ("FACEPLATE_REKOGNITION__REGION", "no region!"),
    ],
)
def test_a_wrong_value_is_named_and_not_repeated(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(Misconfigured) as caught:
        load_settings()
    assert caught.value.code == "setting_invalid"
    assert name in caught.value.message
    assert value.strip() not in caught.value.message or not value.strip()


def test_lists_and_nested_settings_come_from_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FACEPLATE_CORS_ORIGINS", "https://a.example, https://b.example")
    monkeypatch.setenv("FACEPLATE_ENGINE__ATTRIBUTES", "AGE_RANGE,GENDER")
    monkeypatch.setenv("FACEPLATE_ENGINE__FILES__sface", "/weights/sface.onnx")
    monkeypatch.setenv("FACEPLATE_LIMITS__ENABLED", "true")
    settings = load_settings()
    assert settings.cors_origins == ("https://a.example", "https://b.example")
    assert settings.engine.attributes == ("AGE_RANGE", "GENDER")
    assert settings.engine.files == {"sface": Path("/weights/sface.onnx")}
    assert settings.limits.enabled
    assert sources()["FACEPLATE_ENGINE__FILES"][1] == "environment"


def test_secrets_are_masked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FACEPLATE_API_KEY", "a very secret key")
    assert sources()["FACEPLATE_API_KEY"] == ("********", "environment")
    assert "very secret" not in repr(load_settings())


def test_folders_follow_the_models_folder(tmp_path: Path) -> None:
    settings = load_settings(engine={"models_dir": tmp_path / "weights", "threads": 3})
    assert settings.models_dir == tmp_path / "weights"
    assert settings.samples_dir == tmp_path / "samples"
    assert settings.worker_threads == 3
    assert load_settings().worker_threads == usable_cores()
    assert load_settings().models_dir.name == "models"
    assert {
        row["source"]
        for row in describe_settings(settings)
        if row["setting"] == "FACEPLATE_ENGINE__THREADS"
    } == {"command line"}
