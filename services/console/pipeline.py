"""``/pipeline``: every worker as it runs, live."""

from dataclasses import asdict
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, Response

from services.console.context import Context, context_of, texts_for
from services.console.language import Texts
from services.console.pages import page
from services.console.sampling import PLOTTED, STATES
from services.console.targets import picture
from services.console.watch import EVERY_SECONDS
from services.runtime.troubles import Trouble

router = APIRouter()

COLOURS: Final = 12
"""Lines that a plot can tell apart, by the classes ``c0`` … of the style; one for each worker."""


@router.get("/pipeline")
async def pipeline(request: Request) -> Response:
    """Show the page; its numbers come from :func:`data` at once and then every few seconds."""
    texts, watch = texts_for(request), context_of(request).watch
    return page(
        request,
        "pipeline.html",
        columns=picture(watch.series.names),
        names=watch.series.names,
        plotted=PLOTTED,
        colours=COLOURS,
        words=_words(texts),
        every=EVERY_SECONDS,
    )


def _words(texts: Texts) -> dict[str, str]:
    """Return what the page's script says; it fills in ``{n}`` and ``{age}`` itself."""
    plain = ("unknown", "second", "now", "minutes_ago")
    return (
        {f"state.{state}": texts(f"state.{state}") for state in STATES}
        | {f"trouble.{one}": texts(f"trouble.{one}") for one in Trouble}
        | {key: texts(f"pipeline.{key}") for key in plain}
        | {
            "letters": texts("pipeline.letters", n="{n}", age="{age}"),
            "letters_one": texts("pipeline.letters", n=1, age="{age}"),
        }
    )


@router.get("/pipeline/data")
async def data(request: Request, after: Annotated[int, Query(ge=0)] = 0) -> JSONResponse:
    """Return where the workers stand now, and the points since moment ``after``."""
    return JSONResponse(_now(context_of(request)) | context_of(request).watch.series.after(after))


def _now(context: Context) -> dict[str, Any]:
    newest = context.watch.series.newest
    points = {} if newest is None else newest[1]
    return {
        "kafka": context.watch.kafka_answers,
        "letters": None if context.watch.letters is None else asdict(context.watch.letters),
        "workers": {name: asdict(point) for name, point in points.items()},
    }
