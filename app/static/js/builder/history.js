/* Undo and redo: one gesture is one step. Plain JSON in and out; states share what did not change, so they cost little. */

export const STEPS = 300;

export function start(definition) {
  return { past: [], present: { definition, at: [] }, future: [], group: null };
}

/* Takes a new state. Steps of one *group* (typing into one input) are one; null stands alone. */
export function record(history, present, group) {
  if (present.definition === history.present.definition) {
    return Object.assign({}, history, { present });
  }
  const joined = group !== null && group === history.group && history.past.length > 0;
  const past = joined ? history.past : history.past.concat([history.present]).slice(-STEPS);
  return { past, present, future: [], group };
}

export function undo(history) {
  if (!history.past.length) {
    return history;
  }
  const past = history.past.slice(0, -1);
  return { past, present: history.past[past.length], future: [history.present].concat(history.future), group: null };
}

export function redo(history) {
  if (!history.future.length) {
    return history;
  }
  const [present, ...future] = history.future;
  return { past: history.past.concat([history.present]), present, future, group: null };
}

/* Every state as *change* makes it: what somebody else has saved meanwhile is no step of ours and must survive undo. */
export function rebased(history, change) {
  const known = new Map();
  const state = (one) => {
    if (!known.has(one.definition)) {
      known.set(one.definition, change(one.definition));
    }
    return Object.assign({}, one, { definition: known.get(one.definition) });
  };
  return {
    past: history.past.map(state),
    present: state(history.present),
    future: history.future.map(state),
    group: null,
  };
}
