"""The QR code of a sheet, as a drawing: record number and commit, the way back from paper."""

from __future__ import annotations

from io import BytesIO

_MASK = 2  # trying all eight takes ten times as long and no reader needs it


def svg(text: str, *, border: int = 2) -> str:
    """``text`` as the smallest QR code that survives a fold or a stain (error level M), in black on nothing."""
    import segno  # late: only sheets with a number need it

    drawn = BytesIO()
    segno.make_qr(text, error="m", boost_error=False, mask=_MASK).save(
        drawn, kind="svg", border=border, xmldecl=False, svgns=True, nl=False, omitsize=True, lineclass=None,
        svgclass=None,
    )  # fmt: skip
    return drawn.getvalue().decode("ascii")


def is_there() -> bool:
    """Whether codes can be drawn here."""
    from importlib.util import find_spec

    return find_spec("segno") is not None
