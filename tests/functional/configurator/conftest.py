"""What tests of configurations begin from."""

from tests.factories.stock import stocked_seed as seed  # noqa: F401
