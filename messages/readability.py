"""How hard a text is to read: a US school grade for English, and the measure for Spanish that stands for it.

English: Flesch-Kincaid grade, syllables by vowel groups.

Spanish: the Szigriszt-Pazos perspicuity index, read on the INFLESZ scale. It is Flesch's own idea with the
weights fitted to Spanish, whose words have more syllables; a grade formula made for English would call every
Spanish text hard. INFLESZ calls 65 to 80 "fairly easy", the band that Flesch's scale gives to grade 7 (70 to
80, "fairly easy"), and 80 and more "very easy", that of grade 5 and below. So grade 7 or lower is 65 or more.
"""

from __future__ import annotations

import re

FAIRLY_EASY = 65.0  # INFLESZ; the counterpart of US grade 7
VERY_EASY = 80.0  # of grade 5
SENTENCES = r"[.!?]+(?:\s|$)"
# A colon or a list's dash begins a new thought in texts to phones and in lists.
LINES = r"[.!?:;]+(?:\s|$)|\n- "

_STRONG, _WEAK, _ACCENTED_WEAK = "aáeéoó", "iuü", "íú"


def english_grade(text: str, ends: str = SENTENCES) -> float:
    """Flesch-Kincaid: the US school grade that reads it with ease."""
    words = re.findall(r"[A-Za-z']+", text)
    closed = max(1, len(re.findall(ends, text)))
    syllables = sum(max(1, len(re.findall(r"[aeiouy]+", re.sub(r"e\b", "", w.lower())))) for w in words)
    return 0.39 * len(words) / closed + 11.8 * syllables / len(words) - 15.59


def spanish_ease(text: str, ends: str = SENTENCES) -> float:
    """Szigriszt-Pazos: 0 very hard to 100 very easy."""
    words = re.findall(r"[A-Za-zÁÉÍÓÚÜÑáéíóúüñ]+", text)
    closed = max(1, len(re.findall(ends, text)))
    syllables = sum(spanish_syllables(word) for word in words)
    return 206.835 - 62.3 * syllables / len(words) - len(words) / closed


def spanish_syllables(word: str) -> int:
    """Syllables: a strong vowel or an accented weak one makes one; weak ones glide with their neighbour.

    The u of "que", "qui", "gue" and "gui" is silent, a y at the end sounds as i.
    """
    word = re.sub(r"qu(?=[eiéí])", "q", word.lower())
    word = re.sub(r"gu(?=[eiéí])", "g", word)
    word = re.sub(r"y\b", "i", word)
    count = 0
    for group in re.findall(r"[aáeéiíoóuúü]+", word):
        nuclei = sum(letter in _STRONG or letter in _ACCENTED_WEAK for letter in group)
        count += nuclei or (2 if len(group) > 2 else 1)
    return max(1, count)
