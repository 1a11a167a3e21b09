"""Adapters between the runtime and meeting servers, one package each."""
