"""What the service answers, as documented in OpenAPI.

Answers are built as plain JSON and written as they are (``api.wire``); these models describe them, and the tests
hold every answer they get against them: a field that is not described fails.
"""
