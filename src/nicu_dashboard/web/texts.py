"""Text in forms: on one line, or prose with line breaks; without what no store keeps and no screen shows."""

from pydantic import AfterValidator

from nicu_dashboard.domain.texts import is_line


def _line(text: str | None) -> str | None:
    if text is None:
        return None
    if not is_line(text):
        raise ValueError("holds characters that cannot be shown on one line")
    return text.strip()


def _prose(text: str | None) -> str | None:
    if text is not None and not is_line("".join(one for one in text if one not in "\r\n\t")):
        raise ValueError("holds characters that cannot be shown")
    return text


def _name(text: str | None) -> str | None:
    name = _line(text)
    if name and not any(one.isalnum() for one in name):
        raise ValueError("has no letter in it; leave it out when it is not known")
    return name


ONE_LINE = AfterValidator(_line)
PROSE = AfterValidator(_prose)
NAME = AfterValidator(_name)
