"""The timer's work on referrals: retries, reminders, alarms, the operators' digest."""
