"""Dates out of offsets, durations and links; what a change moves; why a date is what it is (D2 to D10, P1 to P9).

dates        offsets and durations
links        what a link forces
bases        what items count from, and what others count from in them
reschedule   what a change moves besides itself; `moving` one item, with `reasons` for every date
staying      what stays where it is, and is warned of where that conflicts
pause        what moves when a plan goes on
explain      why a date is what it is, and what stands against its links
slack        how far each task may slip
"""

from actionplans.schedule.change import Calendars
from actionplans.schedule.dates import Dates, due_of, duration_of, offset_date, settle, shifted, start_of
from actionplans.schedule.explain import Conflict, Explanation, Limited, Skipped, Why, beyond, conflicts, explain, why
from actionplans.schedule.links import End, bound
from actionplans.schedule.reasons import Cause, Moved, Reason, Reschedule
from actionplans.schedule.reschedule import reschedule
from actionplans.schedule.slack import Slack, critical_path, last_due, slack

__all__ = [
    "Calendars",
    "Cause",
    "Conflict",
    "Dates",
    "End",
    "Explanation",
    "Limited",
    "Moved",
    "Reason",
    "Reschedule",
    "Slack",
    "Skipped",
    "Why",
    "beyond",
    "bound",
    "conflicts",
    "critical_path",
    "due_of",
    "duration_of",
    "explain",
    "last_due",
    "offset_date",
    "reschedule",
    "settle",
    "shifted",
    "slack",
    "start_of",
    "why",
]
