"""What can go wrong with an expression, said to the person who wrote it."""

from __future__ import annotations

from forms.labels import Label


class ExpressionError(ValueError):
    """An expression cannot be read.

    ``position`` counts characters from 0 in the author's text; ``message`` is one sentence in both languages.
    """

    def __init__(self, position: int, message: Label) -> None:
        super().__init__(f"{message.en} (at {position})")
        self.position = position
        self.message = message


class BudgetExceededError(ExpressionError):
    """An evaluation took more steps than its environment allows."""

    def __init__(self) -> None:
        super().__init__(
            0,
            Label(
                "公式计算量过大，请减少明细行或简化公式",
                "The formula needs too many steps; use fewer rows or simplify it",
            ),
        )
