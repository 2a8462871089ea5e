"""After 200 random gestures on the canvas undo leads back to the very beginning, and redo to the very end."""

from __future__ import annotations

import pytest

from tests.browser.canvas import definition, make_form, open_canvas, saved, stored
from tests.browser.pages import Watch

GESTURES = 200

#: A generator of the page's own, so that a failure can be repeated by its seed; returns what was done.
PLAY = """([seed, count]) => {
  let state = seed;
  const chance = n => { state = (state * 1103515245 + 12345) % 2147483648; return Math.floor(state / 65536) % n; };
  const store = XqtCanvas.store;
  const places = () => { const found = [];
    (store.definition.sections || []).forEach((section, s) => { found.push([s]);
      (section.fields || []).forEach((field, f) => { found.push([s, f]);
        (field.fields || []).forEach((column, c) => found.push([s, f, c])); }); });
    return found; };
  const types = store.page.palette.types.map(type => type.name);
  const done = [];
  for (let n = 0; n < count; n += 1) {
    const all = places();
    const at = all[chance(all.length)] || [];
    store.select(at);
    const before = JSON.stringify(store.definition);
    const which = chance(9);
    const field = store.node(at);
    if (which === 0) { store.add(types[chance(types.length)]); }
    else if (which === 1) { store.addSection(); }
    else if (which === 2) { store.copy(at); }
    else if (which === 3 && all.length > 4) { store.removeNow(at); }
    else if (which === 4) { store.move(at, chance(2) ? 1 : -1); }
    else if (which === 5 && at.length > 1) { store.patch(at, {label: {zh: "名称" + n}}); }
    else if (which === 6 && at.length > 1) { store.retype(at, types.filter(type => at.length < 3 || type !== "subtable")[chance(types.length - 1)]); }
    else if (which === 7 && at.length > 1) { store.act({type: "rekey", at, key: "k" + n}); }
    else { store.patch(at, at.length > 1 ? {visible_when: "k" + chance(n + 1) + " > " + n} : {title: {zh: "组" + n}}); }
    if (JSON.stringify(store.definition) === before) { n -= 1; } else { done.push(which); }
  }
  return done;
}"""


@pytest.mark.parametrize("seed", [7, 2026, 991])
def test_undo_leads_back_to_the_start_and_redo_to_the_end(browser, live, worlds, seed):
    app = worlds("sqlite").app
    form = make_form(app, f"random_{seed}")
    page = open_canvas(browser, live, form)
    watch = Watch(live)
    watch.attach(page)
    start = definition(page)
    done = page.evaluate(PLAY, [seed, GESTURES])
    assert len(done) == GESTURES
    assert len(set(done)) > 6
    # Saving makes keys of the names given meanwhile, in every step alike.
    saved(page)
    end = definition(page)
    assert end != start
    assert page.evaluate("XqtCanvas.store.state.history.past.length") == GESTURES
    page.evaluate("() => { while (XqtCanvas.store.state.history.past.length) { XqtCanvas.store.undo(); } }")
    assert definition(page) == start
    page.evaluate("() => { while (XqtCanvas.store.state.history.future.length) { XqtCanvas.store.redo(); } }")
    assert definition(page) == end
    saved(page)
    assert stored(app, form) == end
    drawn = page.evaluate(
        "Array.from(document.querySelectorAll('[data-card] > .card-row .card-meta code'), code => code.textContent)"
    )
    assert drawn == list(keys_of(end))
    assert watch.complaints == []
    page.context.close()


def keys_of(found):
    for section in found["sections"]:
        for field in section["fields"]:
            yield field["key"]
            yield from (column["key"] for column in field.get("fields", []))
