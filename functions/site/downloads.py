"""Resources to offer: links, and files in the folder beside the content file."""

from dataclasses import dataclass
from pathlib import Path

from shared.content.content_models import Link, Resource, Resources

FILES = Path(__file__).parents[1] / "content" / "files"

# Written out: `mimetypes` asks the operating system. The words are what a reader calls the format.
_FORMATS = {
    ".docx": ("Word", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ".odp": ("OpenDocument", "application/vnd.oasis.opendocument.presentation"),
    ".odt": ("OpenDocument", "application/vnd.oasis.opendocument.text"),
    ".pdf": ("PDF", "application/pdf"),
    ".pptx": ("PowerPoint", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
}


@dataclass(frozen=True, slots=True)
class Offer:
    """One resource to watch, read or download; `kind` is a file's format and size, "PDF, 250KB".

    `elsewhere` names the place that `href` leads to, where the resource itself has no address yet.
    """

    name: str
    about: str
    href: str
    kind: str = ""
    elsewhere: str = ""

    @property
    def is_file(self) -> bool:
        return bool(self.kind)


@dataclass(frozen=True, slots=True)
class Download:
    """A file as it is sent."""

    body: bytes
    mimetype: str
    name: str


def offers(resources: Resources, folder: Path = FILES) -> list[Offer]:
    """The resources; those that have neither a link nor an existing file are elsewhere, or left out."""
    found = (_offer(each, folder) or _elsewhere(each, resources.elsewhere) for each in resources.items)
    return [each for each in found if each is not None]


def download(resources: Resources, name: str, folder: Path = FILES) -> Download | None:
    """The file of that name, if the content offers it, else None; no other file on disk can be requested."""
    offered = {each.file for each in resources.items if each.file and _is_there(folder / each.file)}
    if name not in offered:
        return None
    return Download((folder / name).read_bytes(), _FORMATS[Path(name).suffix][1], name)


def _offer(each: Resource, folder: Path) -> Offer | None:
    if each.url:
        return Offer(each.name, each.about, each.url)
    if each.file and _is_there(folder / each.file):
        path = folder / each.file
        kind = f"{_FORMATS[path.suffix][0]}, {_size(path.stat().st_size)}"
        return Offer(each.name, each.about, f"/resources/files/{each.file}", kind)
    return None


def _elsewhere(each: Resource, place: Link | None) -> Offer | None:
    return None if place is None else Offer(each.name, each.about, place.url, elsewhere=place.text)


def _is_there(path: Path) -> bool:
    return path.suffix in _FORMATS and path.is_file()


def _size(count: int) -> str:
    """250KB, 2.5MB (NHS service manual: numbers, measurements, dates and time)."""
    kilobytes = max(1, round(count / 1024))
    return f"{kilobytes}KB" if kilobytes < 1024 else f"{count / 1024**2:.1f}MB"
