"""Sphinx's settings for the site. ``make docs`` builds it into ``build/site``, and a warning is an error
there.
"""

import hashlib
import os
import sys
from importlib.util import find_spec
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent
sys.path.insert(0, str(HERE))  # pages.py, which prepares the pages

import hoad  # noqa: E402

project, author, release = "hoad", "The hoad developers", hoad.__version__
project_copyright = "The hoad developers"
extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.napoleon",
    "sphinx.ext.mathjax",
    "myst_nb",
    "sphinx_copybutton",
    "sphinx_design",
    "pages",
]
source_suffix = {".rst": "restructuredtext", ".md": "myst-nb"}
exclude_patterns = ["_templates"]
templates_path = ["_templates"]

# -- Look ----------------------------------------------------------------------------------------------------

html_theme = "pydata_sphinx_theme"
html_title = f"hoad {release}"
html_static_path = ["_static"]
html_css_files = ["hoad.css"]
html_favicon = "_static/hoad.svg"
html_context = {"default_mode": "auto"}
html_theme_options = {
    "logo": {"text": "hoad", "image_light": "_static/hoad.svg", "image_dark": "_static/hoad.svg"},
    "navbar_align": "left",
    "show_prev_next": True,
    "show_toc_level": 2,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
    "header_links_before_dropdown": 6,
    "pygments_light_style": "tango",
    "pygments_dark_style": "monokai",
}
html_sidebars = {"index": [], "gallery": []}
html_show_sourcelink = False
html_copy_source = False
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True

# -- Mathematics: MathJax from its package, laid beside the pages, so that nothing is asked of the network ---

mathjax_path = "tex-svg-full.js"
mathjax3_config = {"svg": {"fontCache": "local"}, "options": {"enableMenu": False}}
html_static_path.append(
    str(Path(str(find_spec("mathjax").origin)).parent / "static/mathjax/es5" / mathjax_path)
)

# -- Notebooks: run as they are built, and again where a cell or hoad itself has changed ---------------------

nb_execution_mode = "cache"
nb_execution_raise_on_error = True
nb_execution_timeout = 120
nb_merge_streams = True
suppress_warnings = ["mystnb.unknown_mime_type"]  # a drawing in Mermaid stands beside a table
nb_code_prompt_show = "Show the solution"
nb_code_prompt_hide = "Hide the solution"
sources = sorted((ROOT / "hoad").rglob("*.py"))
digest = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:12]
nb_execution_cache_path = str(ROOT / "build" / "notebooks" / digest)
os.environ["IPYTHONDIR"] = str(HERE / "_ipython")  # pictures as SVG
os.environ["MATPLOTLIBRC"] = str(HERE / "_ipython" / "matplotlibrc")
os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# -- Words ---------------------------------------------------------------------------------------------------

myst_enable_extensions = ["amsmath", "colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 4
autosummary_generate = True
autodoc_typehints = "none"  # docstrings say what arguments are
autodoc_member_order = "bysource"
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_rtype = False
napoleon_custom_sections = ["Source", "Modes"]
nitpicky = True
