"""The rule language: from text to what finds articles.

`compile_query` reads a query and says every mistake in it; `Prepared` is an article made ready; `Query.find` says why
they meet. The language: words (any case, script and inflection; accents and umlauts do not count), `=word` exactly so,
`word*`, `"a phrase"`, `a NEAR/5 b`, `/RE2/` (`=/…/` with case), `title:` `text:`, AND OR NOT ( ), a blank for AND,
`-word`, `# comment`; fields with one or several values between commas. See `binding` for which conditions speak of one
event.
"""

from alerts.query.clauses import Hit
from alerts.query.errors import QueryError, QueryRefusedError
from alerts.query.prepared import Prepared
from alerts.query.query import Query, compile_query
from alerts.query.vocabulary import Vocabulary, load_vocabulary

__all__ = [
    "Hit",
    "Prepared",
    "Query",
    "QueryError",
    "QueryRefusedError",
    "Vocabulary",
    "compile_query",
    "load_vocabulary",
]
