"""What somebody wrote in an e-mail, without the letter that it answers, the greeting and the signature.

Mail programs put a line over what they quote ("On ... wrote:"), in the language of their owner; Outlook puts
the old letter's head. Where in doubt, more is kept: a person reads it then.
"""

from __future__ import annotations

import re

_MOST_LINES = 400
_ATTRIBUTION_LINES = 3  # a long "On ... wrote:" is wrapped
_WROTE = re.compile(
    r"\b(?:wrote|escribi[oó]|escreveu|a écrit|schrieb|ha scritto|schreef|skrev|napisał\(?a?\)?|"
    r"написал\(?а?\)?|пише|đã viết|isinulat|nagsulat)\b|"
    r"写道|寫道|님이 작성|작성:|のメール|書きました|كتب|نوشت|գրել է|գրեց"
)
_COLON = re.compile(r"[:：]\s*$")
_WHEN_OR_WHO = re.compile(r"\d|@")
_ORIGINAL = re.compile(
    r"^\W{0,12}(?:original (?:message|appointment)|mensaje original|mensaje reenviado|ursprüngliche nachricht|"
    r"message d'origine|messaggio originale|mensagem original|oorspronkelijk bericht|forwarded message|"
    r"begin forwarded message|исходное сообщение|原始邮件|原始郵件|원본 메시지|thư gốc|الرسالة الأصلية|پیام اصلی)\W{0,12}$",
    re.IGNORECASE,
)
_FROM = re.compile(
    r"^\W{0,3}(?:from|de|von|da|van|från|fra|od|от|发件人|寄件者|差出人|보낸 사람|từ|mula kay|من|از|ից)\W{0,3}[:：]\s*\S",
    re.IGNORECASE,
)
_HEAD = re.compile(
    r"^\W{0,3}(?:sent|date|to|subject|cc|enviado(?: el)?|fecha|para|asunto|gesendet|datum|an|betreff|envoyé|à|objet|"
    r"inviato|data|a|oggetto|enviada(?: em)?|assunto|verzonden|aan|onderwerp|отправлено|кому|тема|发送时间|收件人|主题|日期|"
    r"傳送時間|收件者|主旨|送信日時|宛先|件名|보낸 날짜|받는 사람|제목|đã gửi|tới|chủ đề|ipinadala|أرسل|إلى|الموضوع|ارسال|به|موضوع)\W{0,3}[:：]",
    re.IGNORECASE,
)
_RULE = re.compile(r"^\s*[_=*-]{10,}\s*$")
_SIGNATURE = re.compile(
    r"^\s*(?:--\s*$|sent from (?:my|the|yahoo|outlook|mail for)\b|get outlook for\b|enviado desde (?:mi|el)\b|"
    r"obtener outlook para\b|envoyé de(?:puis)? mon\b|von meinem \w+ gesendet|inviato da\b|enviado do meu\b|"
    r"verzonden (?:vanaf|met) mijn\b|发自我的|從我的|나의 \w+에서 보냄|отправлено с\b|gửi từ \w+ của tôi|أُ?رسل من|ارسال شده از)",
    re.IGNORECASE,
)
_GREETING = re.compile(
    r"(?:hi|hello|hey|dear|good (?:morning|afternoon|evening)|hola|buen[oa]s(?: (?:d[ií]as|tardes|noches))?|estimad[oa]s?)"
    r"\b[^.?\n]{0,40}[,!.:]?",
    re.IGNORECASE,
)
_CLOSING = re.compile(
    r"(?:thanks|thank you|many thanks|thx|best|best regards|kind regards|regards|sincerely|warmly|cheers|"
    r"(?:muchas |mil )?gracias|saludos(?: cordiales)?|atentamente|cordialmente|un saludo)\b[^.?\n]{0,25}",
    re.IGNORECASE,
)
MACHINE_SUBJECT = re.compile(
    r"(?:automatic reply|auto(?:matic)?[- ]?(?:reply|response)\b|auto:|out of (?:the )?office|on vacation|"
    r"respuesta autom[aá]tica|fuera de (?:la )?oficina|réponse automatique|absence du bureau|automatische antwort|"
    r"abwesenheit|risposta automatica|resposta autom[aá]tica|automatisch antwoord|автоматический ответ|автоответ|"
    r"自动回复|自動回覆|自动答复|自動返信|자동 ?회신|부재중|trả lời tự động|tự động trả lời|awtomatikong tugon|رد تلقائي|پاسخ خودکار|ինքնաշխատ պատասխան)",
    re.IGNORECASE,
)


def written(text: str) -> str:
    """What the person wrote themselves; "" where there is nothing but a quotation."""
    lines = _without_quotation(text.replace("\r\n", "\n").split("\n")[:_MOST_LINES])
    return "\n".join(_without_politeness(lines)).strip()


def _without_quotation(lines: list[str]) -> list[str]:
    kept: list[str] = []
    place = 0
    while place < len(lines):
        line = lines[place]
        if line.lstrip().startswith(">"):
            place += 1
            continue
        if _SIGNATURE.match(line) or _ORIGINAL.match(line) or _outlook_head(lines, place):
            break
        if _RULE.match(line) and _outlook_head(lines, _next(lines, place + 1)):
            break
        taken = _attribution(lines, place)
        if taken:
            after = _next(lines, place + taken)
            if after >= len(lines) or not lines[after].lstrip().startswith(">"):
                break  # quoted without marks, to the end
            place = after
            continue
        kept.append(line)
        place += 1
    return kept


def _attribution(lines: list[str], place: int) -> int:
    """How many lines from here are an "On ... wrote:"; 0 where they are none."""
    if not lines[place].strip():
        return 0
    joined = ""
    for count in range(1, _ATTRIBUTION_LINES + 1):
        if place + count > len(lines) or not lines[place + count - 1].strip():
            return 0
        joined = f"{joined} {lines[place + count - 1].strip()}"[:500]
        if not _COLON.search(joined):
            continue
        if _WROTE.search(joined) and _WHEN_OR_WHO.search(joined):
            return count
        after = _next(lines, place + count)
        marked = after < len(lines) and lines[after].lstrip().startswith(">")
        return count if marked and "@" in joined else 0  # some other language's word for it
    return 0


def _outlook_head(lines: list[str], place: int) -> bool:
    if place >= len(lines) or not _FROM.match(lines[place][:300]):
        return False
    return any(_HEAD.match(line[:300]) for line in lines[place + 1 : place + 5])


def _next(lines: list[str], place: int) -> int:
    while place < len(lines) and not lines[place].strip():
        place += 1
    return place


def _without_politeness(lines: list[str]) -> list[str]:
    """A greeting above something, and a thank-you with at most a name's lines below, say nothing."""
    first = _next(lines, 0)
    rest = lines[first:]
    if len([line for line in rest if line.strip()]) > 1 and _GREETING.fullmatch(rest[0].strip()):
        rest = rest[1:]
    for place, line in enumerate(rest):
        below = [one for one in rest[place + 1 :] if one.strip()]
        above = any(one.strip() for one in rest[:place])
        if (
            above
            and _CLOSING.fullmatch(line.strip())
            and len(below) <= 2
            and all(len(one) < 40 for one in below)
        ):
            return rest[:place]
    return rest
