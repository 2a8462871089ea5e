"""The expression language of rules: show when, required when, check, compute, option filter, guard.

Operators ``= != < <= > >= and or not in``, ``+ - * /``; literals ``12``, ``1.5``, ``'text'``, ``true``, ``false``,
``null``, ``[a, b]``; functions in :mod:`forms.expressions.functions`. Names: a field; ``table.column`` for all rows of
a sub-table (``sum(positions.need_count)``, ``count(positions where publish_ok = true)``); in a column's rule the other
columns by name and the record's fields by name or as ``parent.x``; ``ref.x`` for a field of the referenced record
(``ref.id`` and ``ref.label`` always); ``previous.x``; ``_today``, ``_role``, ``_org_id`` and further variables.

``days(a, b)``, ``months(a, b)`` and ``years(a, b)`` count from *a* to *b*: an age is ``years(birth_date, _today)``.

Empty (null, "", [] and missing alike): arithmetic and comparison with an empty operand are empty; ``and``/``or``/
``not`` follow three-valued logic; a check passes unless it is false, a condition holds only if it is true. ``x = null``
asks ``empty(x)``. ``sum`` and ``count`` of nothing are 0, ``avg``, ``min``, ``max`` and division by zero are empty.
Numbers are exact, rounded half up to 12 places. Texts compare by code point; texts that spell numbers order as numbers.

``app/static/js/rules.js`` evaluates the same trees; ``tests/expressions/cases.json`` holds both to the same results.
"""

from forms.expressions.conditions import condition_text, literal
from forms.expressions.errors import BudgetExceededError, ExpressionError
from forms.expressions.evaluator import Environment, evaluate, holds, passes
from forms.expressions.functions import FUNCTIONS
from forms.expressions.parser import KEYWORDS, Node, parse
from forms.expressions.typecheck import KNOWN_TYPES, result_type, typecheck
from forms.expressions.values import canonical
from forms.expressions.variables import variables_of

__all__ = [
    "FUNCTIONS",
    "KEYWORDS",
    "KNOWN_TYPES",
    "BudgetExceededError",
    "Environment",
    "ExpressionError",
    "Node",
    "canonical",
    "condition_text",
    "evaluate",
    "holds",
    "literal",
    "parse",
    "passes",
    "result_type",
    "typecheck",
    "variables_of",
]
