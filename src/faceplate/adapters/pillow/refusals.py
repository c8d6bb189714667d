"""The ways a picture can be refused, in our words."""

from __future__ import annotations

from faceplate.domain.errors import InvalidImage

MIN_SIDE_PX = 16
"""Below this no detector finds anything."""

MAX_SIDE_PX = 65_535
"""The longest side a JPEG can have; longer rows only serve to exhaust memory."""


def corrupt(why: str = "its data makes no sense") -> InvalidImage:
    """Make the error for a picture whose bytes contradict its format."""
    return InvalidImage(f"The picture is damaged: {why}.", code="image_corrupt")


def truncated() -> InvalidImage:
    """Make the error for a picture that ends too early."""
    return InvalidImage("The picture is cut off: its data ends early.", code="image_truncated")


def unsupported(why: str) -> InvalidImage:
    """Make the error for a format, or a kind of it, that is not read."""
    return InvalidImage(why, code="image_format_unsupported")


def require_size(width_px: int, height_px: int, max_pixels: int) -> None:
    """Refuse sides and areas out of bounds.

    Raises:
        InvalidImage: Too small or too many pixels.
    """
    sides = {"width_px": width_px, "height_px": height_px}
    if width_px < MIN_SIDE_PX or height_px < MIN_SIDE_PX:
        raise InvalidImage(
            f"The picture is {width_px} x {height_px} pixels; "
            f"each side must have at least {MIN_SIDE_PX}.",
            code="image_too_small",
            details=sides,
        )
    if width_px * height_px > max_pixels or max(width_px, height_px) > MAX_SIDE_PX:
        raise InvalidImage(
            f"The picture claims {width_px} x {height_px} pixels; at most {max_pixels} are "
            f"allowed, and {MAX_SIDE_PX} a side.",
            code="image_too_many_pixels",
            details={**sides, "max_pixels": max_pixels},
        )
