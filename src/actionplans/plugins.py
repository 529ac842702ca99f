"""What outsiders may add, as data returned by one call of each hook at opening; afterwards a plug-in is a plain call.

A plug-in is a module (or object) with functions marked `@hookimpl`, named by an entry point of the group
`actionplans`. The built-in back ends come in the same way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol

import pluggy
from attrs import Factory, frozen

from actionplans.checks import shown
from actionplans.errors import Invalid, PluginError, Problem
from actionplans.model import WorkCalendar

if TYPE_CHECKING:
    from actionplans.journal import Entry
    from actionplans.merge import MergeNews
    from actionplans.model import Account, Decision, Plan
    from actionplans.permissions import Asker, Subject
    from actionplans.settings import Grant
    from actionplans.sharing import View
    from actionplans.storage import Message, Record, Store

GROUP = "actionplans"

hookspec: pluggy.HookspecMarker = pluggy.HookspecMarker(GROUP)
hookimpl: pluggy.HookimplMarker = pluggy.HookimplMarker(GROUP)


class OpenStore(Protocol):
    """Opens a store at a URL of its scheme."""

    def __call__(self, url: str, *, tenant: str = "", **options: Any) -> Store:
        """The store; raises a `StoreError`."""
        ...


class LendStore(Protocol):
    """Makes a store of a connection that a host lends (S9)."""

    def __call__(self, lend: Callable[[], Any], *, tenant: str = "", **options: Any) -> Store:
        """The store; `lend` gives the connection, and is called for every use of it. Raises a `StoreError`."""
        ...


class Export(Protocol):
    """Writes what somebody may see in a format of its own."""

    def __call__(
        self, views: Iterable[View], target: BinaryIO, *, progress: Callable[[int, int | None], None] | None = None
    ) -> None:
        """Consume the views once and write bytes; raises `ExportError`."""
        ...


class Send(Protocol):
    """Sends one message; raising means that it is tried again (N4)."""

    def __call__(self, message: Message, text: str) -> None:
        """Send it, once for each `message.key`."""
        ...


class MergeRule(Protocol):
    """Says why two plans may not be merged, or None (M1)."""

    def __call__(self, target: Plan, source: Plan, target_account: Account, source_account: Account) -> str | None:
        """The reason against, or None; the accounts are those of the two plans."""
        ...


class Policy(Protocol):
    """Decides instead of our own `decide` (R7)."""

    def __call__(self, policy: Iterable[Grant], asker: Asker, action: str, about: Subject) -> Decision:
        """The decision, with its reason."""
        ...


class Directory(Protocol):
    """Gives the host's persons, teams and accounts, which are stored beside our own."""

    def __call__(self) -> Iterable[Record]:
        """The records as the host has them now."""
        ...


class Listener(Protocol):
    """Hears what was committed, after it was (N1)."""

    def __call__(self, entries: tuple[Entry, ...]) -> None:
        """The journal entries of one commit; what it raises is logged and changes nothing."""
        ...


class MergeListener(Protocol):
    """Hears which plans were merged or parted again, after that is stored, to carry along what a host attached."""

    def __call__(self, news: MergeNews) -> None:
        """Which ids became which; what it raises is logged and changes nothing."""
        ...


class Hooks:
    """Every hook there is. Each returns a mapping from a name to what goes by it; a name that two claim is refused."""

    @hookspec
    def actionplans_stores(self) -> Mapping[str, OpenStore]:
        """Stores by URL scheme: `{"sqlite": open_sqlite}`."""
        raise NotImplementedError

    @hookspec
    def actionplans_connections(self) -> Mapping[str, LendStore]:
        """Stores on connections that a host lends, by the class of those: `{"sqlite3.Connection": lend_sqlite}`."""
        raise NotImplementedError

    @hookspec
    def actionplans_exporters(self) -> Mapping[str, Export]:
        """Export formats by file suffix: `{"xlsx": write_xlsx}`."""
        raise NotImplementedError

    @hookspec
    def actionplans_senders(self) -> Mapping[str, Send]:
        """Ways to send messages, by channel: `{"smtp": send_mail}`."""
        raise NotImplementedError

    @hookspec
    def actionplans_merge_rules(self) -> Mapping[str, MergeRule]:
        """More rules for merging plans, by the name that settings switch on."""
        raise NotImplementedError

    @hookspec
    def actionplans_policies(self) -> Mapping[str, Policy]:
        """A policy that replaces ours; at most one may be installed."""
        raise NotImplementedError

    @hookspec
    def actionplans_directories(self) -> Mapping[str, Directory]:
        """The host's own persons, teams and accounts, by source."""
        raise NotImplementedError

    @hookspec
    def actionplans_calendars(self) -> Mapping[str, WorkCalendar]:
        """More working calendars, by the name that plans and persons use."""
        raise NotImplementedError

    @hookspec
    def actionplans_listeners(self) -> Mapping[str, Listener]:
        """Who wants to hear of every committed change, by name."""
        raise NotImplementedError

    @hookspec
    def actionplans_merge_listeners(self) -> Mapping[str, MergeListener]:
        """Who wants to hear which items of merged plans became which, by name."""
        raise NotImplementedError


@frozen
class Plugins:
    """What is installed, by name."""

    stores: Mapping[str, OpenStore] = Factory(dict)
    connections: Mapping[str, LendStore] = Factory(dict)
    exporters: Mapping[str, Export] = Factory(dict)
    senders: Mapping[str, Send] = Factory(dict)
    merge_rules: Mapping[str, MergeRule] = Factory(dict)
    policies: Mapping[str, Policy] = Factory(dict)
    directories: Mapping[str, Directory] = Factory(dict)
    calendars: Mapping[str, WorkCalendar] = Factory(dict)
    listeners: Mapping[str, Listener] = Factory(dict)
    merge_listeners: Mapping[str, MergeListener] = Factory(dict)


def load(*extra: object, entry_points: bool = True) -> Plugins:
    """Everything that is installed, and the `extra` modules or objects; each hook is called once.

    Raises `PluginError` for a plug-in that cannot be loaded or has no hook, a misspelt hook, or a name that two claim.
    """
    manager = pluggy.PluginManager(GROUP)
    manager.add_hookspecs(Hooks)
    for name, plugin in (*(_installed() if entry_points else ()), *((_name(one), one) for one in extra)):
        if not manager.is_registered(plugin):
            _register(manager, plugin, name)
    try:
        manager.check_pending()
    except pluggy.PluginValidationError as error:
        raise PluginError(_name(error.plugin), f"{error}: see actionplans.plugins.Hooks for the names") from error
    found = Plugins(**{name: _collected(manager, name) for name in Plugins.__annotations__})
    if len(found.policies) > 1:
        raise PluginError(", ".join(sorted(found.policies)), "only one policy may be installed")
    return found


def loaded(plugins: object) -> Plugins:
    """What `load` made; raises `Invalid`, with what to write instead, for plug-ins that were not loaded."""
    if isinstance(plugins, Plugins):
        return plugins
    them = "*" if isinstance(plugins, list | tuple | set | frozenset) else ""
    told = f"what load makes is wanted, not {shown(plugins)}: pass plugins=actionplans.plugins.load({them}…)"
    raise Invalid("plugins", (Problem("", told),))


def _installed() -> Iterator[tuple[str, object]]:
    """The plug-ins that entry points name; one is listed twice where a folder stands on the path twice."""
    from importlib.metadata import entry_points

    for entry in sorted(set(entry_points(group=GROUP))):
        try:
            yield entry.name, entry.load()
        except Exception as error:
            told = f"the entry point {entry.value} cannot be loaded: {error!r}; uninstall or repair it"
            raise PluginError(entry.name, told) from error


def _register(manager: pluggy.PluginManager, plugin: object, name: str) -> None:
    if isinstance(plugin, list | tuple | set | frozenset):
        raise PluginError(name, "is no plug-in: pass several one by one, load(first, second) or load(*them)")
    try:
        manager.register(plugin, f"{name} ({id(plugin):x})" if manager.has_plugin(name) else name)
    except (ValueError, pluggy.PluginValidationError) as error:
        raise PluginError(name, f"cannot be registered: {error}") from error
    if not manager.get_hookcallers(plugin):
        raise PluginError(name, "has no hook: mark its functions with @actionplans.plugins.hookimpl")


def _collected(manager: pluggy.PluginManager, name: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    claimed: dict[str, str] = {}
    calendars = name == "calendars"
    for implementation in getattr(manager.hook, f"actionplans_{name}").get_hookimpls():
        plugin = implementation.plugin_name
        try:
            given = implementation.function()
        except Exception as error:
            advice = "; it is a class: pass an instance of it" if isinstance(implementation.plugin, type) else ""
            raise PluginError(plugin, f"actionplans_{name} failed: {error!r}{advice}") from error
        if not isinstance(given, Mapping):
            told = f"actionplans_{name} gives {shown(given)}: a mapping from names is wanted, {{}} for nothing"
            raise PluginError(plugin, told)
        for key, value in given.items():
            if not isinstance(key, str) or not (isinstance(value, WorkCalendar) if calendars else callable(value)):
                wanted = "a WorkCalendar" if calendars else "something to call"
                told = f"actionplans_{name} gives {shown(key)}: {shown(value)}, not a name and {wanted}"
                raise PluginError(plugin, told)
            if key in found:
                raise PluginError(
                    plugin, f"{key!r} of actionplans_{name} is claimed by {claimed[key]} too: uninstall one"
                )
            found[key], claimed[key] = value, plugin
    return found


def _name(plugin: object) -> str:
    return str(getattr(plugin, "__name__", None) or type(plugin).__name__)
