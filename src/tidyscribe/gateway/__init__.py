"""The local server: FoxAPI's protocol with an engine of this machine behind it."""

from tidyscribe.errors import MissingExtraError

try:
    import starlette  # noqa: F401 - asked for here, so that the message can name the extra
except ImportError as error:
    raise MissingExtraError(
        'The gateway needs Starlette. Install it with: pip install "tidyscribe[local]" '
        'for provider="local", or pip install "tidyscribe[server]" for a server.'
    ) from error

from tidyscribe.gateway.app import Gateway, embedded_gateway
from tidyscribe.gateway.behaviour import Behaviour
from tidyscribe.gateway.serve import serve

__all__ = ["Behaviour", "Gateway", "embedded_gateway", "serve"]
