"""The day that ``complaints up --demo`` plays: its contacts, their times, and the player."""
