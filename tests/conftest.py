"""How much chance the property-based tests take: the same cases every time in CI, fresh ones at the desk.

`HYPOTHESIS_PROFILE=thorough pytest` looks much longer.
"""

import gc
import os

from hypothesis import HealthCheck, settings

pytest_plugins = ["pytester"]  # pytest run inside pytest, to test the plugin

slow_machines = [HealthCheck.too_slow]
settings.register_profile("desk", deadline=None, suppress_health_check=slow_machines)
settings.register_profile("ci", settings.get_profile("desk"), derandomize=True, database=None, print_blob=True)
settings.register_profile("thorough", settings.get_profile("desk"), max_examples=5_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "desk"))


def pytest_collection_finish() -> None:
    """What was imported and collected stays to the end: the garbage collector need not look at it again and again."""
    gc.collect()
    gc.freeze()
