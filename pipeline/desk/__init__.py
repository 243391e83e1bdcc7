"""The review desk: what `vitrina serve` shows in a browser. Server-rendered pages over the functions of `pipeline.run`.

    with opening.open_desk(settings, origin.origin_of(None, "127.0.0.1", 8350), clocks) as desk:
        served = app.make_app(desk)

`pages.PAGES` is the table of every page and act with who may ask for it. Callers import the module they need: the
process that checks a file (`work`) loads no web framework, and the pages no data frames.
"""
