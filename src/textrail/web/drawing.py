"""Charts on paper: the same specification as in the browser, as SVG in the light colours."""

from __future__ import annotations

from textrail.web.charts import Chart, config


def draw(chart: Chart, *, width: int, font: str) -> str:
    """The drawing as SVG, `width` pixels wide, its words in `font`. Nothing is fetched for it."""
    import vl_convert

    own = {**config("light"), "font": font}
    return str(
        vl_convert.vegalite_to_svg({**chart.spec, "width": width}, config=own, allowed_base_urls=[])
    )
