"""Many deals at once: a table of facts, the position of each deal, and the funnel of all.

`Table` reads delimited text row by row, `match` finds the fact of each column, `Assessor` gives each row a
position, and `Funnel` counts. `Placer` makes openings of the rows, to bring deals in at the stages where they stand. Nothing here
opens a file or keeps the rows.
"""

from stagegate.portfolio.assess import Assessor, Deal, Funnel, Recorded, Standing, Step, Unfit, recorded
from stagegate.portfolio.columns import Columns, match, read_facts
from stagegate.portfolio.placing import Asked, Misplaced, Placed, Placer
from stagegate.portfolio.table import DELIMITERS, Row, Table, TableError, guess_delimiter, undecodable

__all__ = [
    "DELIMITERS",
    "Asked",
    "Assessor",
    "Columns",
    "Deal",
    "Funnel",
    "Misplaced",
    "Placed",
    "Placer",
    "Recorded",
    "Row",
    "Standing",
    "Step",
    "Table",
    "TableError",
    "Unfit",
    "guess_delimiter",
    "match",
    "read_facts",
    "recorded",
    "undecodable",
]
