"""Templates compiled when the package was built: the first page or email of a process does not wait for Jinja."""

import hashlib
from importlib.util import MAGIC_NUMBER
from pathlib import Path

import jinja2
from jinja2.bccache import Bucket, BytecodeCache


class CompiledTemplates(BytecodeCache):
    """A read-only bytecode cache in one folder.

    A template is compiled as without a cache if its file is missing or unreadable, or was made from another text, with
    other options, by another Jinja or for another Python.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, bucket: Bucket) -> Path:
        """Returns the path of a template's compiled form, even if there is no such file."""
        made_with = bucket.environment
        options = (made_with.autoescape, made_with.trim_blocks, made_with.lstrip_blocks, made_with.finalize is None)
        facts = repr((bucket.key, options, sorted(made_with.extensions), jinja2.__version__, MAGIC_NUMBER))
        return self._folder / f"{hashlib.sha256(facts.encode()).hexdigest()[:32]}.bin"

    def get_cache_key(self, name: str, filename: str | None = None) -> str:
        del filename  # differs on the machine that built the package
        return name

    def load_bytecode(self, bucket: Bucket) -> None:
        try:
            bucket.bytecode_from_string(self.path(bucket).read_bytes())  # compares the checksum of the template's text
        except Exception:  # noqa: BLE001  # a damaged file costs a moment, never a page
            bucket.reset()

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keeps nothing: the deployed package stays as it was built."""
