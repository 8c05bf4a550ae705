"""A label in both languages."""

from __future__ import annotations

from logbook.core.value import frozen


@frozen
class Text:
    """What people read, in Chinese and in English."""

    zh: str
    en: str

    def say(self, lang: str) -> str:
        """The text in ``lang`` (``zh`` or ``en``); the other language where one is missing."""
        return (self.zh or self.en) if lang == "zh" else (self.en or self.zh)

    def __bool__(self) -> bool:
        return bool(self.zh or self.en)
