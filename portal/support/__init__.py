"""Faults: the cure found before the ticket, tickets, service on site."""
