"""The program's own measure of how hard a text is to read."""

from messages.readability import FAIRLY_EASY, LINES, VERY_EASY, english_grade, spanish_ease

__all__ = ["FAIRLY_EASY", "LINES", "VERY_EASY", "english_grade", "spanish_ease"]
