"""The page of ``hoad play``: type a function, move a point, and see what a derivative is made of.

It is an app of marimo's: a function is a cell, which runs again when a value that it takes has changed.
What is typed is parsed (``expressions``), never evaluated.
"""

import marimo

app = marimo.App(app_title="hoad play", width="medium")

with app.setup:
    import marimo as mo

    from hoad.command import views


@app.cell
def _head():
    mo.md("# Play with a derivative\n\nType a function of x, and move the point. All derivatives are exact.")
    return


@app.cell
def _choices():
    given = mo.cli_args()
    typed = {"yours": str(given.get("function"))} if given.get("function") else {}
    example = mo.ui.dropdown({**typed, **views.EXAMPLES}, value=[*typed, views.START][0], label="an example")
    return example, given


@app.cell
def _typing(example, given):
    expression = mo.ui.text(example.value, label="f(x) =", full_width=True)
    start = mo.ui.number(value=float(given.get("from") or -3), label="from")
    stop = mo.ui.number(value=float(given.get("to") or 3), label="to")
    order = mo.ui.slider(1, 12, value=3, label="order", show_value=True)
    mo.vstack([mo.hstack([expression, example], widths=[3, 1]), mo.hstack([start, stop, order])])
    return expression, order, start, stop


@app.cell
def _moving(given, start, stop):
    mo.stop(
        not start.value < stop.value, mo.callout("The interval is empty: from must be below to.", kind="warn")
    )
    a, b = start.value, stop.value
    middle = min(max(float(given.get("at") or a + 0.6 * (b - a)), a), b)
    point = mo.ui.slider(a, b, step=(b - a) / 240, value=middle, label="x", full_width=True)
    mo.vstack([point])
    return a, b, point


@app.cell
def _function(expression):
    f = views.function(expression.value)
    mo.stop(isinstance(f, str), mo.callout(f, kind="danger"))
    return (f,)


@app.cell
def _views(a, b, f, order, point):
    x = point.value
    mo.ui.tabs(
        {
            "Derivatives": mo.hstack([views.curves(f, x, a, b), mo.md(views.table(f, x, order.value))]),
            "Taylor polynomial": views.polynomials(f, x, a, b, order.value),
            "Dual numbers": mo.plain_text(views.duals(f, x)),
            "Steps": mo.iframe(views.walk(f, x)),
            "Graph": mo.mermaid(views.graph(f, x)),
        }
    )
    return


if __name__ == "__main__":
    app.run()
