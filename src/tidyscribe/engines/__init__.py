"""Local speech recognisers behind one small protocol, in worker processes of their own."""

from tidyscribe.engines.base import Engine, EngineError, Heard, HeardWord, create_engine
from tidyscribe.engines.pool import EnginePool
from tidyscribe.engines.process import Watch

__all__ = [
    "Engine",
    "EngineError",
    "EnginePool",
    "Heard",
    "HeardWord",
    "Watch",
    "create_engine",
]
