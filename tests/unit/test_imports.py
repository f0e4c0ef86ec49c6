"""Imports run one way, and heavy libraries stay where they belong."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import tidyscribe

ROOT = Path(tidyscribe.__file__).parent

#: Rooms from the bottom to the top; a module imports from its own room and from those below.
FLOORS = [
    {"errors", "exchange", "languages", "options", "recordings", "results", "texts"},
    {"wire", "engines", "notebook"},
    {"providers", "tables"},
    {"store", "gateway"},
    {"batch"},
    {"corpus"},
    {"api"},
    {"accessor"},
    {"cli"},
    {"__main__"},
]


def modules() -> dict[str, Path]:
    """Give every module of the package by its dotted name."""
    found = {}
    for path in sorted(ROOT.rglob("*.py")):
        parts = path.relative_to(ROOT.parent).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES = modules()


def _is_for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


def _nodes(tree: ast.AST, *, with_lazy: bool) -> Iterator[ast.AST]:
    """Give the nodes that are executed: not those for the type checker."""
    for node in ast.iter_child_nodes(tree):
        is_function = isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        if not _is_for_types(node) and (with_lazy or not is_function):
            yield node
            yield from _nodes(node, with_lazy=with_lazy)


def imports(module: str, *, with_lazy: bool = True) -> set[str]:
    """Give what a module imports; `with_lazy` includes imports within functions."""
    found = set()
    for node in _nodes(ast.parse(MODULES[module].read_text("utf-8")), with_lazy=with_lazy):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            deeper = {f"{base}.{alias.name}" for alias in node.names}
            found |= {name if name in MODULES else base for name in deeper}
    return found


def room(module: str) -> str:
    """Give the folder or module right below the package."""
    return module.split(".")[1] if "." in module else ""


def rooms_of(module: str) -> set[str]:
    """Give the rooms a module imports from, its own and the package itself left out."""
    own = {one for one in imports(module) if one.split(".")[0] == "tidyscribe"}
    return {room(one) for one in own} - {room(module), ""}


def in_rooms(*rooms: str) -> list[str]:
    """Give the modules in some rooms."""
    return [module for module in MODULES if room(module) in rooms]


def test_every_room_has_its_floor() -> None:
    """A new room has to find its place."""
    assert {room(module) for module in MODULES} - {""} == set().union(*FLOORS)


@pytest.mark.parametrize("module", in_rooms(*set().union(*FLOORS)))
def test_imports_run_one_way(module: str) -> None:
    """From a room to those on lower floors; values know each other."""
    floor = next(number for number, rooms in enumerate(FLOORS) if room(module) in rooms)
    below = set().union(*FLOORS[:floor]) | (FLOORS[0] if floor == 0 else set())

    assert rooms_of(module) <= below


def test_no_module_imports_itself_in_a_circle() -> None:
    """What is imported while a module is loaded makes no cycle."""
    graph = {
        module: {one for one in imports(module, with_lazy=False) if one in MODULES} - {module}
        for module in MODULES
    }

    assert set(TopologicalSorter(graph).static_order()) == set(MODULES)


@pytest.mark.parametrize("module", in_rooms("wire", "providers", "tables", "store"))
def test_no_network_below_the_batch(module: str) -> None:
    """Providers build requests and read replies; only the batch carries them."""
    foreign = {one.split(".")[0] for one in imports(module)}

    assert not foreign & {"httpx", "aiohttp", "httpx_aiohttp", "requests", "urllib3", "socket"}


@pytest.mark.parametrize("module", in_rooms("tables"))
def test_tables_know_no_provider(module: str) -> None:
    """They are the same for all of them."""
    assert not rooms_of(module) & {"providers", "wire"}


def test_only_the_faces_know_the_notebook() -> None:
    """The engine of a batch runs without one."""
    assert {module for module in MODULES if "notebook" in rooms_of(module)} <= {
        "tidyscribe.api",
        "tidyscribe.accessor",
        "tidyscribe.cli",
    }


@pytest.mark.parametrize("module", in_rooms("gateway", "engines"))
def test_the_gateway_knows_no_client(module: str) -> None:
    """The server beside it is a service like any other."""
    assert not rooms_of(module) & {"batch", "corpus", "store", "api", "accessor"}


@pytest.mark.parametrize("module", in_rooms(*FLOORS[0]))
def test_values_need_no_heavy_library(module: str) -> None:
    """They are loaded by everything."""
    foreign = {one.split(".")[0] for one in imports(module)}

    assert not foreign & {"pandas", "pyarrow", "numpy", "msgspec", "httpx", "aiohttp"}
