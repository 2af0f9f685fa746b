"""Every state that a model can reach, and walks that take every one of its steps at least once."""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from typing import Protocol


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

    def walks(self) -> Iterator[list[Edge[State]]]:
        """Walks from the first state which between them take every edge."""
        left = {state: list(edges) for state, edges in self.edges.items()}
        for start in reversed(self.edges):  # from the furthest states: the way there takes edges of the others
            while left[start]:
                walk = self.way_to(start)
                state = self.first
                for edge in walk:
                    if edge in left[state]:
                        left[state].remove(edge)
                    state = edge.after
                while left[state]:
                    walk.append(left[state].pop())
                    state = walk[-1].after
                yield walk


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
