"""Statistics on plain numbers: no logs, no models, no files."""
