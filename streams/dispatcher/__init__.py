"""The dispatcher: the planner turns what the log asks for into wanted judgings, the queue sees them judged."""
