"""Trials of cells that are wrong: what `Problem` says of them, and what puts them right."""

import re
from collections.abc import Mapping

from tests.admin_guide import GuideRow, quoted, says
from tests.builders import MORNING
from tests.e2e.admin_guide.cells.columns import some
from tests.e2e.admin_guide.phrases import UnknownPhraseError
from tests.e2e.admin_guide.service import Service
from tests.e2e.admin_guide.stage import Stage
from tests.e2e.admin_guide.steps.times import RUN_INTERVAL
from tests.e2e.admin_guide.trials import BEFORE, Trial


def cell_put_right(service: Service, row: GuideRow) -> Trial:
    quote = "".join(quoted(row["`Problem` says"]))
    cells = _wrong_cells(quote)
    remedies = some(quoted(row["Write, for example"]))
    return _put_right(service, cells, quote, remedies)


def _wrong_cells(quote: str) -> dict[str, str]:
    """The cells that bring a text in `Problem`, the last of them the wrong one."""
    if (found := re.match(r'(\w+) is "(.*?)"\. ?', quote)) is not None:
        return {found[1]: found[2]}
    if (found := re.match(r"(\w+) is empty\.", quote)) is not None:
        return {found[1]: ""}
    if (found := re.match(r"Time ([\d:]+) .* on ([\d-]+) ", quote)) is not None:
        return {"Date": found[2], "Time": found[1]}
    if (found := re.match(r"(\w+) has ([\d,]+) characters\.", quote)) is not None:
        return {found[1]: "x" * int(found[2].replace(",", ""))}
    raise UnknownPhraseError(f"the trials do not know how to bring about: {quote}")


def _put_right(service: Service, cells: Mapping[str, str], quote: str, remedies: list[str]) -> Trial:
    yield BEFORE
    stage = Stage(service, **cells)
    yield BEFORE
    different = [] if says(said := stage.cell("Problem"), quote) else [f"Problem is {said!r}"]
    for number, remedy in enumerate(remedies):
        yield MORNING + number * RUN_INTERVAL
        stage.write(**{list(cells)[-1]: remedy})
        yield MORNING + number * RUN_INTERVAL
        if said := stage.cell("Problem"):
            different.append(f"after {remedy} Problem is {said!r}")
    stage.service.remove(stage.id)
    return different
