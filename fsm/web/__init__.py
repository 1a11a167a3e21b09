"""HTTP service: meetings, accounts, live streams, webhooks, and the recorder over HTTP."""
