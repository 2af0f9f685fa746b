"""How lives of a state machine are drawn: the same each time, nothing kept between runs, however long one takes."""

from hypothesis import HealthCheck, settings

LIVES = settings(
    derandomize=True,
    database=None,
    deadline=None,
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)
