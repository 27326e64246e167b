"""Cards as the robots of company messengers take them: a coloured head, facts, a link. Pure.

WeCom takes Markdown with three colours, DingTalk an action card, Feishu an interactive card,
Slack an attachment (the vendors' pages on group robots and incoming webhooks).
"""

from typing import Any, Final, Literal

from services.sender.channels.port import Card, Tone

Kind = Literal["wecom", "dingtalk", "feishu", "slack"]
LONGEST: Final[dict[Kind, int]] = {
    "wecom": 2048,
    "dingtalk": 20_000,
    "feishu": 20_000,
    "slack": 40_000,
}
"""Bytes of a plain text that a robot takes; of the last three, of a whole body."""
_LONGEST_WECOM_CARD: Final = 4096
_WECOM: Final[dict[Tone, str]] = {"red": "warning", "orange": "warning", "blue": "info"}
_HEX: Final[dict[Tone, str]] = {"red": "#c62828", "orange": "#e07b00", "blue": "#0b63b5"}
_MARKING: Final = str.maketrans("<>[]*`_#", "＜＞［］＊｀＿＃")
"""What Markdown would take for its own; these look the same and mean nothing."""
_ADDRESSING: Final = str.maketrans("<>", "＜＞")
"""In plain texts WeCom and Feishu read only this: ``<@id>``, ``<at user_id="all">``."""
_ENTITIES: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
"""What Slack wants these three written as: bare, they are links and calls to everybody."""


def carded(kind: Kind, title: str, text: str, card: Card) -> dict[str, Any]:
    """Return the body to post."""
    match kind:
        case "wecom":
            return {"msgtype": "markdown", "markdown": {"content": _wecom(title, text, card)}}
        case "dingtalk":
            return _dingtalk(title, text, card)
        case "feishu":
            return {"msg_type": "interactive", "card": _feishu(title, text, card)}
        case "slack":
            return _slack(title, text, card)


def _wecom(title: str, text: str, card: Card) -> str:
    facts = [
        f'> {_named(name)}<font color="comment">{_safe(value)}</font>' for name, value in card.facts
    ]
    tail = [f"[{card.link_text}]({card.link})"] if card.link else []
    head = f'**<font color="{_WECOM[card.tone]}">{_safe(title)}</font>**'
    rest = "\n".join(["", *facts, *tail])
    return (
        "\n".join([head, fitting(_safe(text), _LONGEST_WECOM_CARD - len(f"{head}{rest}".encode()))])
        + rest
    )


def _dingtalk(title: str, text: str, card: Card) -> dict[str, Any]:
    facts = [f"- {_named(name)}**{_safe(value)}**" for name, value in card.facts]
    # Its clients on phones know the colour only without quotes, and a line's end only after blanks.
    head = f"#### <font color={_HEX[card.tone]}>{_safe(title)}</font>"
    told = fitting(_safe(text), LONGEST["dingtalk"] // 2).replace("\n", "  \n")
    words = "\n\n".join([head, told, "\n".join(facts)])
    if not card.link:
        return {"msgtype": "markdown", "markdown": {"title": title, "text": words.strip()}}
    shown = {"title": title, "text": words.strip(), "btnOrientation": "0"}
    return {
        "msgtype": "actionCard",
        "actionCard": shown | {"singleTitle": card.link_text, "singleURL": card.link},
    }


def _feishu(title: str, text: str, card: Card) -> dict[str, Any]:
    elements: list[dict[str, Any]] = [
        {"tag": "div", "text": _said(fitting(text.strip(), LONGEST["feishu"] // 2))}
    ]
    if card.facts:
        shown = [
            {"is_short": True, "text": {"tag": "lark_md", "content": f"**{_safe(n)}**\n{_safe(v)}"}}
            for n, v in card.facts
        ]
        elements.append({"tag": "div", "fields": shown})
    if card.link:
        button = {"tag": "button", "text": _said(card.link_text), "type": "primary"}
        elements.append({"tag": "action", "actions": [button | {"url": card.link}]})
    header = {"title": _said(title), "template": card.tone}
    return {"config": {"wide_screen_mode": True}, "header": header, "elements": elements}


def _slack(title: str, text: str, card: Card) -> dict[str, Any]:
    told = fitting(text.strip(), LONGEST["slack"] // 4)
    facts = [(plain("slack", name), plain("slack", value)) for name, value in card.facts]
    shown: dict[str, Any] = {
        "color": _HEX[card.tone],
        "fallback": plain("slack", f"{title}\n{told}"),
        "title": plain("slack", title),
        "text": plain("slack", told),
        "fields": [{"title": name, "value": value, "short": True} for name, value in facts],
    }
    return {"attachments": [shown | ({"title_link": card.link} if card.link else {})]}


def plain(kind: Kind, text: str) -> str:
    """Return a text as this kind shows it word for word, calling nobody."""
    match kind:
        case "slack":
            return text.translate(_ENTITIES)
        case "wecom" | "feishu":
            return text.translate(_ADDRESSING)
        case "dingtalk":  # whom it calls stands in a field of its own
            return text


def _said(text: str) -> dict[str, str]:
    return {"tag": "plain_text", "content": text}


def _named(name: str) -> str:
    """Return a name with the colon of its language behind it."""
    return f"{_safe(name)}: " if name.isascii() else f"{_safe(name)}："


def _safe(text: str) -> str:
    return text.strip().translate(_MARKING)


def fitting(text: str, longest: int) -> str:
    """Return as many whole characters of ``text`` as fit into ``longest`` bytes."""
    if len(text.encode()) <= longest:
        return text
    return text.encode()[: longest - 3].decode(errors="ignore") + "…"
