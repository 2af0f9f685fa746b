"""Compiled templates that the runs on this machine keep: Jinja takes up to a second for what one of them shows."""

from pathlib import Path
from tempfile import NamedTemporaryFile

from jinja2.bccache import Bucket

from functions.web import render
from local.paths import STATE
from shared.mail import renderer
from shared.template_cache import CompiledTemplates

FOLDER = STATE / "templates"


def keep_compiled_templates(folder: Path = FOLDER) -> None:
    """Makes this process read compiled templates from the folder, and write there what it had to compile.

    Those of pages and of emails are apart, as in the package. A template whose text has changed is compiled again.
    """
    render.COMPILED, renderer.COMPILED = folder / "pages", folder / "emails"
    for each in (render.COMPILED, renderer.COMPILED):
        each.mkdir(parents=True, exist_ok=True)
    CompiledTemplates.dump_bytecode = _keep  # type: ignore[method-assign]  # the deployed service keeps nothing


def _keep(self: CompiledTemplates, bucket: Bucket) -> None:
    path = self.path(bucket)
    # Two hosts, or two threads of one, may write at once while a third reads.
    with NamedTemporaryFile(dir=path.parent, delete=False) as written:
        written.write(bucket.bytecode_to_string())
    Path(written.name).replace(path)
