"""A list of the packages that are deployed, as a CycloneDX bill of materials (SBOM), from the locked requirements."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

_HASH = "--hash=sha256:"


def write_sbom(requirements: Path, licences: Mapping[str, str], target: Path) -> int:
    """Writes the bill of materials, the same each time, and returns how many packages it lists.

    `requirements` is a file with exact versions and hashes, as `python dev.py lock` writes it; `licences` are those of
    packages by name, for as many as are known.
    """
    components = list(_components(requirements.read_text("utf-8"), licences))
    bom = Bom(components=components)
    # As `cyclonedx-py --output-reproducible` does: a random number and the time would make each list another one.
    bom.serial_number = bom.metadata.timestamp = None  # type: ignore[assignment]  # as the library itself
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(JsonV1Dot6(bom).output_as_string(indent=2) + "\n", "utf-8", newline="\n")
    return len(components)


def _components(text: str, licences: Mapping[str, str]) -> Iterator[Component]:
    for entry in _entries(text):
        requirement = Requirement(entry[0])
        [pin] = requirement.specifier
        purl = PackageURL("pypi", name=canonicalize_name(requirement.name), version=pin.version)
        hashes = [HashType(alg=HashAlgorithm.SHA_256, content=part.removeprefix(_HASH)) for part in entry[1:]]
        yield Component(
            type=ComponentType.LIBRARY,
            name=purl.name,
            version=pin.version,
            purl=purl,
            bom_ref=str(purl),
            hashes=hashes,
            licenses=[LicenseFactory().make_from_string(licences[purl.name])] if purl.name in licences else [],
        )


def _entries(text: str) -> Iterator[list[str]]:
    """Each requirement with its hashes; a line that ends in a backslash goes on in the next one."""
    for line in text.replace("\\\n", "\0").splitlines():
        if line and not line.startswith("#"):
            yield [part.strip() for part in line.split("\0")]
