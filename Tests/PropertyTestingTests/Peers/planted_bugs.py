"""The planted bugs of PlantedBugs/*.swift for Hypothesis, found and shrunk from several seeds.

    python3 planted_bugs.py [NAME...]

prints one JSON line for each bug and seed: {"bug", "seed", "found_after", "shrink_calls",
"minimal"}. `found_after` counts calls up to the first that fails, `shrink_calls` those after it.
Needs Hypothesis and the standard library. Same input domains as in Swift, the libraries' own
distributions and shrinkers.
"""

import json
import struct
import sys
from dataclasses import dataclass, field

from hypothesis import HealthCheck, Phase, assume, given, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test)

SEEDS = range(1, 6)
SETTINGS = settings(
    max_examples=5_000, database=None, deadline=None, report_multiple_bugs=False,
    phases=[Phase.generate, Phase.shrink], stateful_step_count=50, print_blob=False,
    suppress_health_check=list(HealthCheck))


@dataclass
class Tally:
    """Calls of one property, and what the last failing one looked like."""
    calls: int = 0
    first: int = 0
    minimal: str = ""

    def failed(self, text):
        if not self.first:
            self.first = self.calls
        self.minimal = text


PROPERTIES = {}


def bug(name, **arguments):
    """Registers a property of drawn arguments that raises AssertionError where it fails."""
    def register(function):
        def run(tally):
            def wrapped(**values):
                tally.calls += 1
                try:
                    function(**values)
                except Exception as error:
                    if type(error).__name__ != "UnsatisfiedAssumption":
                        tally.failed("; ".join(f"{k} = {v!r}" for k, v in values.items()))
                    raise
            return given(**arguments)(wrapped)
        PROPERTIES[name] = run
        return function
    return register


def require(condition):
    if not condition:
        raise AssertionError


def signed(bits):
    return st.integers(-(1 << bits - 1), (1 << bits - 1) - 1)


def wrap(value, bits):
    return (value + (1 << bits - 1)) % (1 << bits) - (1 << bits - 1)


# Edges of numbers.

@bug("absolute value of the least number", value=signed(8))
def _(value):
    require(wrap(-value if value < 0 else value, 8) >= 0)


@bug("midpoint overflows", low=st.integers(0, 2**31 - 1), high=st.integers(0, 2**31 - 1))
def _(low, high):
    assume(low <= high)
    total = wrap(low + high, 32)
    require(low <= (abs(total) // 2 * (1 if total >= 0 else -1)) <= high)


@bug("every fourth year is a leap year", year=st.integers(1, 9999))
def _(year):
    require((year % 4 == 0) == (year % 400 == 0 or year % 4 == 0 and year % 100 != 0))


@bug("variable-length number loses its fourth group", value=st.integers(0, 2**32 - 1))
def _(value):
    require(value & 0x1f_ffff == value)


def difference(name, is_bad):
    @bug(name, first=st.integers(1, 100_000), second=st.integers(1, 100_000))
    def _(first, second):
        require(first < 10 or not is_bad(abs(first - second)))


difference("difference must not be zero", lambda d: d == 0)
difference("difference must not be small", lambda d: 1 <= d <= 4)
difference("difference must not be one", lambda d: d == 1)

# Lists.

NUMBERS = st.lists(signed(64), max_size=50)


@bug("reverse", list=NUMBERS)
def _(list):
    require(list[::-1] == list)


@bug("sort drops what is equal", list=st.lists(st.integers(0, 10_000), max_size=50))
def _(list):
    require(len(set(list)) == len(list))


@bug("distinct", list=NUMBERS)
def _(list):
    require(len(set(list)) < 3)


@bug("large union of lists", lists=st.lists(st.lists(signed(64), max_size=20), max_size=20))
def _(lists):
    require(len({value for list in lists for value in list}) <= 4)


@bug("sum of five lists wraps",
     lists=st.lists(st.lists(signed(16), max_size=10), min_size=5, max_size=5))
def _(lists):
    for list in lists:
        assume(wrap(sum(list), 16) < 256)
    require(wrap(sum(sum(list) for list in lists), 16) < 5 * 256)


@bug("maximum ignores the last element",
     list=st.lists(st.integers(0, 1000), min_size=1, max_size=30))
def _(list):
    require(max([list[0]] + list[:-1]) == max(list))


# Values inside values.

@bug("nested lists", lists=st.lists(st.lists(signed(64), max_size=20), max_size=20))
def _(lists):
    require(sum(len(list) for list in lists) <= 10)


TERMS = st.recursive(
    st.integers(-1000, 1000),
    lambda smaller: st.one_of(
        st.tuples(st.just("+"), smaller, smaller), st.tuples(st.just("/"), smaller, smaller)))


def divides_by_written_zero(term):
    if isinstance(term, int):
        return False
    operator, left, right = term
    return (operator == "/" and right == 0) or divides_by_written_zero(left) \
        or divides_by_written_zero(right)


def value_of(term):
    if isinstance(term, int):
        return term
    operator, left, right = term
    left, right = value_of(left), value_of(right)
    return left + right if operator == "+" else left // right


@bug("calculator", term=TERMS)
def _(term):
    assume(not divides_by_written_zero(term))
    value_of(term)


def raised(heap, amount):
    return heap and (heap[0] + amount, raised(heap[1], amount), raised(heap[2], amount))


HEAPS = st.recursive(
    st.none(),
    lambda smaller: st.tuples(st.integers(0, 100), smaller, smaller).map(
        lambda node: (node[0], raised(node[1], node[0]), raised(node[2], node[0]))),
    max_leaves=64)


def merge(one, other):
    if one is None or other is None:
        return one or other
    if one[0] <= other[0]:
        return (one[0], merge(one[1], one[2]), other)
    return (other[0], one, merge(other[1], other[2]))


def values(heap):
    return [heap[0]] + values(heap[1]) + values(heap[2]) if heap else []


@bug("binary heap", heap=HEAPS)
def _(heap):
    buggy = [heap[0]] + values(merge(heap[1], heap[2])) if heap else []
    require(buggy == sorted(values(heap)))


def insert(tree, key):
    if tree is None:
        return (None, key, None)
    left, old, right = tree
    if key < old:
        return (insert(left, key), old, right)
    if key > old:
        return (left, old, insert(right, key))
    return tree


def remove(tree, key):
    if tree is None:
        return None
    left, old, right = tree
    if key < old:
        return (remove(left, key), old, right)
    if key > old:
        return (left, old, remove(right, key))
    return right or left


def keys_of(tree):
    return keys_of(tree[0]) + [tree[1]] + keys_of(tree[2]) if tree else []


def with_member(lists):
    """Lists, each with one of its elements."""
    return lists.flatmap(lambda list: st.tuples(st.just(list), st.sampled_from(list)))


@bug("search tree forgets a subtree",
     keys_and_victim=with_member(st.lists(st.integers(0, 1000), min_size=1, max_size=20)))
def _(keys_and_victim):
    keys, victim = keys_and_victim
    tree = None
    for key in keys:
        tree = insert(tree, key)
    require(keys_of(remove(tree, victim)) == sorted(set(keys) - {victim}))


# Strings and bytes.

@bug("runs are counted in two bits", bytes=st.binary(max_size=100))
def _(bytes):
    runs = []
    for byte in bytes:
        if runs and runs[-1][0] == byte:
            runs[-1][1] = (runs[-1][1] + 1) % 4
        else:
            runs.append([byte, 1])
    require([byte for byte, count in runs for _ in range(count)] == list(bytes))


@bug("quotes are not doubled", text=st.text(alphabet="abc ,;\n\"", max_size=30))
def _(text):
    rest, decoded = list(text + '"'), ""
    while rest:
        next = rest.pop(0)
        if next == '"':
            if rest and rest[0] == '"':
                rest.pop(0)
            else:
                break
        decoded += next
    require(decoded == text)


@bug("cut in the middle of a character", points=st.lists(st.integers(0, 0x2ffff), max_size=30))
def _(points):
    assume(not any(0xd800 <= point < 0xe000 for point in points))
    encoded = "".join(map(chr, points)).encode()[:8]
    encoded.decode()


@bug("length is trusted", length=st.integers(0, 255), payload=st.binary(max_size=255))
def _(length, payload):
    require(length <= len(payload))


# Draws that depend on others.

@bug("length list", list=st.integers(1, 100).flatmap(
    lambda count: st.lists(st.integers(0, 1000), min_size=count, max_size=count)))
def _(list):
    require(all(value < 900 for value in list))


@bug("deletion",
     list_and_victim=with_member(st.lists(st.integers(0, 10_000), min_size=1, max_size=30)))
def _(list_and_victim):
    list, victim = list_and_victim
    rest = list[:]
    rest.remove(victim)
    require(victim not in rest)


@bug("coupling", list=st.lists(st.integers(0, 100), max_size=40))
def _(list):
    assume(all(value < len(list) for value in list))
    for index, value in enumerate(list):
        require(value == index or list[value] != index)


SIZES = st.tuples(st.integers(1, 20), st.integers(1, 20))


@bug("matrix takes rows for columns", cell=SIZES.flatmap(lambda size: st.tuples(
    st.just(size[0]), st.just(size[1]), st.integers(0, size[0] - 1), st.integers(0, size[1] - 1))))
def _(cell):
    rows, columns, row, column = cell
    require(row * rows + column == row * columns + column)


# State machines: each is a rule-based machine that logs its steps.

MACHINES = {}


def machine(name):
    def register(kind):
        MACHINES[name] = kind
        return kind
    return register


class Logged(RuleBasedStateMachine):
    """A machine whose failing runs count."""
    tally = Tally()

    def __init__(self):
        super().__init__()
        type(self).tally.calls += 1
        self.log = []

    def step(self, text):
        self.log.append(text)

    def require(self, condition):
        if not condition:
            type(self).tally.failed("; ".join(self.log))
            raise AssertionError


@machine("die hard")
class Jugs(Logged):
    small, big = 0, 0

    def pour(self, name, small, big):
        self.step(name)
        self.small, self.big = small, big
        self.require(big != 4)

    @rule()
    def fill_small(self):
        self.pour("fillSmall", 3, self.big)

    @rule()
    def fill_big(self):
        self.pour("fillBig", self.small, 5)

    @rule()
    def empty_small(self):
        self.pour("emptySmall", 0, self.big)

    @rule()
    def empty_big(self):
        self.pour("emptyBig", self.small, 0)

    @rule()
    def small_into_big(self):
        total = self.small + self.big
        self.pour("smallIntoBig", total - min(total, 5), min(total, 5))

    @rule()
    def big_into_small(self):
        total = self.small + self.big
        self.pour("bigIntoSmall", min(total, 3), total - min(total, 3))


@machine("ring buffer counts modulo its size")
class Ring(Logged):
    def __init__(self):
        super().__init__()
        self.model, self.places = [], [0, 0, 0]
        self.first = self.next = 0

    @rule(value=st.integers(0, 99))
    def put(self, value):
        self.step(f"put({value})")
        if len(self.model) < 3:
            self.places[self.next] = value
            self.next = (self.next + 1) % 3
            self.model.append(value)

    @rule()
    def get(self):
        self.step("get")
        if self.model:
            self.require(self.places[self.first] == self.model.pop(0))
            self.first = (self.first + 1) % 3

    @rule()
    def count(self):
        self.step("count")
        self.require((self.next - self.first) % 3 == len(self.model))


@machine("queue grows while it wraps around")
class Growing(Logged):
    def __init__(self):
        super().__init__()
        self.model, self.places, self.first = [], [0, 0], 0

    @rule(value=st.integers(0, 99))
    def put(self, value):
        self.step(f"put({value})")
        held = len(self.model)
        if held == len(self.places):
            self.places += [0] * held
        self.places[(self.first + held) % len(self.places)] = value
        self.model.append(value)

    @rule()
    def get(self):
        self.step("get")
        if self.model:
            self.require(self.places[self.first] == self.model.pop(0))
            self.first = (self.first + 1) % len(self.places)


@machine("closing one handle closes older ones")
class Handles(Logged):
    def __init__(self):
        super().__init__()
        self.made, self.open, self.closed = 0, set(), set()

    def pick(self, data):
        return data.draw(st.integers(0, self.made - 1))

    @rule()
    def opening(self):
        self.step("open")
        self.open.add(self.made)
        self.made += 1

    @precondition(lambda self: self.made > 0)
    @rule(data=st.data())
    def read(self, data):
        handle = self.pick(data)
        self.step(f"read(#{handle + 1})")
        self.require((handle in self.open) == (handle not in self.closed))

    @precondition(lambda self: self.made > 0)
    @rule(data=st.data())
    def close(self, data):
        handle = self.pick(data)
        self.step(f"close(#{handle + 1})")
        self.require((handle in self.open) == (handle not in self.closed))
        if handle in self.open:
            self.closed.add(handle)
            self.open = {other for other in self.open if other > handle}


@machine("anybody can open the lock")
class Lock(Logged):
    owner = None

    @rule(user=st.integers(0, 9))
    def lock(self, user):
        self.step(f"lock({user})")
        if self.owner is None:
            self.owner = user

    @rule(user=st.integers(0, 9))
    def unlock(self, user):
        self.step(f"unlock({user})")
        if self.owner is not None:
            self.require(self.owner == user)
            self.owner = None


@machine("two pauses never end")
class Download(Logged):
    """After each run the honest path must come to its end."""
    state, pauses = "idle", 0

    @precondition(lambda self: self.state == "idle")
    @rule()
    def start(self):
        self.step("start")
        self.state = "running"

    @precondition(lambda self: self.state in ("running", "paused"))
    @rule()
    def pause(self):
        self.step("pause")
        self.state, self.pauses = "paused", self.pauses + 1

    @precondition(lambda self: self.state == "paused" and self.pauses == 1)
    @rule()
    def resume(self):
        self.step("resume")
        self.state, self.pauses = "running", 0

    @precondition(lambda self: self.state == "running")
    @rule()
    def finish(self):
        self.step("finish")
        self.state = "done"

    @precondition(lambda self: self.state == "done")
    @rule()
    def rest(self):
        """A machine needs a rule in each of its states."""

    @invariant()
    def honest_path_ends(self):
        self.require(self.state != "paused" or self.pauses == 1)


# Schedules: each command is a generator; what it yields ends a step, what it returns answers.

WAITS = object()


@dataclass
class Outcome:
    history: list = field(default_factory=list)
    is_stuck: bool = False


def play(commands, switches, start):
    """Runs workers by a list of (steps, skipped) context switches."""
    count, outcome = len(commands), Outcome()
    queues = [list(list_) for list_ in commands]
    running, began, waiting = [None] * count, [0] * count, [False] * count
    current, since, steps, switches = 0, 0, 0, list(switches)
    ready = lambda worker: (running[worker] or queues[worker]) and not waiting[worker]
    while any(running[worker] or queues[worker] for worker in range(count)):
        others = [(current + offset) % count for offset in range(1, count)]
        if switches and since >= switches[0][0]:
            _, skipped = switches.pop(0)
            since = 0
            able = [worker for worker in others if ready(worker)]
            if able:
                current = able[min(skipped, len(able) - 1)]
        if not ready(current):
            able = [worker for worker in others if ready(worker)]
            if not able:
                outcome.is_stuck = True
                return outcome
            current = able[0]
        if running[current] is None:
            command = queues[current].pop(0)
            running[current], began[current] = (command, start(command, current)), steps
        command, generator = running[current]
        try:
            if next(generator) is WAITS:
                waiting[current] = True
                continue
        except StopIteration as end:
            outcome.history.append((current, command, end.value, began[current], steps))
            running[current] = None
        steps, since, waiting = steps + 1, since + 1, [False] * count
    return outcome


def explains(history, state, apply, agrees, taken=frozenset()):
    """Whether some order of the commands explains all answers."""
    if len(taken) == len(history):
        return agrees(state)
    rest = [index for index in range(len(history)) if index not in taken]
    for index in rest:
        _, command, answer, begin, _ = history[index]
        if any(history[other][4] < begin for other in rest if other != index):
            continue
        got, after = apply(command, state)
        if got == answer and explains(history, after, apply, agrees, taken | {index}):
            return True
    return False


def schedule(name, command, make):
    lists = st.lists(command, max_size=3)
    switches = st.lists(st.tuples(st.integers(1, 40), st.just(0)), max_size=24)

    @bug(name, first=lists, second=lists, switches=switches)
    def _(first, second, switches):
        start, initial, apply, agrees = make()
        outcome = play([first, second], switches, start)
        require(not outcome.is_stuck)
        require(explains(outcome.history, initial, apply, agrees))


def lost_update():
    system = [0]

    def start(command, worker):
        seen = system[0]
        yield
        system[0] = seen + 1
        return seen + 1
    return start, 0, lambda command, state: (state + 1, state + 1), lambda state: True


def shop():
    system = [1]

    def start(command, worker):
        if command == "restock":
            system[0] += 1
            return True
        if system[0] == 0:
            return False
        yield
        system[0] -= 1
        return True

    def apply(command, state):
        if command == "restock":
            return True, state + 1
        return (False, 0) if state == 0 else (True, state - 1)
    return start, 1, apply, lambda state: True


def two_locks():
    owners = [None, None]

    def start(command, worker):
        for lock in ([0, 1] if command == "there" else [1, 0]):
            while owners[lock] is not None:
                yield WAITS
            owners[lock] = worker
            yield
        owners[:] = [None, None]
        return True
    return start, None, lambda command, state: (True, state), lambda state: True


def linked_stack():
    values, below, top, free = [1, 2], [1, None], [0], []

    def start(command, worker):
        if command != "pop":
            node = free.pop(0) if free else len(values)
            if node == len(values):
                values.append(None)
                below.append(None)
            values[node], below[node], top[0] = command, top[0], node
            return None
        while True:
            seen = top[0]
            if seen is None:
                return None
            under = below[seen]
            yield
            if top[0] == seen:
                break
        top[0] = under
        free.append(seen)
        return values[seen]

    def apply(command, state):
        if command != "pop":
            return None, (command,) + state
        return (None, ()) if not state else (state[0], state[1:])

    def agrees(state):
        node, found = top[0], []
        while node is not None and len(found) < 100:
            found.append(values[node])
            node = below[node]
        return tuple(found) == state
    return start, (1, 2), apply, agrees


schedule("lost update", st.just("increment"), lost_update)
schedule("sold twice", st.sampled_from(["sell", "restock"]), shop)
schedule("locks in opposite orders", st.sampled_from(["there", "back"]), two_locks)
schedule("the same top is another", st.one_of(st.just("pop"), st.integers(0, 9)), linked_stack)


def measure(name, number):
    """One bug from one seed."""
    tally = Tally()
    try:
        if name in MACHINES:
            kind = type(name, (MACHINES[name],), {"tally": tally})
            seed(number)(kind)
            run_state_machine_as_test(kind, settings=SETTINGS)
        else:
            seed(number)(SETTINGS(PROPERTIES[name](tally)))()
    except Exception as error:
        if not tally.first:
            raise error
    found = tally.first
    return {"bug": name, "seed": number, "found_after": found or None,
            "shrink_calls": tally.calls - found if found else 0, "minimal": tally.minimal}


if __name__ == "__main__":
    for name in sys.argv[1:] or list(PROPERTIES) + list(MACHINES):
        for number in SEEDS:
            print(json.dumps(measure(name, number)), flush=True)
