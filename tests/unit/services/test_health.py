from faceplate.domain.errors import StorageCorrupt
from faceplate.services.health import Health


def test_each_part_is_reported_by_itself() -> None:
    def corrupt() -> None:
        raise StorageCorrupt("The store's files make no sense.")

    def crash() -> None:
        raise ZeroDivisionError("secret detail")

    report = Health({"fine": lambda: None, "corrupt": corrupt, "crash": crash}).check()
    assert report["fine"].ok
    assert report["fine"].duration_ms >= 0
    assert (report["corrupt"].ok, report["corrupt"].code) == (False, "storage_corrupt")
    assert report["crash"].code == "internal_error"
    assert "secret detail" not in str(report)
