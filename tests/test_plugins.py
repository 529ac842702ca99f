"""Plug-ins: every hook is documented and tried, and what cannot be taken is refused by name."""

import ast
import importlib.metadata
import inspect
from collections.abc import Callable, Iterable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import attrs
import pytest

import actionplans as ap
from actionplans.errors import Invalid, PluginError
from actionplans.model import Decision
from actionplans.plugins import Hooks, Plugins, hookimpl, load
from actionplans.storage import Store
from tests.project import PACKAGE, PROJECT

HOOKS = sorted(name for name in vars(Hooks) if name.startswith("actionplans_"))


def open_nowhere(url: str, *, tenant: str = "", **options: Any) -> Store:
    """A store in memory under another name."""
    from actionplans.backends.store.memory import open_memory

    return open_memory("memory:", tenant=tenant)


def write_titles(views: Iterable[Any], target: Any, *, progress: Any = None) -> None:
    """Titles, one a line."""
    for view in views:
        target.write(f"{view.plan.title}\n".encode())


class Everything:
    """A plug-in with every hook; it counts how often each is called."""

    def __init__(self) -> None:
        """Nothing has been called, nothing heard."""
        self.calls: list[str] = []
        self.heard: list[Any] = []

    @hookimpl
    def actionplans_stores(self) -> dict[str, Any]:
        """A store by the scheme `nowhere`."""
        self.calls.append("actionplans_stores")
        return {"nowhere": open_nowhere}

    @hookimpl
    def actionplans_connections(self) -> dict[str, Any]:
        """A store on whatever dict is lent."""
        self.calls.append("actionplans_connections")
        return {"builtins.dict": lambda lend, *, tenant="": open_nowhere("nowhere:", tenant=tenant)}

    @hookimpl
    def actionplans_exporters(self) -> dict[str, Any]:
        """A format `titles`."""
        self.calls.append("actionplans_exporters")
        return {"titles": write_titles}

    @hookimpl
    def actionplans_senders(self) -> dict[str, Any]:
        """A way to send that only counts."""
        self.calls.append("actionplans_senders")
        return {"count": lambda message, text: None}

    @hookimpl
    def actionplans_merge_rules(self) -> dict[str, Any]:
        """A rule that is against everything."""
        self.calls.append("actionplans_merge_rules")
        return {"never": lambda target, source, target_account, source_account: "not today"}

    @hookimpl
    def actionplans_policies(self) -> dict[str, Any]:
        """Everybody may do everything."""
        self.calls.append("actionplans_policies")
        return {"open": lambda policy, asker, action, about: Decision(True, action, "everybody may")}

    @hookimpl
    def actionplans_directories(self) -> dict[str, Any]:
        """The host has one person."""
        self.calls.append("actionplans_directories")
        return {"host": lambda: (ap.Person("h", "Host"),)}

    @hookimpl
    def actionplans_calendars(self) -> dict[str, Any]:
        """A calendar of Sundays."""
        self.calls.append("actionplans_calendars")
        return {"sundays": ap.WorkCalendar(weekdays=frozenset({7}))}

    @hookimpl
    def actionplans_listeners(self) -> dict[str, Any]:
        """An ear."""
        self.calls.append("actionplans_listeners")
        return {"ear": self.heard.append}

    @hookimpl
    def actionplans_merge_listeners(self) -> dict[str, Any]:
        """An ear for merges."""
        self.calls.append("actionplans_merge_listeners")
        return {"seam": self.heard.append}


def giving(given: Any) -> Callable[[], Any]:
    """A function without arguments that gives this."""
    return lambda: given


def plugin(**hooks: Any) -> ModuleType:
    """A module with these hooks, each returning what is given."""
    module = ModuleType("a_plugin")
    for name, given in hooks.items():
        setattr(module, name, hookimpl(giving(given)))
    return module


def test_every_hook_says_what_it_is_for() -> None:
    """In one sentence, and it is a collection of `Plugins` of the same name."""
    for name in HOOKS:
        assert inspect.getdoc(getattr(Hooks, name)), name
    assert [f"actionplans_{name}" for name in sorted(attrs.fields_dict(Plugins))] == HOOKS


def test_every_hook_is_tried_and_called_once() -> None:
    """A plug-in with all of them is asked for each, once, at opening and never again."""
    every = Everything()
    found = load(every, entry_points=False)
    assert sorted(every.calls) == HOOKS
    with ap.open("nowhere:", actor=ap.Actor("anybody"), plugins=found) as ws:
        ws.accounts.get_or_create("Acme")
    assert sorted(every.calls) == HOOKS
    with ap.open(connection={}, actor=ap.Actor("anybody"), plugins=found) as ws:
        assert [] == list(ws.accounts.all())


def test_what_a_plugin_brings_is_used(tmp_path: Path) -> None:
    """Store, policy, listener, calendar and format; the others are there by name for those that will call them."""
    every = Everything()
    found = load(every, entry_points=False)
    with ap.open("nowhere:", actor=ap.Actor("anybody"), plugins=found) as ws:
        account = ws.accounts.get_or_create("Acme")
        assert [[("account", account.id)]] == [[(one.record, one.id) for one in heard] for heard in every.heard]
        plan = ws.new_plan(account, "Sundays", calendar="sundays")
        assert ["default", "sundays"] == [one.name for one in ws.settings.get().calendars]
        assert "Sundays\n" == ws.export(plan.id, tmp_path / "a.titles").read_text()
        assert "everybody may" == ws.can("anything").reason
        ws.settings.update(time_zone="Europe/Lisbon")
        ws._desk.plugins = attrs.evolve(found, calendars={})
        assert ["default"] == [one.name for one in ws.settings.get().calendars], "what a plug-in brings is not stored"
    assert {"count"} == found.senders.keys()
    assert "not today" == found.merge_rules["never"](None, None, None, None)  # type: ignore[arg-type]
    assert (ap.Person("h", "Host"),) == found.directories["host"]()


def test_a_misspelt_hook_is_refused() -> None:
    """With its name, and where the right ones stand."""
    with pytest.raises(PluginError, match=r"actionplans_store.*actionplans\.plugins\.Hooks"):
        load(plugin(actionplans_store={}), entry_points=False)


def test_a_hook_that_asks_for_what_there_is_not_is_refused() -> None:
    """Hooks are called without arguments."""
    module = ModuleType("curious")
    module.actionplans_stores = hookimpl(lambda workspace: {})  # type: ignore[attr-defined]
    with pytest.raises(PluginError, match="(?s)curious.*workspace"):
        load(module, entry_points=False)


def test_a_plugin_without_hooks_is_refused() -> None:
    """Its author forgot the marker, or passed something else."""
    module = ModuleType("forgetful")
    module.actionplans_stores = dict  # type: ignore[attr-defined]
    for nothing in (module, SimpleNamespace(), "memory", 5):
        with pytest.raises(PluginError, match="mark its functions"):
            load(nothing, entry_points=False)


def test_two_that_claim_one_name_are_refused() -> None:
    """Both are named."""
    with pytest.raises(PluginError, match="'x' of actionplans_stores is claimed by"):
        load(
            plugin(actionplans_stores={"x": open_nowhere}),
            plugin(actionplans_stores={"x": open_nowhere}),
            entry_points=False,
        )


def test_only_one_policy_may_be_installed() -> None:
    """Two would leave it to chance who decides (R7)."""
    policies = {"a": len, "b": len}
    with pytest.raises(PluginError, match="a, b: only one policy"):
        load(plugin(actionplans_policies=policies), entry_points=False)


@pytest.mark.parametrize(
    "hooks",
    [
        {"actionplans_stores": None},
        {"actionplans_stores": 5},
        {"actionplans_stores": {"x": 5}},
        {"actionplans_stores": {5: open_nowhere}},
        {"actionplans_calendars": {"x": open_nowhere}},
        {"actionplans_calendars": {"x": {"weekdays": [1]}}},
    ],
)
def test_what_a_hook_gives_is_looked_at(hooks: dict[str, Any]) -> None:
    """At opening, not when it is needed."""
    with pytest.raises(PluginError, match=r"a_plugin|actionplans_"):
        load(plugin(**hooks), entry_points=False)


@pytest.mark.parametrize("given", [None, 5, [], [open_nowhere], [("x", open_nowhere)], {"x": [open_nowhere]}])
def test_a_hook_that_gives_no_mapping_is_named(given: object) -> None:
    """A list where one thing that can be called is wanted as well; with what was given."""
    with pytest.raises(
        PluginError, match=r"plug-in a_plugin: actionplans_stores gives .*(a mapping|something to call)"
    ):
        load(plugin(actionplans_stores=given), entry_points=False)


def test_plugins_that_were_not_loaded_are_told_how_to() -> None:
    """By opening, one or several; and by loading, several at once or a class."""
    host = plugin(actionplans_stores={"x": open_nowhere})
    for given, told in ((host, r"load\(…\)"), ([host], r"load\(\*…\)"), ((host,), r"load\(\*…\)")):
        with pytest.raises(Invalid, match=f"plugins: what load makes is wanted, not .*plugins=.*{told}"):
            ap.open("x:", actor=ap.Actor("anybody"), plugins=given)  # type: ignore[arg-type]
    with pytest.raises(PluginError, match="one by one"):
        load([host], entry_points=False)
    with pytest.raises(PluginError, match="plug-in Everything: actionplans_.* it is a class: pass an instance"):
        load(Everything, entry_points=False)


def test_a_hook_that_fails_is_named() -> None:
    """With what it raised."""
    module = ModuleType("broken")

    def fails() -> dict[str, Any]:
        raise RuntimeError("no licence")

    module.actionplans_exporters = hookimpl(fails)  # type: ignore[attr-defined]
    with pytest.raises(PluginError, match="actionplans_exporters failed: .*no licence") as error:
        load(module, entry_points=False)
    assert isinstance(error.value.__cause__, RuntimeError)


class Entry:
    """An entry point, as far as loading goes."""

    def __init__(self, name: str, given: object) -> None:
        """What it is called and what loading it gives or raises."""
        self.name, self.value, self.given = name, f"package.{name}", given

    def __lt__(self, other: "Entry") -> bool:
        """By name."""
        return self.name < other.name

    def load(self) -> object:
        """What was given, or raise it."""
        if isinstance(self.given, Exception):
            raise self.given
        return self.given


def test_entry_points_are_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each plug-in once, however often it is named, and beside the ones that are passed."""
    module = plugin(actionplans_stores={"x": open_nowhere})
    listed = [Entry("one", module), Entry("again", module)]
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda *, group: listed)
    assert {"x": open_nowhere} == load(module).stores


def test_an_entry_point_that_cannot_be_loaded_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that one knows what to uninstall."""
    listed = [Entry("lost", ModuleNotFoundError("no module named lost"))]
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda *, group: listed)
    with pytest.raises(PluginError, match=r"plug-in lost: the entry point package\.lost cannot be loaded.*uninstall"):
        load()


def test_the_built_in_back_ends_come_in_the_same_way() -> None:
    """Every entry point that the project declares is a module with a hook, and every module with a hook is declared."""
    import tomllib

    declared = set(
        tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["entry-points"]["actionplans"].values()
    )
    marked = set()
    for path in (PACKAGE / "backends").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef) and any(ast.unparse(one) == "hookimpl" for one in node.decorator_list):
                marked.add(".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts))
    assert marked == declared
