"""Documents parsed, measured and validated once, and remembered while there is room."""

from collections import OrderedDict

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    OperationType,
    parse,
    validate,
)

from api.errors import LimitExceeded, QueryError, RequestRefused, refused
from api.execution.failures import without_values
from api.execution.limits import Limits, check

PARSE_FAILED = "GRAPHQL_PARSE_FAILED"
VALIDATION_FAILED = "GRAPHQL_VALIDATION_FAILED"

MAXIMUM_ERRORS = 10
"""Validation stops after so many errors: each costs time, and nobody reads a hundred."""


class Documents:
    """The valid documents asked for lately, the least recently asked one leaves first.

    A parsed document takes some 220 bytes a character, so their characters are bounded too.
    """

    def __init__(self, schema: GraphQLSchema, limits: Limits) -> None:
        """Remember nothing yet."""
        self._schema = schema
        self._limits = limits
        self._kept: OrderedDict[str, DocumentNode] = OrderedDict()
        self._characters = 0

    def prepare(self, text: str) -> DocumentNode:
        """Give the valid document of a text; RequestRefused says what is wrong with it."""
        if text in self._kept:
            self._kept.move_to_end(text)
            return self._kept[text]
        document = self._valid(text)
        self._keep(text, document)
        return document

    def _valid(self, text: str) -> DocumentNode:
        document = self._parsed(text)
        try:
            check(document, self._limits)
        except QueryError as error:
            raise refused(error) from error
        errors = validate(self._schema, document, max_errors=MAXIMUM_ERRORS, hide_suggestions=True)
        if errors:
            told = without_values(errors) if _writes(document) else errors
            raise RequestRefused(told, code=VALIDATION_FAILED)
        return document

    def _parsed(self, text: str) -> DocumentNode:
        try:
            return parse(text, max_lexical_tokens=self._limits.tokens)
        except GraphQLSyntaxError as error:
            raise self._unparsed(error, text) from error

    def _unparsed(self, error: GraphQLError, text: str) -> RequestRefused:
        # graphql-core has no other sign of these two than the message.
        for sign, limit, seen in (
            ("tokens", "tokens", "The document has more tokens"),
            ("nested too deeply", "depth", "The document is nested too deeply"),
        ):
            if sign in error.message:
                maximum: int = getattr(self._limits, limit)
                return refused(LimitExceeded(limit=limit, maximum=maximum, seen=seen))
        told = without_values([error]) if "mutation" in text else [error]
        return RequestRefused(told, code=PARSE_FAILED)

    def _keep(self, text: str, document: DocumentNode) -> None:
        self._kept[text] = document
        self._characters += len(text)
        while self._kept and self._is_full():
            oldest, _ = self._kept.popitem(last=False)
            self._characters -= len(oldest)

    def _is_full(self) -> bool:
        return (
            len(self._kept) > self._limits.documents
            or self._characters > self._limits.document_characters
        )


def _writes(document: DocumentNode) -> bool:
    return any(
        isinstance(definition, OperationDefinitionNode)
        and definition.operation is OperationType.MUTATION
        for definition in document.definitions
    )
