"""The book of the rules: one HTML file to read, to step through and to try, without a server."""
