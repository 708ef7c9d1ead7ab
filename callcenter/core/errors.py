"""The errors of the product. Each says whose fault it is by its kind; subclasses stand beside the code that
raises them. `web/errors.py` and `cli.py` are the two places that show them."""


class CallcenterError(Exception):
    """Anything the product refuses or cannot do. The text is one sentence that says what to do."""


class BadInput(CallcenterError):
    """The person or file outside gave something unusable; the text says what was expected."""


class NotFound(CallcenterError):
    """The thing asked for does not exist."""


class Conflict(CallcenterError):
    """The thing changed meanwhile, or exists already."""


class NotAllowed(CallcenterError):
    """This user may not do that."""


class Unavailable(CallcenterError):
    """Something we depend on is missing or not answering; the text says how to provide it."""


class ConfigError(CallcenterError):
    """A setting or a file of the dealership's is wrong; the text names file, key and fix."""
