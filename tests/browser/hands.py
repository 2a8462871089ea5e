"""A keyboard, for those who use nothing else."""

from __future__ import annotations


class Keys:
    """A keyboard, and eyes that see where the focus is."""

    def __init__(self, page):
        self.page = page

    def press(self, *keys):
        for key in keys:
            self.page.keyboard.press(key)

    def write(self, text):
        self.page.keyboard.type(text)

    def over(self, text):
        self.press("Control+a")
        self.write(text)

    def focused(self, selector):
        return self.page.evaluate("selector => document.activeElement.matches(selector)", selector)

    def tab_to(self, selector, *, back=False, most=90):
        for _ in range(most):
            if self.focused(selector):
                return
            self.press("Shift+Tab" if back else "Tab")
        raise AssertionError(f"{selector} was not reached by Tab")

    def choose(self, label):
        """Go to an option of the focused drop-down by its arrow keys."""
        here, there = self.page.evaluate(
            "label => [document.activeElement.selectedIndex, Array.from(document.activeElement.options).findIndex(o => o.label === label)]",
            label,
        )
        assert there >= 0, label
        self.press(*(["ArrowDown" if there > here else "ArrowUp"] * abs(there - here)))

    def go_to_card(self, label):
        """Back to the canvas, then along the cards."""
        if not self.focused(".card-main, .section-main"):
            self.press("Escape")
            self.tab_to(".card-main, .section-main", back=True)
        for direction in ("ArrowUp", "ArrowDown"):
            for _ in range(30):
                if label in self.page.evaluate(
                    "document.activeElement.querySelector('.card-label, .never')?.textContent || ''"
                ):
                    return
                self.press(direction)
        raise AssertionError(f"no card {label}")

    def tab(self, name):
        """Open a tab of the properties of the selected card."""
        self.press("Enter")
        self.tab_to("[role=tab][id^=tab-]", back=True)
        for _ in range(4):
            if self.focused(f"#tab-{name}"):
                return
            self.press("ArrowRight")
        raise AssertionError(name)
