"""What the prompt of a shift says."""
from __future__ import annotations

MESSAGES = {
    "desk.no-terminal": "the desk needs a terminal",
    "desk.desk": "desk {letter}",
    "desk.counts": "{overdue} overdue, {soon} due within eight hours",
    "desk.more": "{count} more: a shows all",
    "desk.late": "late",
    "desk.by": "due",
    "desk.keys": "k keys  / search  g go  o on/off duty  h handover  s who  d drafts  ? help  q quit",
    "desk.help": "a number or a form (its beginning, initials): make a record, e.g. 1, complaint\n1 3-502 Wang leak: in one line\nk 502: a key out or back   /leak: search   g 2: open the second listed, then a step\ng CP-20261122-A001: open one   s lina: another person   h: handover   o: on or off duty\nEnter: what is due, again   Ctrl-C: not now (a draft stays)",
    "desk.search": "Search for",
    "desk.go": "Which (number or id)",
    "desk.pick": "g NUMBER opens",
    "desk.key": "Which key (id, room)",
    "desk.key-back": "{key} is out: Enter takes it back, + lends another, n leaves",
    "desk.who": "Who are you (id, name, initials)",
    "desk.still": "It has been a while. Still {name}? Enter: yes, else type your name",
    "desk.whose": "Name",
    "desk.unknown": "no “{found}”, ? for help",
    "desk.left": "left, nothing written",
    "desk.how-to-leave": "q leaves, ? for help",
    "desk.not-handed": "log {id} is neither handed over nor closed: h hands over, o closes; q leaves all the same",
    "desk.log-off": "{id} off duty: Enter agrees, n leaves",
    "desk.accept": "{id} waits for you: Enter takes the shift over, n shows it",
    "desk.hand-to": "Hand over to (Enter: back)",
    "desk.attention": "Take care of (optional)",
}
FIXES = {
    "desk.no-terminal": "use single commands: logbook agenda, logbook add",
}
