"""The machine in the browser: a meeting on trial, step by step, and the pages that show it."""
