/* While the pointer is down, what would move the page waits: what is pressed is let go where it was pressed, and what is
 * dragged finds the lists as they were. XqtPressing.after(act) does it at once where nothing is pressed.
 */
(function (root) {
  "use strict";

  let down = false;
  let waiting = [];

  function up() {
    if (!down) {
      return;
    }
    down = false;
    // The click comes after the pointer is up.
    root.setTimeout(() => {
      const due = down ? [] : waiting;
      waiting = down ? waiting : [];
      due.forEach((act) => act());
    }, 0);
  }

  document.addEventListener("pointerdown", (event) => {
    // A native list is opened by it and keeps what follows to itself.
    down = down || (event.button === 0 && !event.target.closest("select"));
  }, true);
  ["pointerup", "pointercancel", "keydown"].forEach((kind) => document.addEventListener(kind, up, true));
  root.addEventListener("blur", up);
  // Let go where the page does not hear of it.
  document.addEventListener("pointermove", (event) => {
    if (!event.buttons) {
      up();
    }
  }, true);

  root.XqtPressing = {
    after: (act) => {
      if (!down) {
        act();
      } else if (waiting.indexOf(act) < 0) {
        waiting.push(act);
      }
    },
  };
})(window);
