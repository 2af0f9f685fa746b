"""What holds for every test: how long one takes never decides whether it passes."""

from hypothesis import settings

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
