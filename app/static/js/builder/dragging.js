/* Dragging with SortableJS. It moves the page's elements, which belong to Preact: every element is put back before the
 * move is told to the store. Dragging is one way of several; without SortableJS buttons and keys do the same.
 */

const OPTIONS = { animation: 120, forceFallback: true, fallbackTolerance: 4, delayOnTouchOnly: true, delay: 120 };

function putBack(event) {
  event.item.remove();
  event.from.insertBefore(event.item, event.from.children[event.oldIndex] || null);
}

/* Cards of a section (group "fields") or of a sub-table (a group of its own); returns what ends it.
 *
 * drop: {type} from the palette or {from: element} moved, with the list's element and the place in it.
 */
export function dragCards(element, group, drop) {
  if (!window.Sortable) {
    return undefined;
  }
  const sortable = window.Sortable.create(element, Object.assign({}, OPTIONS, {
    group: { name: group, pull: true, put: (to, from, dragged) => accepts(group, from, dragged) },
    handle: ".card-grip",
    draggable: "[data-card]",
    onUpdate(event) {
      putBack(event);
      drop({ list: event.to, source: event.from, from: event.oldDraggableIndex, to: event.newDraggableIndex });
    },
    onAdd(event) {
      const type = event.item.getAttribute("data-type");
      if (type) {
        event.item.remove();
        drop({ list: event.to, type, to: event.newDraggableIndex });
      } else {
        putBack(event);
        drop({ list: event.to, source: event.from, from: event.oldDraggableIndex, to: event.newDraggableIndex });
      }
    },
  }));
  return () => sortable.destroy();
}

function accepts(group, from, dragged) {
  const source = from.options.group.name;
  if (source === "palette") {
    return group === "fields" || dragged.getAttribute("data-type") !== "subtable";
  }
  return source === group;
}

/* What can be dragged out of a list of the palette; a copy travels, the original stays. */
export function dragFrom(element) {
  if (!window.Sortable) {
    return undefined;
  }
  const sortable = window.Sortable.create(element, Object.assign({}, OPTIONS, {
    group: { name: "palette", pull: "clone", put: false },
    sort: false,
    draggable: "[data-type]",
    onEnd(event) {
      // The copy took the original's place: the original is Preact's and comes back.
      if (event.clone && event.clone.parentNode && event.clone !== event.item) {
        event.clone.parentNode.replaceChild(event.item, event.clone);
      }
    },
  }));
  return () => sortable.destroy();
}
