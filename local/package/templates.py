"""Templates compiled for the package: the first page of a process does not wait for Jinja."""

import shutil
from pathlib import Path
from types import CodeType

from jinja2.bccache import Bucket

from functions.web import render
from local.paths import ROOT
from shared.mail import renderer
from shared.template_cache import CompiledTemplates

PAGES, EMAILS = (folder.relative_to(ROOT) for folder in (render.COMPILED, renderer.COMPILED))
"""Folders of compiled templates, in the project and in the package."""


class TemplateCacheWriter(CompiledTemplates):
    """A folder that gets what is compiled, the same wherever it is built."""

    def dump_bytecode(self, bucket: Bucket) -> None:
        if bucket.code:
            bucket.code = renamed(bucket.code, bucket.key)
        self.path(bucket).write_bytes(bucket.bytecode_to_string())


def renamed(code: CodeType, filename: str) -> CodeType:
    """The same code, and that within it, as compiled from a file of this name: Jinja has it on this machine's path."""
    constants = tuple(renamed(each, filename) if isinstance(each, CodeType) else each for each in code.co_consts)
    return code.replace(co_filename=filename, co_consts=constants)


def compile_templates(page_folder: Path, mail_folder: Path) -> dict[Path, int]:
    """Writes both folders anew, and returns how many templates are in each."""
    for folder in (page_folder, mail_folder):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    environments = [
        render.environment(TemplateCacheWriter(page_folder)),
        *(renderer.environment(kind, TemplateCacheWriter(mail_folder)) for kind in renderer.KINDS),
    ]
    for environment in environments:
        for name in environment.list_templates():
            environment.get_template(name)
    return {folder: len(list(folder.iterdir())) for folder in (page_folder, mail_folder)}
