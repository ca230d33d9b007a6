"""Tests of the pure parts of approvals."""
