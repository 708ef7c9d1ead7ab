"""The rig as a fixture, for the tests here; tests elsewhere import it from this module."""

from collections.abc import AsyncIterator

import pytest

from tests.rig.rig import Rig


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    """A PBX of one's own with its telephones: up in about two seconds."""
    async with Rig() as running:
        yield running
