"""Load on the real service: what a scenario's patients ask of it, sent when it is due, judged afterwards."""
