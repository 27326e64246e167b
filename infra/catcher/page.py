"""The page on which people look at what was caught, in both languages. Pure."""

import html
from collections import Counter
from collections.abc import Sequence
from typing import Final
from urllib.parse import quote

from infra.catcher.box import Caught, Way

_SHOWN: Final = 500
NAMES: Final[dict[Way, str]] = {
    "smtp": "邮件 · E-mail",
    "sms": "短信 · SMS",
    "smpp": "短信 · SMS (SMPP)",
    "voice": "语音电话 · Voice call",
    "push": "应用推送 · App",
    "chat": "工作群 · Team chat",
    "letter": "信函 · Letter",
    "http": "网关 · Gateway",
}
STYLE: Final = """
:root{--ink:#1d2733;--soft:#5b6876;--line:#d9dfe6;--paper:#fff;--ground:#f3f5f8;--mark:#0b63b5}
*{box-sizing:border-box}
body{font:15px/1.6 system-ui,"PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif;margin:0;
color:var(--ink);background:var(--ground)}
header,main{max-width:56rem;margin:0 auto;padding:1.2rem 1rem}
h1{font-size:1.35rem;margin:0 0 .2rem}
nav{display:flex;flex-wrap:wrap;gap:.4rem;margin-top:.8rem}
nav a{padding:.2rem .7rem;border:1px solid var(--line);border-radius:1rem;background:var(--paper);
text-decoration:none;color:var(--ink)}
nav a[aria-current]{background:var(--mark);border-color:var(--mark);color:#fff}
article{background:var(--paper);border:1px solid var(--line);border-radius:.5rem;
padding:.9rem 1.1rem;margin:0 0 .8rem}
h2{font-size:1.05rem;margin:.1rem 0 .3rem}
.way{font-size:.85rem;font-weight:600;color:var(--mark)}
.facts{color:var(--soft);font-size:.85rem;overflow-wrap:anywhere}
pre{white-space:pre-wrap;overflow-wrap:anywhere;font:inherit;margin:.5rem 0 0;
border-left:3px solid var(--line);padding-left:.8rem}
.chat pre,.sms pre,.smpp pre,.push pre{background:#e9f3fd;border:0;border-radius:.6rem;
padding:.6rem .9rem;display:inline-block}
details{margin-top:.6rem}summary{color:var(--mark);cursor:pointer;font-size:.85rem}
form{display:flex;gap:.6rem;align-items:end;margin-top:.4rem}
textarea{flex:1;font:inherit;border:1px solid var(--line);border-radius:.3rem;padding:.4rem}
button{font:inherit;border:0;border-radius:.3rem;background:var(--mark);color:#fff;
padding:.45rem 1rem}
.said{background:#e7f4ea;border-left:.3rem solid #12703a;padding:.6rem .9rem}
.letter pre{font-family:STSong,"Songti SC","Noto Serif CJK SC",serif}
"""
_PAGE: Final = """<!doctype html>
<html lang="zh-CN"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{count} caught · 收到 {count} 条</title><style>{style}</style>
<header><h1>收到 {count} 条通知 · {count} notices caught</h1>
<div class="facts">最新的在前 · newest first · <a href="/messages">JSON</a></div>
<nav>{links}</nav></header>
<main>{said}{articles}</main></html>
"""
_SAID: Final = {
    "taken": "回复已送达投诉系统 · your answer went to the complaints system",
    "refused": "回复未被接收 · your answer was not taken",
}
_REPLY: Final = """<details><summary>以收件人身份回复 · answer as its receiver</summary>
<form method="post" action="/reply"><input type="hidden" name="id" value="{id}">
<textarea name="text" rows="2" required></textarea><button>发送 · Send</button></form></details>
"""
_ARTICLE: Final = """<article class="{way}"><div class="way">{name}</div>{title}
<div class="facts">{facts}</div>{body}{reply}</article>
"""


def page(messages: Sequence[Caught], way: str | None = None, said: str | None = None) -> str:
    """Return the page with the newest messages, those of one ``way`` only if it is given; ``said``
    is what became of an answer."""
    counts = Counter(one.way for one in messages)
    links = [_link("/", f"全部 · All {len(messages)}", way is None)]
    links += [
        _link(f"/?way={one}", f"{name} {counts[one]}", way == one)
        for one, name in NAMES.items()
        if counts[one]
    ]
    shown = [one for one in reversed(messages) if way in (None, one.way)][:_SHOWN]
    articles = "".join(map(_article, shown))
    words = _SAID.get(said or "")
    return _PAGE.format(
        count=len(messages),
        style=STYLE,
        links="".join(links),
        articles=articles,
        said=f'<p class="said">{words}</p>' if words else "",
    )


def _link(target: str, text: str, is_here: bool) -> str:
    here = ' aria-current="page"' if is_here else ""
    return f'<a href="{html.escape(target)}"{here}>{html.escape(text)}</a>'


def _article(one: Caught) -> str:
    facts = [html.escape(text) for text in (one.to.replace("\n", ", "), one.at, one.id) if text]
    if one.document:
        facts.append(f'<a href="/letters/{html.escape(one.id, quote=True)}.pdf">PDF</a>')
    if one.html:
        facts.append(f'<a href="/html/{quote(one.id, safe="")}">HTML</a>')
    return _ARTICLE.format(
        way=one.way,
        name=NAMES[one.way],
        title=f"<h2>{html.escape(one.subject)}</h2>" if one.subject else "",
        facts=" · ".join(facts),
        body=f"<pre>{html.escape(one.text.strip())}</pre>",
        reply=_REPLY.format(id=html.escape(one.id, quote=True)) if _may_reply(one) else "",
    )


def _may_reply(one: Caught) -> bool:
    return one.way == "smpp" or "Reply-To" in one.headers
