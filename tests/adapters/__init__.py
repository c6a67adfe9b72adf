"""Tests of the adapters against real files, sockets and servers."""
