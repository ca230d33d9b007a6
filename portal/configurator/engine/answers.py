"""Strict domains in words: the answer of a click, made from the answer one click before wherever that is known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from portal.configurator.engine.asking import Chosen
from portal.configurator.engine.component import Component, Record
from portal.configurator.engine.layout import bits
from portal.configurator.engine.model import Value
from portal.configurator.engine.network import Network
from portal.configurator.engine.program import Program
from portal.configurator.engine.scope import Slot

Values = dict[str, tuple[Value, ...]]


class Answers:
    """Turns choices into the values still possible for every variable; only what a choice touches is looked at."""

    def __init__(self, program: Program, network: Network) -> None:
        self._network, self._base = network, program.base
        self._places = {
            slot.key: {value: network.place(slot, position) for value, position in slot.positions.items()}
            for slot in program.base
        }
        self._coarse = {
            program.base[index].key: program.base[index] for each in network.components for index in each.piece.spans
        }
        self._words: dict[tuple[int, int], tuple[Value, ...]] = {}
        self._start: Values = {}
        self._last: tuple[dict[str, Value], dict[int, Chosen], Values] = ({}, {}, {})
        if not network.contradictory:
            found = {
                slot.key: self._word(slot, 1 << network.settled[slot.index])
                for slot in program.base
                if slot.index in network.settled
            }
            for component in network.components:
                found |= self._decode(component, frozenset(), self._record(component, frozenset()))
            self._start = {slot.key: found[slot.key] for slot in program.base}
            for component in network.components:
                for chosen, record in component.ready():
                    self._decode(component, chosen, record)
            self._last = ({}, {}, self._start)

    @staticmethod
    def _record(component: Component, chosen: Chosen) -> Record:
        record = component.record(chosen)
        assert record is not None
        return record

    def _word(self, slot: Slot, part: int) -> tuple[Value, ...]:
        known = self._words.get((slot.index, part))
        if known is None:
            places = bits(part)
            if not slot.exact:
                places = [places[0], places[-1]]
            known = self._words[slot.index, part] = tuple([slot.values[place] for place in places])
            if len(self._words) > 100_000:
                self._words.clear()
        return known

    def _decode(self, component: Component, chosen: Chosen, record: Record) -> Values:
        """Return the words of a record, all of them, remembered with it."""
        if record.decoded is None:
            layout = component.layout
            before = component.nearest(chosen) if chosen else None
            if before is None or before.decoded is None:
                slots: Iterable[Slot] = component.slots
                record.decoded = {}
            else:
                changed = [layout.owner[bit][0] for bit in bits(before.values ^ record.values)]
                slots = {slot.index: slot for slot in changed}.values()
                record.decoded = before.decoded.copy()
            for slot in slots:
                record.decoded[slot.key] = self._word(self._base[slot.index], component.part(slot, record.values))
        return record.decoded

    def values(self, choices: Mapping[str, Value]) -> Values | None:
        """Return the possible values by key; None when the choices contradict each other; KeyError for unknown ones."""
        if self._network.contradictory:
            return None
        click = self._one_more(choices)
        if click is None:
            chosen = self._sorted(choices)
            if chosen is None:
                return None
            result, touched = self._start.copy(), list(chosen)
        else:
            chosen, number, result = click
            touched = [number] if number is not None else []
        for number in touched:
            component, own = self._network.components[number], chosen[number]
            record = component.record(own)
            if record is None:
                return None
            result |= record.decoded or self._decode(component, own, record)
        for key in self._coarse.keys() & choices.keys():
            slot = self._coarse[key]
            result[key] = self._word(slot, 1 << slot.positions[choices[key]])
        self._last = (dict(choices), chosen, result)
        return result.copy()

    def _sorted(self, choices: Mapping[str, Value]) -> dict[int, Chosen] | None:
        """Return the chosen bits by component, None when a settled variable is to take another value."""
        found: dict[int, list[int]] = {}
        for key, value in choices.items():
            place = self._places[key][value]
            if place is False:
                return None
            if place is not True:
                found.setdefault(place[0], []).append(place[1])
        return {number: frozenset(own) for number, own in found.items()}

    def _one_more(self, choices: Mapping[str, Value]) -> tuple[dict[int, Chosen], int | None, Values] | None:
        """Return what the last answer was made from plus the one choice added to it; None for any other question."""
        before, chosen, result = self._last
        if len(choices) != len(before) + 1 or not before.items() <= choices.items():
            return None
        key = next(reversed(list(choices)))
        if key in before:
            return None
        place = self._places[key][choices[key]]
        if place is False:
            return None
        if place is True:
            return chosen, None, result.copy()
        number, bit = place
        return {**chosen, number: chosen.get(number, frozenset()) | {bit}}, number, result.copy()
