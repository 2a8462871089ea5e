/* Keys of the canvas. Letters alone do nothing inside an input; undo belongs to the input there. */

function typing(target) {
  return target.matches("textarea, select, input:not([type=checkbox]):not([type=radio])") || target.isContentEditable;
}

/* The buttons of the cards in the order of the page. */
function stops() {
  return Array.from(document.querySelectorAll(".section-main, .card-main"));
}

function step(store, event, by) {
  const all = stops();
  const here = all.indexOf(event.target.closest(".section-main, .card-main"));
  const next = all[here + by];
  if (here < 0 || !next) {
    return;
  }
  event.preventDefault();
  next.focus();
  next.click();
}

export function listen(store) {
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || store.state.dialog || store.state.preview) {
      return;
    }
    const control = (event.ctrlKey || event.metaKey) && !event.altKey;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const inside = typing(event.target);
    const onCard = event.target.closest(".card-main, .section-main, .card-tools") !== null;
    const does = (action) => {
      event.preventDefault();
      action();
    };
    if (control && key === "s") {
      does(() => store.saveNow());
    } else if (inside) {
      if (event.key === "Escape" && event.target.closest(".properties")) {
        does(() => store.focusCard());
      }
    } else if (control && key === "z" && !event.shiftKey) {
      does(() => store.undo());
    } else if (control && (key === "y" || (key === "z" && event.shiftKey))) {
      does(() => store.redo());
    } else if (event.altKey && !control && (event.key === "ArrowUp" || event.key === "ArrowDown") && store.at.length) {
      does(() => store.move(store.at, event.key === "ArrowUp" ? -1 : 1));
    } else if (event.altKey && !control && (key === "n" || event.code === "KeyN")) {
      does(() => store.set({ dialog: { name: "add", at: store.after("text") } }));
    } else if (control && key === "d" && store.at.length) {
      does(() => store.copy(store.at));
    } else if (event.key === "Delete" && store.at.length && !control) {
      does(() => store.remove(store.at));
    } else if (key === "?") {
      does(() => store.set({ dialog: { name: "keys" } }));
    } else if (event.key === "Escape" && event.target.closest(".properties")) {
      does(() => store.focusCard());
    } else if (onCard && (event.key === "ArrowDown" || event.key === "ArrowUp") && !event.altKey && !control) {
      step(store, event, event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Enter" && event.target.closest(".card-main, .section-main") && !control) {
      does(() => {
        event.target.click();
        store.openProperties();
      });
    }
  });
}
