"""The daily backup: a timer trigger that copies the tables at night, at the second try where the first failed."""

import azure.functions as func

from shared.bootstrap import services

bp = func.Blueprint()


@bp.timer_trigger(arg_name="timer", schedule="0 40 1-5 * * *")
def back_up(timer: func.TimerRequest) -> None:
    del timer  # its lateness does not matter: a day has one copy
    built = services()
    built.backups.daily.run(built.now())
