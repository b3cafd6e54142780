"""Versions of a process, and cases that go from one to another: pure, no file and no database."""
