"""How much one reading of a source may take."""

from pydantic import BaseModel, ConfigDict, Field


class ReadingSettings(BaseModel):
    """What one source's pages may take to be read, and how many sources are read at once."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    at_once: int = Field(3, ge=1, description="sources that are read at the same time")
    cpu_seconds: int = Field(60, ge=1, description="processor time; waiting for the publisher takes none")
    memory_mb: int = Field(150, ge=20, description="memory beyond what the parsers take themselves")
    apart: bool = Field(True, description="false: read in this process, without limits, to look into a source")
