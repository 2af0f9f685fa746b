"""`python dev.py build`: compiles the templates that are deployed with the package, and lists its dependencies."""

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from jinja2.bccache import Bucket

from functions.web import render
from local.commands.lock import DEPLOYED
from local.commands.sbom import write_sbom
from local.paths import ROOT, STATE
from shared.mail import renderer
from shared.template_cache import CompiledTemplates

SBOM = STATE / "staff-support.cdx.json"


class TemplateCacheWriter(CompiledTemplates):
    """A folder that gets what is compiled."""

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.path(bucket).write_bytes(bucket.bytecode_to_string())


def main(arguments: Sequence[str]) -> int:
    if arguments:
        print("python dev.py build takes no arguments.", file=sys.stderr)
        return 2
    for folder, count in build().items():
        print(f"{count} compiled templates in {folder.relative_to(ROOT)}")
    count = write_sbom(ROOT / DEPLOYED, SBOM)
    print(f"{count} packages in {SBOM.relative_to(ROOT)} (CycloneDX)")
    return 0


def build(page_folder: Path = render.COMPILED, mail_folder: Path = renderer.COMPILED) -> dict[Path, int]:
    """Writes both folders anew, and says how many templates are in each."""
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


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
