"""Every state that a model can reach, and walks that take every one of its steps at least once."""

from collections import deque
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

_LONGEST_WAY = 6
"""Steps from the end of a walk to an edge that is left: to begin again takes about as many."""


class Steps[State: Hashable](Protocol):
    """A model: the state in which it begins, and every step from one, by its name and the number of who takes it."""

    def first(self) -> State: ...

    def next(self, state: State, /) -> Iterator[tuple[tuple[str, int], State]]: ...


@dataclass(frozen=True, slots=True)
class Edge[State]:
    """One step of the model, and the state after it."""

    name: str
    number: int
    after: State

    @property
    def action(self) -> str:
        """The name of the action in lower case: `take_over` of `TakeOver`, `accept` of `Accept-unclear`."""
        words = ("_" + each.lower() if each.isupper() else each for each in self.name.partition("-")[0])
        return "".join(words).removeprefix("_")

    @property
    def how(self) -> str:
        """What comes after the hyphen: `unclear` of `Accept-unclear`."""
        return self.name.partition("-")[2]


@dataclass(frozen=True, slots=True)
class StateGraph[State: Hashable]:
    """The edges that leave each state, in the order in which the states were found, and the way to each."""

    first: State
    edges: dict[State, list[Edge[State]]]
    found_by: dict[State, tuple[State, Edge[State]]]

    def way_to(self, state: State) -> list[Edge[State]]:
        """The shortest way to a state."""
        way = []
        while state != self.first:
            state, edge = self.found_by[state]
            way.append(edge)
        return way[::-1]

    def walks(
        self, alike: Callable[[State, Edge[State]], Hashable] = lambda *step: step
    ) -> Iterator[list[Edge[State]]]:
        """Walks from the first state which between them take every edge, or one of those that are `alike`."""
        left = {state: [(edge, alike(state, edge)) for edge in edges] for state, edges in self.edges.items()}
        taken = set[Hashable]()
        for start in reversed(self.edges):  # from the furthest states: the way there takes edges of the others
            while way := [edge for edge, kind in left[start] if kind not in taken][:1]:
                walk, state = list[Edge[State]](), self.first
                way = [*self.way_to(start), *way]
                while way:
                    for edge in way:
                        taken.update(kind for each, kind in left[state] if each is edge)
                        state = edge.after
                    walk += way
                    way = self._way_to_one_left(state, left, taken)
                yield walk

    def _way_to_one_left(
        self, start: State, left: Mapping[State, Sequence[tuple[Edge[State], Hashable]]], taken: set[Hashable]
    ) -> list[Edge[State]]:
        """The shortest way from a state to an edge that is left, with that edge; [] if it would be a long one."""
        ways, seen = deque([list[Edge[State]]()]), {start}
        while ways:
            way = ways.popleft()
            state = way[-1].after if way else start
            found = next((edge for edge, kind in left[state] if kind not in taken), None)
            if found is not None:
                return [*way, found]
            if len(way) < _LONGEST_WAY:
                new = [edge for edge in self.edges[state] if edge.after not in seen]
                seen.update(edge.after for edge in new)
                ways.extend([*way, edge] for edge in new)
        return []


def explore[State: Hashable](model: Steps[State]) -> StateGraph[State]:
    """Searches breadth first."""
    first = model.first()
    graph = StateGraph[State](first, {first: []}, {})
    todo = [first]
    for state in todo:
        graph.edges[state] = [Edge(name, number, after) for (name, number), after in model.next(state)]
        for edge in graph.edges[state]:
            if edge.after not in graph.edges:
                graph.edges[edge.after] = []
                graph.found_by[edge.after] = (state, edge)
                todo.append(edge.after)
    return graph
